"""Fine greys: rounded once in effect, drawn like bytes, and not torn apart by the pen."""
import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, maximum_filter, minimum_filter

from tests.photo_kit import gray_of, working_of
from utils.crisp import FAINT, GAIN, SIGMA, crisp
from utils.greys import FINE, STEPS, fine, in_bytes, paper
from utils.masses import filled
from utils.reserve import reserved
from utils.sketcher import Sketcher
from utils.style import pen
from utils.tone import toned

from .tool_kit import reverse_weights, weights


@pytest.fixture(scope="module")
def scene():
    """A soft drawing, float32 (90, 120) in [0, 1], and a photo to it, uint8 RGB."""
    rng = np.random.default_rng(0)
    drawing = gaussian_filter(rng.random((90, 120)), 1.5)
    drawing = np.float32(np.clip((drawing - drawing.min()) / np.ptp(drawing) * 1.4 - 0.2, 0, 1))
    return drawing, rng.integers(0, 256, (90, 120, 3), np.uint8)


def test_rounding_twice_is_rounding_once():
    values = np.random.default_rng(1).random(100_000, np.float32)
    values = values[np.abs(255 * values % 1 - 0.5) > 1e-4]  # float32 cannot tell on which side the others lie
    assert np.array_equal(in_bytes(fine(values)[None]), np.uint8(np.rint(255 * values))[None])
    assert STEPS % 2 == 1 and fine(np.ones(1, np.float32))[0] == FINE


def test_bytes_stay_bytes(scene):
    drawing = in_bytes(fine(scene[0]))
    assert in_bytes(drawing) is drawing and paper(drawing) == 255 and paper(fine(scene[0])) == FINE


def test_every_step_of_the_pen_agrees_with_that_in_bytes(scene):
    drawing, photo = scene
    exact, rounded = fine(drawing), np.uint8(np.rint(255 * drawing))
    tone, lines = np.full((45, 60), 100, np.uint16), np.full((45, 60), 240, np.uint16)  # of the small drawing, in bytes
    gray = gray_of(photo)
    small = cv2.resize(gray, (60, 45), interpolation=cv2.INTER_AREA)
    unit = lambda sketch: paper(sketch) // 255
    steps = {
        "reserved": (lambda sketch: reserved(sketch, gray, 1.0), 2.0),
        "crisp": (lambda sketch: crisp(sketch, 1.0), 2.0),
        "toned": (lambda sketch: toned(sketch, 1.0), 1.5),
        "filled": (lambda sketch: filled(sketch, *((unit(sketch) * one).astype(sketch.dtype) for one in (tone, lines)), gray, small), 2.0),
    }
    for name, (step, most) in steps.items():
        found, expected = (step(sketch) for sketch in (exact, rounded))
        found, expected = found / unit(found), expected.astype(float)
        assert np.abs(found - expected).max() <= most, name
        assert np.abs(expected - rounded).max() > 5, name  # the step did something


def test_crisp_fine_greys_agree_with_the_formula_in_float64(scene):
    values = fine(scene[0]).astype(np.float64)
    sharp = values + GAIN * (values - gaussian_filter(values, SIGMA, mode="mirror"))
    sharp = np.clip(sharp, minimum_filter(values, 3), maximum_filter(values, 3))
    expected = np.minimum(sharp / (1 - FAINT), FINE)
    assert np.abs(crisp(fine(scene[0]), 1.0) - expected).max() < 0.004 * FINE  # the weights beyond WINDOW


def test_the_pen_does_not_tear_apart_what_rounding_would(scene):
    """Two drawings that differ by a fifth of a byte's step: what they become differs by more than 2 only in bytes."""
    drawing, photo = scene
    other = np.clip(drawing + np.random.default_rng(2).uniform(-0.2, 0.2, drawing.shape).astype(np.float32) / 255, 0, 1)

    def apart(as_grey):
        one, two = (pen(as_grey(values), working_of(photo), 1.0).astype(int) for values in (drawing, other))
        return (np.abs(one - two) > 2).mean()

    assert apart(fine) < 0.001 < apart(lambda values: np.uint8(np.rint(255 * values)))


def test_drawings_are_fine_until_they_are_inked_and_photos_are_bytes(tmp_path):
    photo = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    sketcher = Sketcher(weights(tmp_path), "cpu", "float32", "full")
    working = sketcher.prepare(photo)
    for found in (sketcher.sketches([working])[0], sketcher.maps([working])[0].drawings[None]):
        assert found.dtype == np.uint16 and found.max() <= FINE and (found % STEPS != 0).mean() > 0.5
    back = Sketcher(reverse_weights(tmp_path), "cpu", "float32", "full", "sketch2photo")
    assert back.sketches([back.prepare(photo)])[0].dtype == np.uint8
