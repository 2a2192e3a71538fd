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
