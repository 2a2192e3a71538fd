"""Shading: pale hatching by the photo's own light, where the drawing was left blank, and form for faces."""
import cv2
import numpy as np
import pytest
from PIL import Image

from tests.tool_kit import checkpoint, draw, scene, store  # noqa: F401
from utils import shade, style
from utils.background import FoundForeground
from utils.foreground_finder import ForegroundFinder
from utils.hatching import strokes
from utils.shade import DEEP, FACE_DARK, FACE_DEEP, FACE_LIGHT, LIGHT, MOST, of_faces, shaded
from utils.strokes import PERIOD
from utils.style import Style, inked
from utils.working import Working

SHAPE = (PERIOD, 2 * PERIOD)  # whole periods of the strokes, so that their mean is 1
WHITE = 40  # columns of the photo's light at its left
EVERYWHERE = FoundForeground(np.ones((64, 64), np.float32))
SKIN = np.array([222, 170, 142])


def photo_of(colour, shape=SHAPE):
    """uint8 (h, w, 3) of one colour, or grey, with white at its left."""
    photo = np.empty((*shape, 3), np.uint8)
    photo[:] = colour
    photo[:, :WHITE] = 255
    return photo


def working_of(photo, faces=()):
    return Working(photo, photo.shape[:2], photo.shape[:2], faces)


def blank(shape=SHAPE):
    return np.full(shape, 255, np.uint8)


def tone(drawn):
    """Mean ink of what is not the white at the left or near it."""
    return 1 - drawn[:, -PERIOD:].mean() / 255


def limited(asked):
    return MOST * (1 - np.exp(-max(0.0, asked) / MOST))


@pytest.mark.parametrize("grey", [0, 40, 90, 140, 190, 204, 230])
def test_tone_follows_from_the_grey(grey):
    drawn = shaded(blank(), working_of(photo_of(grey)), EVERYWHERE, 1.0)
    assert drawn.dtype == np.uint8 and tone(drawn) == pytest.approx(limited(DEEP * (LIGHT - grey / 255)), abs=0.006)
    assert (drawn[:, : WHITE - 10] == 255).all()


def test_it_is_drawn_with_the_strokes_that_dark_masses_are_hatched_with():
    ink = 255.0 - shaded(blank(), working_of(photo_of(60)), EVERYWHERE, 1.0)[:, PERIOD:]
    assert np.corrcoef(ink.ravel(), strokes(PERIOD, 2 * PERIOD)[:, PERIOD:].ravel())[0, 1] > 0.99


def test_the_amount_is_a_share():
    working = working_of(photo_of(60))
    tones = [tone(shaded(blank(), working, EVERYWHERE, amount)) for amount in (0.0, 0.25, 0.5, 1.0)]
    assert tones == pytest.approx([0, tones[3] / 4, tones[3] / 2, tones[3]], abs=0.004) and tones[3] > 0.2
    sketch = blank()
    assert shaded(sketch, working, EVERYWHERE, 0.0) is sketch
    for wrong in (-0.1, 1.1):
        with pytest.raises(ValueError, match="shade must be between 0"):
            shaded(sketch, working, EVERYWHERE, wrong)


def test_light_is_the_photos_own():
    dim = photo_of(60)
    drawn = [shaded(blank(), working_of(np.uint8(np.rint(dim * factor))), EVERYWHERE, 1.0) for factor in (1.0, 0.5)]
    assert np.abs(np.subtract(*(one.astype(int) for one in drawn))).max() <= 3


def test_nothing_gets_lighter():
    pale = np.random.default_rng(0).integers(190, 256, SHAPE, np.uint8)
    drawn = shaded(pale, working_of(photo_of(40)), EVERYWHERE, 1.0)
    assert (drawn <= pale).all() and (drawn < pale).mean() > 0.6
    assert strokes(*SHAPE).min() < 0  # between strokes


def test_hatching_counts():
    asked = limited(DEEP * (LIGHT - 100 / 255))
    for ink in (0.05, 0.1, 0.2, 0.5):
        hatched = np.uint8(np.rint(255 * (1 - 2 * ink * (np.indices(SHAPE).sum(0) % 4 < 2))))  # of that mean
        after = tone(shaded(hatched, working_of(photo_of(100)), EVERYWHERE, 1.0))
        assert after == pytest.approx(max(ink, asked), abs=0.015)


def test_tone_goes_up_to_lines():
    shape = (2 * PERIOD, 3 * PERIOD)
    line, bar = blank(shape), blank(shape)
    line[:, 380:384] = bar[:, 380:430] = 0
    working = working_of(photo_of(60, shape))
    without, beside_line, beside_bar = (255 - shaded(one, working, EVERYWHERE, 1.0)[:, 355:380].mean() for one in (blank(shape), line, bar))
    assert beside_line > 0.9 * without > 1.1 * beside_bar


def test_it_ends_at_the_photos_borders_and_leaves_texture_out():
    photo = photo_of(60)
    photo[:, 300:] = 250
    ink = 255.0 - shaded(blank(), working_of(photo), EVERYWHERE, 1.0)
    columns = ink.mean(0)
    assert columns[290:296].min() > 40 and columns[304:].max() < 4
    rng = np.random.default_rng(0)
    grain = cv2.GaussianBlur(rng.normal(0, 60, SHAPE), (0, 0), 2.0)
    rough = photo_of(np.clip(110 + grain, 0, 255)[..., None].astype(np.uint8))
    assert rough[:, PERIOD:, 0].std() > 7
    smooth, even = (shaded(blank(), working_of(one), EVERYWHERE, 1.0)[:, PERIOD:].astype(float) for one in (rough, photo_of(110)))
    assert (smooth - even).std() < rough[:, PERIOD:, 0].std() / 2


def test_a_warm_white_is_no_grey():
    yellow = np.array([235, 180, 80])
    grey = round(float(yellow @ (0.299, 0.587, 0.114)))
    drawn = [tone(shaded(blank(), working_of(photo_of(one)), EVERYWHERE, 1.0)) for one in (grey, yellow)]
    assert drawn[0] > 0.003 and drawn[1] < drawn[0] / 4
    assert tone(shaded(blank(), working_of(photo_of((150, 20, 20))), EVERYWHERE, 1.0)) > 0.2


def test_what_lies_behind_the_subject_stays_paper():
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    drawn = shaded(blank(), working_of(photo_of(60)), FoundForeground(found), 1.0)
    assert (drawn[:, PERIOD + 20 :] == 255).all() and (255 - drawn[:, WHITE + 20 : PERIOD - 20]).mean() > 40


def test_a_photo_without_a_subject_has_nothing_behind_one():
    drawn = shaded(blank(), working_of(photo_of(60)), FoundForeground(np.zeros((64, 64), np.float32)), 1.0)
    assert tone(drawn) == pytest.approx(limited(DEEP * (LIGHT - 60 / 255)), abs=0.006)


def test_bands_join(monkeypatch):
    rng = np.random.default_rng(0)
    photo = cv2.resize(rng.integers(0, 256, (9, 7, 3), np.uint8), (300, 3 * PERIOD + 70), interpolation=cv2.INTER_CUBIC)
    sketch = rng.integers(0, 256, photo.shape[:2], np.uint8)
    faces = np.float32([[60, 250, 120, 150]])
    whole = shaded(sketch, working_of(photo, faces), EVERYWHERE, 1.0)
    monkeypatch.setattr(shade, "BAND", PERIOD)
    assert np.array_equal(shaded(sketch, working_of(photo, faces), EVERYWHERE, 1.0), whole) and (whole < sketch).any()


def test_tone_does_not_depend_on_the_size():
    small = cv2.GaussianBlur(scene(384, 512), (0, 0), 2)
    large = cv2.resize(small, (1536, 1152), interpolation=cv2.INTER_CUBIC)
    ink = [1 - shaded(blank(one.shape[:2]), working_of(one), EVERYWHERE, 1.0) / np.float32(255) for one in (small, large)]
    means = [cv2.resize(one, (16, 12), interpolation=cv2.INTER_AREA) for one in ink]
    assert np.abs(np.subtract(*means)).max() < 0.02 and means[0].max() > 0.1
    flat = shaded(blank((16, 600)), working_of(photo_of(60, (16, 600))), EVERYWHERE, 1.0)
    assert flat.shape == (16, 600) and tone(flat) > 0.2


def portrait(skin, ground=(60, 90, 170)):
    """A head before a wall, lit from the left: (photo, its face's box)."""
    photo = photo_of(ground, (320, 512))
    y, x = np.mgrid[:320, :512]
    head = ((y - 160) / 100) ** 2 + ((x - 330) / 75) ** 2 < 1
    shade = np.clip(1 - 0.5 * (x - 270) / 120, 0.4, 1.0)[..., None]
    photo[head] = np.rint(skin * shade).clip(0, 255)[head]
    return photo, np.float32([[255, 60, 150, 200]])


def side(drawn, columns):
    """Mean ink in some columns of the head's middle."""
    return float((255.0 - drawn[130:190, columns]).mean() / 255)


LIT, SHADED = slice(272, 290), slice(372, 390)


def test_faces_are_measured_by_their_own_light():
    shades = []
    for factor in (1.0, 0.6):
        photo, box = portrait(SKIN * factor)
        drawn = shaded(blank(photo.shape[:2]), working_of(photo, box), EVERYWHERE, 1.0)
        gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[130:190] / 255
        own = np.percentile(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[100:220, 275:385], 90) / 255
        expected = np.mean(
            [limited(FACE_DEEP * (FACE_LIGHT - one / own) + FACE_DARK * (LIGHT - one)) for one in gray[:, SHADED].ravel()]
        )
        assert side(drawn, SHADED) == pytest.approx(expected, abs=0.03)
        assert side(drawn, LIT) < side(drawn, SHADED) / 2
        shades.append(side(drawn, SHADED) - side(drawn, LIT))
    assert shades[0] == pytest.approx(shades[1], abs=0.05) and min(shades) > 0.15


def test_a_face_gets_tone_where_its_features_are_but_the_wall_does_not():
    photo, box = portrait(SKIN)
    sketch = blank(photo.shape[:2])
    sketch[110:210, 340:400] = 190  # hatched
    behind = np.zeros((64, 64), np.float32)
    behind[8:56, 31:51] = 1
    drawn, no_face = (shaded(sketch, working_of(photo, faces), FoundForeground(behind), 1.0) for faces in (box, ()))
    assert (drawn[:, 450:] == 255).all()
    assert drawn[130:190, SHADED].mean() < 190 - 15 < 190 - 3 < no_face[130:190, SHADED].mean()


def test_where_faces_are():
    photo, box = portrait(SKIN)
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[::2, ::2] / np.float32(255)
    share, light = of_faces(photo, gray, box / 2)
    assert share.dtype == light.dtype == np.float32 and share.shape == light.shape == (160, 256)
    assert share[60:100, 136:190].min() > 0.9 and share[:, :110].max() == share[:, 225:].max() == 0
    assert share[60:100, 205:212].max() < 0.1  # the wall beside the head, within reach
    assert 0.5 < light[80, 165] < 0.8 and light[80, 20] == 1
    for boxes in (np.zeros((0, 4), np.float32), np.float32([[100, 100, 4, 5]]), np.float32([[-300, -300, 60, 80]])):
        share, light = of_faces(photo, gray, boxes)
        assert not share.any() and (light == 1).all()
    share, _ = of_faces(photo, gray, np.float32([[230, 60, 60, 80]]))  # half beyond the border
    assert share.shape == (160, 256) and np.isfinite(share).all()


def skin_of(*lights, shape=(160, 256)):
    """Skin all over, each column of as many parts with a light of its own: (uint8 (2 h, 2 w, 3), its grey (h, w))."""
    part = np.repeat(lights, -(-2 * shape[1] // len(lights)))[: 2 * shape[1]]
    photo = np.uint8(np.rint(np.ones((2 * shape[0], 1, 1)) * part[:, None] * SKIN))
    return photo, cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[::2, ::2] / np.float32(255)


def test_a_neck_belongs_to_its_face():
    share, _ = of_faces(*skin_of(1.0), np.float32([[110, 40, 36, 48]]))  # its middle at 128, 64
    assert share[64 + 38, 128] > 0.9 and share[64 - 26, 128] > 0.9  # the chin is at 88, the neck below it
    assert share[64, 128 + 20] > 0.9 and share[64, 128 - 20] > 0.9
    assert share[64 + 70, 128] == share[64 - 56, 128] == share[64, 128 + 50] == share[64, 128 - 50] == 0


def test_each_face_has_its_own_light():
    boxes = np.float32([[40, 50, 40, 50], [170, 50, 40, 50]])
    photo, gray = skin_of(1.0, 0.5)
    for some in (boxes, boxes[::-1]):
        share, light = of_faces(photo, gray, some)
        assert share[75, 60] > 0.9 and share[75, 190] > 0.9
        assert light[75, 60] == pytest.approx(gray[75, 60], abs=0.01) and light[75, 190] == pytest.approx(gray[75, 190], abs=0.01)
    _, light = of_faces(*skin_of(0.05), boxes)
    assert light[75, 60] == pytest.approx(0.1)  # at least
    for height, found in ((5.0, False), (7.0, True)):
        assert of_faces(photo, gray, np.float32([[60, 60, 6, height]]))[0].any() == found


def test_a_nearly_black_photo_is_measured_by_the_dimmest_light():
    assert tone(shaded(blank(), working_of(np.full((*SHAPE, 3), 8, np.uint8)), EVERYWHERE, 1.0)) == pytest.approx(limited(DEEP * (LIGHT - 0.5)), abs=0.006)


def test_less_with_less_detail_and_none_in_candidates():
    working = working_of(photo_of(60))
    look = dict(crisp=0.0, fur=0.0, background=1.0)
    tones = [tone(inked(blank(), Style(detail=detail, **look), working, EVERYWHERE)) for detail in (-1.0, -0.5, 0.0, 1.0)]
    assert tones[0] == 0 and tones[1] == pytest.approx(tones[2] / 2, abs=0.004) and tones[3] == tones[2] > 0.2
    assert (inked(blank(), Style(crisp=0.0, candidate=2), working) == 255).all()
    assert Style(shade=0.5, fur=0.0, background=1.0).needs_foreground and not Style(shade=0.0, fur=0.0, background=1.0).needs_foreground


def test_the_option_reaches_the_drawings(draw, tmp_path, monkeypatch):
    monkeypatch.setattr(ForegroundFinder, "__call__", lambda self, photos: [EVERYWHERE.found] * len(photos))
    monkeypatch.setattr(style, "pen", lambda sketch, working, amount: blank(sketch.shape))
    store(tmp_path / "in/a.png", photo_of(60))
    drawn = []
    for amount in ("0", "0.5", "1"):
        assert draw("--shade", amount)[0] == 0
        drawn.append(np.array(Image.open(tmp_path / "out/a.png")).astype(int))
    assert drawn[0].mean() > drawn[1].mean() > drawn[2].mean()


@pytest.mark.parametrize("more", [["--candidate", "2"], ["--direction", "sketch2photo"]])
def test_it_is_refused_where_it_has_no_meaning(draw, capfd, more):
    with pytest.raises(SystemExit) as left:
        draw("--shade", "0.2", *more)
    assert left.value.code == 2 and "--shade" in capfd.readouterr().err


def test_one_field_of_strokes_serves_all_heights_and_a_wide_one_is_not_kept():
    low, high, wide = strokes(300, 700), strokes(1000, 600), strokes(40, 17 * PERIOD)
    assert np.shares_memory(low, high) and not low.flags.writeable and not np.shares_memory(wide, strokes(40, 17 * PERIOD))
    assert np.array_equal(wide[:, :300], low[:40, :300])
    assert np.array_equal(high[PERIOD : 2 * PERIOD], high[:PERIOD]) and np.array_equal(wide[:, PERIOD:], wide[:, :-PERIOD])
