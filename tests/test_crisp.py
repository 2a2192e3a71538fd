"""Crisp strokes: the formula against SciPy, what must not change, and where the tools use it."""
import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter
from tests.photo_kit import gray_of, working_of
from utils.all_drawings import AllDrawings
from utils.crisp import BAND, FAINT, GAIN, SIGMA, crisp
from utils.reserve import reserved
from utils.sketcher import Sketcher
from utils.style import GRAPHITE, Style, inked, pen
from utils.tone import toned

from .tool_kit import reverse_weights, weights


@pytest.fixture(scope="module")
def soft():
    """A drawing of lines and a hatched disc with soft borders: uint8 (120, 160)."""
    drawing = np.full((120, 160), 255, np.uint8)
    for x in range(10, 150, 14):
        cv2.line(drawing, (x, 10), (x + 8, 110), 40, 2)
    cv2.circle(drawing, (80, 60), 25, 90, -1)
    return cv2.GaussianBlur(drawing, (0, 0), 1.2)


@pytest.mark.parametrize("amount", [0.5, 1.0, 2.0])
def test_agrees_with_the_formula_in_float64(soft, amount):
    values = soft.astype(np.float64)
    sharp = values + GAIN * amount * (values - gaussian_filter(values, SIGMA, mode="mirror"))
    sharp = np.clip(sharp, minimum_filter(values, 3), maximum_filter(values, 3))
    expected = 255 * (1 - np.clip((1 - sharp / 255 - amount * FAINT) / (1 - amount * FAINT), 0, 1))
    assert np.abs(crisp(soft, amount) - expected).max() < 0.53  # rounding, and the weights beyond WINDOW


def test_nothing_changes_at_0(soft):
    assert np.array_equal(crisp(soft, 0.0), soft)


def test_borders_are_steeper_the_more_the_amount(soft):
    slopes = [np.abs(np.diff(crisp(soft, amount).astype(float))).max() for amount in (0, 0.5, 1, 1.5, 2)]
    assert all(one < two for one, two in zip(slopes, slopes[1:3])) and slopes[2] <= slopes[3] <= slopes[4]


def test_paper_and_full_ink_stay_and_black_lines_on_white_get_no_halo():
    sharp = np.full((60, 60), 255, np.uint8)
    sharp[20:40, 20:40] = 0
    assert np.array_equal(crisp(sharp, 1.0), sharp)


def test_faint_ink_becomes_paper_and_grey_areas_stay_grey():
    faint, grey = (np.full((20, 20), value, np.uint8) for value in (248, 120))
    assert (crisp(faint, 1.0) == 255).all() and np.abs(crisp(grey, 1.0).astype(int) - 120).max() <= 255 * FAINT


def test_no_stroke_gets_darker_than_its_darkest_neighbour(soft):
    noise = np.random.default_rng(0).integers(0, 256, (50, 70), np.uint8)
    for drawing in (soft, noise):
        assert (crisp(drawing, 1.0) >= minimum_filter(drawing, 3)).all()


def test_turned_and_mirrored_drawings_are_made_crisp_alike(soft):
    for turned in (np.rot90, np.fliplr):
        assert np.array_equal(crisp(np.ascontiguousarray(turned(soft)), 1.0), turned(crisp(soft, 1.0)))


def test_bands_join_without_seams():
    tall = np.random.default_rng(2).integers(0, 256, (2 * BAND + 9, 12), np.uint8)
    alone = np.concatenate([crisp(tall[:BAND], 1.0)[: BAND - 20], crisp(tall[BAND - 40 : BAND + 40], 1.0)[20:60]])
    assert np.array_equal(crisp(tall, 1.0)[: BAND + 20], alone)


def test_a_small_drawing_is_no_exception():
    assert crisp(np.array([[0, 255]], np.uint8), 1.0).shape == (1, 2)


@pytest.mark.parametrize("amount", [-0.1, 2.1, float("nan")])
def test_amounts_out_of_range_are_named(soft, amount):
    for call in (lambda: crisp(soft, amount), lambda: Style(crisp=amount)):
        with pytest.raises(ValueError, match="crisp must be between 0"):
            call()


def test_line_width_and_ink_are_set_on_crisp_lines(soft):
    even = working_of(np.zeros((*soft.shape, 3), np.uint8))
    assert np.array_equal(inked(soft, Style(), even), toned(crisp(soft, 1.0), 1.0))
    assert np.array_equal(inked(soft, Style(ink=2.0), even), inked(toned(crisp(soft, 1.0), 1.0), Style(crisp=0, ink=2.0), even))


def test_drawings_are_crisp_by_default_photos_never(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    sketcher = Sketcher(weights(tmp_path), "cpu", "float32", "full")
    (drawn,) = sketcher.sketches([sketcher.prepare(photo)])
    assert np.array_equal(sketcher.draw(photo, fur=0.0, shade=0.0, background=1.0), toned(crisp(reserved(drawn, gray_of(photo), 1.0), 1.0), 1.0))
    measured = AllDrawings(weights(tmp_path), "cpu")(photo)["blend"]
    assert np.array_equal(np.rint(255 * measured), sketcher.draw(photo))
    back = Sketcher(reverse_weights(tmp_path), "cpu", "float32", "full", "sketch2photo")
    assert np.array_equal(back.draw(photo), back.draw(photo, crisp=0.0))


def test_the_pencil_drawing_is_inked_softer_than_the_others(soft, tmp_path):
    photo = np.random.default_rng(4).integers(0, 256, (*soft.shape, 3), np.uint8)
    for candidate in (None, 1, 4, 5):
        amount = GRAPHITE if candidate == 5 else 1.0
        assert np.array_equal(inked(soft, Style(candidate=candidate), working_of(photo)), pen(soft, working_of(photo), amount))
    assert 0 < GRAPHITE < 1
    drawings = AllDrawings(weights(tmp_path), "cpu")(photo)
    alone = Sketcher(weights(tmp_path), "cpu", "float32", "full")
    for candidate, name in ((4, "shaded"), (5, "pencil")):
        assert np.array_equal(np.rint(255 * drawings[name]), alone.draw(photo, candidate=candidate))
