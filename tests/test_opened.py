"""Opened blacks: what becomes hatching, what stays solid, and that the photo's own black and white count."""
import os

import numpy as np
import pytest
from scipy import ndimage

from tests.photo_kit import working_of
from tests.tool_kit import ROOT
from utils import opened as module
from utils.hatching import strokes
from utils.opened import BROAD, GREYS, PAPER, RIM, SOLID, opened
from utils.pictures import read_picture
from utils.strokes import PERIOD
from utils.style import CANDIDATES, Style, inked

SHAPE = (PERIOD, 3 * PERIOD)
EDGE = 40  # columns of white at the left, and of black near the right, so that greys lie between them
PART = np.s_[:, PERIOD : 2 * PERIOD]  # one period of the strokes within


def photo_of(grey, white=255, black=0, shape=SHAPE):
    """uint8 (h, w, 3) of one grey with a white edge and a black stripe."""
    photo = np.full((*shape, 3), grey, np.uint8)
    photo[:, :EDGE], photo[:, -2 * EDGE : -EDGE] = white, black
    return photo


def solid(shape=SHAPE):
    return np.zeros(shape, np.uint8)


def paper(drawn):
    """Share of paper in PART."""
    return drawn[PART].mean() / 255


@pytest.mark.parametrize("grey", [0, 20, 40, 60, 75])
def test_the_paper_follows_from_the_grey(grey):
    expected = PAPER * np.interp(grey / 255, GREYS, (0, 1))
    drawn = opened(solid(), working_of(photo_of(grey)), 1.0)
    assert drawn.dtype == np.uint8 and paper(drawn) == pytest.approx(expected, abs=0.02)


def test_the_paper_of_some_greys():
    """As shipped: strokes overlap where they are dense, so that it is less than asked for."""
    shares = [paper(opened(solid(), working_of(photo_of(grey)), 1.0)) for grey in (20, 45, 60, 75, 200)]
    assert shares == pytest.approx([0, 0.120, 0.247, 0.375, 0.692], abs=0.005)


def test_the_amount_is_a_factor():
    few, half, whole = (paper(opened(solid(), working_of(photo_of(60)), amount)) for amount in (0.25, 0.5, 1.0))
    assert few == pytest.approx(whole / 4, abs=0.01) and half == pytest.approx(whole / 2, abs=0.01)


def test_lighter_greys_get_more_paper_up_to_a_limit():
    shares = [paper(opened(solid(), working_of(photo_of(grey)), 1.0)) for grey in (20, 45, 70, 95, 115, 130, 200)]
    assert (np.diff(shares[:5]) > 0.02).all() and shares[5] == shares[6] and 0.55 < shares[6] < PAPER  # strokes overlap


def test_paper_lies_between_strokes():
    drawn = opened(solid(), working_of(photo_of(60)), 1.0).astype(float)
    assert np.corrcoef(drawn[PART].ravel(), strokes(*SHAPE)[PART].ravel())[0, 1] > 0.95 and drawn[PART].min() == 0


def test_a_photo_is_measured_by_its_own_black_and_white():
    whole = opened(solid(), working_of(photo_of(80)), 1.0)
    dim = opened(solid(), working_of(photo_of(20 + 80 // 2, white=20 + 255 // 2, black=20)), 1.0)
    assert paper(whole) > 0.2 and paper(dim) == pytest.approx(paper(whole), abs=0.01)
    for grey in (0, 128, 255):
        even = np.full((*SHAPE, 3), grey, np.uint8)  # what is as light as the rest is no black, but in the dark
        assert (paper(opened(solid(), working_of(even), 1.0)) > 0.5) == (grey > 0)


def test_a_hundredth_of_black_is_dust_and_grey_is_no_black():
    shares = []
    for columns in (10, 15, 25, 40):
        photo = np.full((256, 1000, 3), 120, np.uint8)
        photo[:, :100], photo[:, 900 : 900 + columns] = 255, 0
        shares.append(opened(np.zeros((256, 1000), np.uint8), working_of(photo), 1.0)[PART].mean() / 255)
    assert shares[0] == shares[1] < shares[2] - 0.1 and shares[2] == shares[3]
    shares = [paper(opened(solid(), working_of(photo_of(140, black=black)), 1.0)) for black in (60, 85, 100, 120)]
    assert shares[0] > shares[1] + 0.02 and shares[1] > shares[2] == shares[3] == pytest.approx(0.399, abs=0.01)
    assert paper(opened(solid(), working_of(photo_of(5, white=8)), 1.0)) == pytest.approx(0.41, abs=0.02)  # light is 16 at least


def test_a_black_frame_does_not_count():
    photo = np.uint8(60 + 0.6 * photo_of(70))
    framed = np.pad(photo, ((30, 30), (0, 0), (0, 0)))
    inner = opened(solid(), working_of(photo), 1.0)
    assert min(working_of(framed).bars[:2]) >= 30 and paper(inner) > 0.1
    assert paper(opened(solid(framed.shape[:2]), working_of(framed), 1.0)[30:-30]) == pytest.approx(paper(inner), abs=0.01)


def test_the_photos_borders_are_kept_and_its_grain_is_not():
    photo = photo_of(20)
    photo[:, 384:] = 200
    drawn = opened(solid(), working_of(photo), 1.0)
    assert not drawn[:, 50:383].any() and drawn[:, 385].mean() > 0.5 * 255
    grain = photo_of(60)
    inner = grain[:, EDGE : -2 * EDGE]
    inner[:] = (30 + 60 * (np.indices(inner.shape[:2]).sum(0) % 2))[..., None]
    assert np.corrcoef(opened(solid(), working_of(grain), 1.0)[PART].ravel(), strokes(*SHAPE)[PART].ravel())[0, 1] > 0.95


def flat(rows, columns):
    return working_of(np.full((rows, columns, 3), 200, np.uint8))


def test_how_broad_and_how_solid_ink_must_be():
    expected = {6: 0, 7: 0.203, 8: 0.203, 12: 0.203, 13: 0.407, 14: 0.407}
    for side, share in expected.items():
        sketch = np.full((64, 1024), 255, np.uint8)
        sketch[20 : 20 + side] = 0
        assert opened(sketch, flat(64, 1024), 0.5)[20 + side // 2, 128:896].mean() / 255 == pytest.approx(share, abs=0.01), side
    shares = []
    for grey in (170, 90, 30, 13, 0):
        drawn = opened(np.full(SHAPE, grey, np.uint8), flat(*SHAPE), 0.5)
        shares.append((drawn[PART].astype(float) - grey).mean() / (255 - grey))
    assert shares == pytest.approx([0, 0.199, 0.359, 0.406, 0.406], abs=0.01)
    sketch = np.full((256, 1024), 255, np.uint8)
    sketch[20:220] = 0
    rows = opened(sketch, flat(256, 1024), 0.5)[20:25, 128:896].mean(1) / 255
    assert rows == pytest.approx([0, 0.135, 0.271, 0.406, 0.406], abs=0.04) and rows[0] == 0


def test_the_rim_and_what_is_no_broader_than_a_bold_line_stay():
    working = working_of(photo_of(140, shape=(128, 384)))
    for side, part in ((BROAD[0] - 1, 0), (BROAD[0] + 2, 0.5), (BROAD[1] + 8, 1)):
        sketch = np.full((128, 384), 255, np.uint8)
        place = np.s_[50 : 50 + side, 60:320]
        sketch[place] = 0
        drawn = opened(sketch, working, 1.0)
        assert (drawn[sketch == 255] == 255).all() and (drawn[place][[0, -1]] == 0).all() and (drawn[place][:, [0, -1]] == 0).all()
        inner = drawn[place][RIM + 1 : -RIM - 1, 20:-20] / 255
        assert not inner.any() if not part else 0.6 * part < inner.mean() < 1.1 * part * PAPER


def test_grey_ink_stays():
    """Hatching has paper already, and pale tone is no black."""
    assert 168 / 255 > 1 - SOLID[0]
    working = working_of(photo_of(140))
    for sketch in (np.full(SHAPE, 168, np.uint8), np.tile(np.uint8([0, 0, 0, 255, 255]), (SHAPE[0], SHAPE[1] // 5 + 1))[:, : SHAPE[1]]):
        assert np.array_equal(opened(sketch, working, 1.0), sketch)


def busy(seed, deviation, *shape):
    values = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), (deviation, deviation, 0)[: len(shape)])
    return np.uint8(np.clip(128 + 90 * values / values.std(), 0, 255))


def test_nothing_gets_darker_and_more_opens_more():
    sketch, working = busy(0, 6, 200, 300), working_of(busy(1, 9, 200, 300, 3))
    drawn = [opened(sketch, working, amount).astype(int) for amount in (0.0, 0.3, 0.7, 1.0, 2.0)]
    assert np.array_equal(drawn[0], sketch) and np.array_equal(drawn[3], drawn[4])
    assert all((more >= less).all() for less, more in zip(drawn, drawn[1:])) and (drawn[3] > sketch).mean() > 0.05


def test_bands_join(monkeypatch):
    sketch, working = busy(2, 6, 700, 90), working_of(busy(3, 9, 700, 90, 3))
    monkeypatch.setattr(module, "BAND", 700)
    whole = opened(sketch, working, 1.0)
    monkeypatch.setattr(module, "BAND", 50)
    assert np.array_equal(opened(sketch, working, 1.0), whole) and (whole > sketch).any()
    drawn = opened(np.zeros((1100, 300), np.uint8), flat(1100, 300), 1.0)  # strokes have no seams
    assert all(np.array_equal(drawn[top : top + PERIOD], drawn[: len(drawn[top : top + PERIOD])]) for top in range(PERIOD, 1100, PERIOD))


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 3), (16, 16)])
def test_tiny_photos_do_no_harm(shape):
    drawn = opened(np.zeros(shape, np.uint8), working_of(np.full((*shape, 3), 90, np.uint8)), 1.0)
    assert drawn.shape == shape and drawn.dtype == np.uint8


def test_the_blend_alone_is_opened_and_not_at_crisp_0():
    working, sketch = working_of(photo_of(140)), solid()
    assert paper(inked(sketch, Style(), working)) > 0.3 and paper(inked(sketch, Style(crisp=0.5), working)) > 0.15
    for plain in (*(Style(candidate=number) for number in range(1, CANDIDATES + 1)), Style(crisp=0.0)):
        assert (inked(sketch, plain, working)[PART] == 0).all()


def test_a_real_photo_keeps_its_blacks():
    """Where the street is black, black stays; the drawn wing of a gull is hatched."""
    for name, place, most, least in (("street", np.s_[270:310, 88:100], 0.06, 0.0), ("gull", np.s_[95:115, 285:305], 1.0, 0.2)):
        photo = read_picture(os.path.join(ROOT, "Test", f"{name}.jpg"), 10)
        drawn = opened(np.zeros(photo.shape[:2], np.uint8), working_of(photo), 1.0)
        assert least <= drawn[place].mean() / 255 <= most, (name, drawn[place].mean() / 255)
