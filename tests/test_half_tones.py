"""Half tones of the pencil drawing in the blend: on the subject, a share of them behind it, and at every step of the detail."""
import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from model import Photo2Sketch
from tests.tiny import TINY
from utils.background import FoundForeground
from utils.checkpoint import save_generator
from utils.greys import FINE
from utils.half_tones import BAND, DARKER, ELSEWHERE, FOCUS, MODEL, TIMES, again, modelled, shares
from utils.sketcher import Sketcher
from utils.style import CANDIDATES, NAMES
from utils.working import Working

EVERYWHERE = FoundForeground(np.ones((64, 64), np.float32))  # what fills the photo has nothing behind it


def left_half():
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    return FoundForeground(found)


def pair(shape, dtype, seed=0):
    """Two drawings of noise."""
    full = 255 if dtype == np.uint8 else FINE
    return np.random.default_rng(seed).integers(0, full + 1, (2, *shape)).astype(dtype)


def working_of(gray, faces=()):
    """A photo in grey, uint8 (H, W), with a white corner, as what is light."""
    gray = gray.copy()
    gray[:, : max(8, gray.shape[1] // 10)] = 255
    return Working(np.dstack([gray] * 3), gray.shape, gray.shape, faces)


def of_grey(grey, shape):
    return working_of(np.full(shape, grey, np.uint8))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("detail, amount", [(-1.0, 0.0), (-0.6, 0.4), (0.0, 1.0)])
@pytest.mark.parametrize("grey, times", [(0, 3), (255, 1)])
def test_the_darker_ink_is_taken_after_the_pencil_has_gone_over_its_own_in_the_dark(dtype, detail, amount, grey, times):
    sketch, pencil = pair((2 * BAND + 90, 170), dtype)
    full = 255.0 if dtype == np.uint8 else float(FINE)
    expected = np.minimum(sketch, full * (1 - np.rint(255 * amount) / 255 * (1 - (pencil / full) ** times)))
    drawn = modelled(sketch, pencil, of_grey(grey, sketch.shape), EVERYWHERE, detail)
    assert drawn.dtype == dtype and np.abs(drawn - expected)[:, 60:].max() <= 2 and TIMES == 3
    assert (drawn <= sketch).all() and (amount or np.array_equal(drawn, sketch))


@pytest.mark.parametrize("grey", [250, 200, 140, 100, 60, 20])
@pytest.mark.parametrize("ink", [0.06, 0.2, 0.45, 0.8])
def test_as_many_layers_as_the_photo_is_dark(grey, ink):
    """Against float64: n layers of the ink m leave (1 - m) ** n of the paper."""
    shape = (160, 320)
    pencil = np.full(shape, round((1 - ink) * FINE), np.uint16)
    more = again(pencil, of_grey(grey, shape))
    assert more.shape == (40, 80) and more.dtype == np.float32
    most = min(DARKER[0] * (1 - grey / 255) + DARKER[1], 0.97)
    layers = 1 + more[20, 60].astype(float) * (TIMES - 1)
    covered = 1 - (1 - ink) ** layers
    if 0 < more[20, 60] < 1:
        assert covered == pytest.approx(most, abs=2e-3)
    else:
        assert covered >= most - 2e-3 if more[20, 60] == 0 else covered <= most + 2e-3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_more_detail_is_more_layers_up_to_all_of_them_but_on_faces(dtype):
    sketch, pencil = pair((240, 320), dtype)
    full = 255.0 if dtype == np.uint8 else float(FINE)
    face = np.float32([[180, 60, 90, 120]])
    light = working_of(np.full((240, 320), 150, np.uint8), face)
    drawn = [modelled(sketch, pencil, light, EVERYWHERE, detail).astype(int) for detail in (-1, -0.5, 0, 0.3, 0.6, 1)]
    for less, more in zip(drawn, drawn[1:]):
        assert (more <= less + 1).all() and more.sum() < less.sum()
    expected = np.minimum(sketch, full * (pencil / full) ** TIMES)
    assert np.abs(drawn[-1] - expected)[:, :150].max() <= 2
    assert np.abs(drawn[-1] - np.minimum(sketch, pencil))[105:135, 215:235].max() <= 1


def test_noise_in_the_dark_is_no_darkness():
    shape = (160, 320)
    pencil = np.full(shape, FINE // 2, np.uint16)
    black = Working(np.full((*shape, 3), 12, np.uint8), shape, shape)
    assert again(pencil, black).max() < 0.1 < again(pencil, of_grey(12, shape))[20, 60]


def test_faces_get_what_the_pencil_drawing_has():
    sketch, pencil = pair((240, 320), np.uint16)
    face = np.float32([[180, 60, 90, 120]])
    plain, spared = of_grey(30, (240, 320)), working_of(np.full((240, 320), 30, np.uint8), face)
    with_face, without = (modelled(sketch, pencil, one, EVERYWHERE).astype(int) for one in (spared, plain))
    assert np.abs(with_face - np.minimum(sketch, pencil))[105:135, 215:235].max() <= 1
    assert (with_face >= without).all() and np.array_equal(with_face[:40], without[:40]) and np.array_equal(with_face[210:], without[210:])


def with_steps(one, sharp):
    """A Working that has steps of this sharpness everywhere, from 0 to 1."""
    one.__dict__["steps"] = np.full([-(-side // 2) for side in one.shape], round(255 * sharp), np.uint8)
    return one


@pytest.mark.parametrize("sharp, share", [(0.0, 0.0), (FOCUS[0], 0.0), (0.5 * sum(FOCUS), 0.5), (FOCUS[1], 1.0), (1.0, 1.0)])
def test_behind_the_subject_is_a_share_of_it_where_the_photo_is_in_focus(sharp, share):
    sketch, pencil = pair((256, 320), np.uint8)
    one = with_steps(of_grey(30, (256, 320)), sharp)
    drawn, all_over = (modelled(sketch, pencil, one, found) for found in (left_half(), EVERYWHERE))
    assert np.array_equal(drawn[:, :110], all_over[:, :110])
    ink = 255.0 - modelled(np.full_like(sketch, 255), pencil, one, EVERYWHERE)
    assert np.abs(drawn - np.minimum(sketch, 255 - 0.6 * share * ink))[:, 210:].max() <= 3 and ELSEWHERE == 0.6
    denser, most = (modelled(sketch, pencil, one, found, 1.0) for found in (left_half(), EVERYWHERE))
    assert np.array_equal(denser, most)  # but at most detail
    assert np.array_equal(modelled(sketch, pencil, one, left_half(), -1.0), sketch)


def test_what_is_near_something_sharp_is_in_focus():
    steps = np.zeros((300, 400), np.uint8)
    steps[:, 280:300] = 255
    found = left_half()
    found.found[:, 16:] = 0
    got = shares(steps, found, 0.0)
    assert got.shape == (64, 64) and (got[:, :14] == 1).all()
    row = got[32, 18:]
    assert row[:20].max() < 0.01 and row[28] == pytest.approx(ELSEWHERE) and row[-4:].max() < 0.05
    assert np.allclose(shares(steps, found, 0.5), 0.5 + 0.5 * got) and np.allclose(shares(steps, found, -0.5), 0.5 * got)


def test_the_border_of_the_subject_has_no_rim():
    """Where a map goes over from 1 to 0, a cell of the subject is counted out, for maps are softer than borders."""
    got = shares(np.zeros((128, 128), np.uint8), left_half(), 0.0)
    assert (got[:, :31] == 1).all() and (got[:, 31:] == 0).all()


@pytest.mark.parametrize("side", [96, 192, 768, 3072])
def test_the_subject_ends_where_its_map_does_at_any_size(side):
    sketch, pencil = np.full((side, side), 255, np.uint8), np.zeros((side, side), np.uint8)
    drawn = modelled(sketch, pencil, with_steps(of_grey(0, sketch.shape), 0.0), left_half())
    assert (drawn[:, round(0.12 * side) : round(0.46 * side) - 4] <= 1).all() and drawn[:, round(0.53 * side) + 4 :].min() >= 254


def test_what_is_far_from_something_dark_keeps_its_layers():
    shape = (160, 320)
    gray = np.full(shape, 240, np.uint8)
    gray[70:90, 200:220] = 0
    pencil = np.full(shape, FINE * 3 // 4, np.uint16)
    spotted, plain = again(pencil, working_of(gray)), again(pencil, of_grey(240, shape))
    apart = np.abs(np.arange(80) * 4 + 2 - 210) > 50
    assert spotted[20, 52] > 0.9 and np.abs(spotted - plain)[:, apart].max() < 0.01


def test_middle_grey():
    """Half of the light, half of the paper covered by one layer: 1 - 0.5 * (1 - 0.855 * 0.5) ** 2."""
    sketch, pencil = np.full((160, 320), FINE, np.uint16), np.full((160, 320), FINE // 2, np.uint16)
    ink = 1 - modelled(sketch, pencil, of_grey(128, (160, 320)), EVERYWHERE)[80, 240] / FINE
    assert ink == pytest.approx(0.836, abs=0.01)


def test_tones_that_change_slowly_do_so_without_steps():
    gray = np.tile(np.linspace(40, 230, 320).astype(np.uint8), (160, 1))
    sketch, pencil = np.full((160, 320), FINE, np.uint16), np.full((160, 320), FINE * 2 // 3, np.uint16)
    drawn = modelled(sketch, pencil, Working(np.dstack([gray] * 3), gray.shape, gray.shape), EVERYWHERE).astype(int)
    assert np.abs(np.diff(drawn, axis=1)).max() < 0.01 * FINE and np.ptp(drawn) > 0.2 * FINE


def test_a_photo_without_a_subject_is_modelled_all_over():
    sketch, pencil = pair((256, 320), np.uint8)
    one = of_grey(30, (256, 320))
    for nothing in (np.zeros((64, 64), np.float32), np.full((64, 64), 0.1, np.float32)):
        assert np.array_equal(modelled(sketch, pencil, one, FoundForeground(nothing)), modelled(sketch, pencil, one, EVERYWHERE))
        assert (modelled(sketch, pencil, one, FoundForeground(nothing)) <= pencil).all()


@pytest.mark.parametrize("height", [1023, 1030, 1201])
def test_bands_join_without_seams(height, monkeypatch):
    random = np.random.default_rng(height)
    gray = cv2.resize(random.integers(0, 256, (12, 4)).astype(np.uint8), (90, height), interpolation=cv2.INTER_CUBIC)
    found = FoundForeground(cv2.resize(random.random((8, 4)).astype(np.float32), (64, 64)))
    sketch, pencil = pair(gray.shape, np.uint16)
    one = Working(np.dstack([gray] * 3), gray.shape, gray.shape)
    whole = modelled(sketch, pencil, one, found)
    for rows in (64, 512, 2048):
        monkeypatch.setattr("utils.half_tones.BAND", rows)
        assert np.array_equal(modelled(sketch, pencil, one, found), whole)


@pytest.mark.parametrize("size", [(1, 1), (3, 70), (17, 16)])
def test_small_drawings(size):
    sketch, pencil = pair(size, np.uint16)
    one = Working(np.zeros((*size, 3), np.uint8), size, size)
    assert (modelled(sketch, pencil, one, EVERYWHERE) <= np.minimum(sketch, pencil) + 1).all()


def test_it_is_the_pencil_drawing():
    assert NAMES[MODEL - 1] == "pencil" and MODEL == CANDIDATES


@pytest.fixture
def sketcher(tmp_path):
    """A tiny network that fills no dark masses, for photos at their own size."""
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    tiny = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full")
    tiny.hatches = False
    return tiny


def photo(seed=0, size=(240, 320)):
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.array(Image.fromarray(noise).resize(size[::-1]))


def test_the_tools_model_the_blend_alone_each_photo_with_its_own_subject(sketcher):
    batch = [sketcher.prepare(photo(seed)) for seed in range(2)]
    maps = [left_half(), FoundForeground(left_half().found[:, ::-1])]
    plain = sketcher.maps(batch)
    for found in (sketcher.drawings(batch, numbers=(*range(1, 6), None), foregrounds=maps), [one.drawings for one in sketcher.maps(batch, foregrounds=maps)]):
        for drawings, before, one, foreground in zip(found, plain, batch, maps):
            for number in range(1, 6):
                assert np.abs(drawings[number].astype(int) - before.drawings[number]).max() <= 1
            expected = modelled(before.drawings[None], before.drawings[MODEL], one, foreground)
            assert np.abs(drawings[None].astype(int) - expected).max() <= 1
            assert (expected != before.drawings[None]).any()
    alone = sketcher.sketches(batch, foregrounds=maps)
    assert all(np.array_equal(one, drawings[None]) for one, drawings in zip(alone, sketcher.drawings(batch, foregrounds=maps)))
    assert list(sketcher.drawings(batch, foregrounds=maps)[0]) == [None]


def test_photos_with_and_without_a_map_are_drawn_together(sketcher):
    batch = [sketcher.prepare(photo(seed)) for seed in range(2)]
    without, mapped = sketcher.sketches(batch, foregrounds=[None, EVERYWHERE])
    assert np.array_equal(without, sketcher.sketches(batch[:1])[0]) and np.array_equal(mapped, sketcher.sketches(batch[1:], foregrounds=[EVERYWHERE])[0])


def test_the_pencil_drawing_is_asked_for_where_it_is_needed_alone(sketcher, monkeypatch):
    asked, draw = [], sketcher.engine.sketches
    monkeypatch.setattr(sketcher.engine, "sketches", lambda photos, detail, indices, *rest: asked.append(indices) or draw(photos, detail, indices, *rest))
    one = [sketcher.prepare(photo())]
    for numbers, detail, foregrounds in (((2,), 0.0, [EVERYWHERE]), ((None,), 0.0, None), ((None,), -1.0, [EVERYWHERE]), ((None,), 0.3, [EVERYWHERE]), ((5, None), 0.0, [EVERYWHERE])):
        sketcher.drawings(one, detail, numbers, foregrounds)
    assert asked == [[1], [None], [None], [None, 4], [4, None]]


def test_half_tones_come_after_close_ups_and_before_dark_masses(sketcher, monkeypatch):
    sketcher.hatches, done = True, []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: True)
    monkeypatch.setattr("utils.sketcher.SMALLEST", 160)  # one smaller drawing alone
    monkeypatch.setattr("utils.sketcher.lay_in_all", lambda found, *rest: done.append("faces"))
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, *rest: done.append("tones") or sketch)
    monkeypatch.setattr("utils.sketcher.filled", lambda sketch, *rest: done.append("masses") or sketch)
    one = [sketcher.prepare(photo())]
    sketcher.sketches(one, foregrounds=[EVERYWHERE])
    assert done == ["faces", "tones"] * 2 + ["masses"]
    done.clear()
    sketcher.maps(one, foregrounds=[EVERYWHERE])
    assert done == ["faces", "tones"] * 2 + ["masses"] * 3


def test_the_detail_reaches_the_half_tones(sketcher, monkeypatch):
    working, seen = sketcher.prepare(photo()), []
    sparsest = sketcher.sketches([working], -1.0)[0]
    assert np.array_equal(sketcher.sketches([working], -1.0, foregrounds=[EVERYWHERE])[0], sparsest)
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, pencil, one, foreground, detail: seen.append(detail) or sketch)
    for detail in (-0.5, 0.0, 0.7):
        sketcher.sketches([working], detail, foregrounds=[EVERYWHERE])
        sketcher.maps([working], detail, [EVERYWHERE])
    sketcher.maps([working], -1.0, [EVERYWHERE])
    assert seen == [-0.5, -0.5, 0.0, 0.0, 0.7, 0.7]


def test_smaller_drawings_are_modelled_too(sketcher, monkeypatch):
    sketcher.hatches, seen = True, []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: True)
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, pencil, one, foreground, detail: seen.append((sketch.shape, one.shape, foreground)) or sketch)
    found = left_half()
    sketcher.sketches([sketcher.prepare(photo(size=(480, 640)))], foregrounds=[found])
    assert [shape for shape, *_ in seen] == [(480, 640), (240, 320), (120, 160), (60, 80)]
    assert all(foreground is found and shape == of_photo for shape, of_photo, foreground in seen)
    seen.clear()
    sketcher.sketches([sketcher.prepare(photo())], candidate=5, foregrounds=[found])
    sketcher.sketches([sketcher.prepare(photo())])
    assert not seen
