"""Drawings on their way to the photo's size: lines keep their place, width and tone, and get sharp borders."""
import cv2
import numpy as np
import pytest

from model import Photo2Sketch
from model.engine import Engine
from tests.speed_kit import shipped_photo
from utils.checkpoint import load_network
from utils.defaults import CHECKPOINTS
from utils.enlarge import to_size
from utils.sketcher import Sketcher


def line(side, width, kind=np.uint8):
    """A slanted black line with soft borders: (side, side), its horizontal width in pixels."""
    y, x = np.mgrid[:side, :side] + 0.5
    distance = np.abs(x - side / 2 - (y - side / 2) * 0.3)
    values = np.clip(distance - width / 2 + 0.5, 0, 1)
    return np.rint(values * 255).astype(np.uint8) if kind == np.uint8 else values.astype(np.float32)


def ink(drawing):
    """Horizontal extent of the ink in each row, in parts of the width, without the rows at the ends."""
    values = drawing / np.float64(255 if drawing.dtype == np.uint8 else 1)
    rows = slice(len(values) // 8, -len(values) // 8)
    return (1 - values).sum(1)[rows] / values.shape[1]


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
@pytest.mark.parametrize("factor", [1.7, 5.9])
def test_lines_keep_their_width_and_get_sharper(kind, factor):
    small = line(64, 3.0, kind)
    side = round(64 * factor)
    large = to_size(small, side, side)
    assert large.shape == (side, side) and large.dtype == kind
    assert abs(ink(large).mean() / ink(small).mean() - 1) < 0.05
    plain = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
    scale = 255 if kind == np.uint8 else 1
    grey = [np.mean((image > 0.1 * scale) & (image < 0.9 * scale)) for image in (large, plain)]
    assert grey[0] < 0.75 * grey[1]


def test_steps_of_slanted_borders_are_evened_out():
    """The border of a line without grey pixels, traced row by row, leaves a straight line by less than interpolated."""
    steps = np.uint8(np.where(line(64, 4.0) < 128, 0, 255))
    plain = cv2.resize(steps, (256, 256), interpolation=cv2.INTER_CUBIC)
    rough = []
    for image in (to_size(steps, 256, 256), plain):
        border = np.argmax(image[32:-32] < 128, 1).astype(float)  # the first dark pixel of each row
        rows = np.arange(len(border))
        rough.append(np.std(border - np.polyval(np.polyfit(rows, border, 1), rows)))
    assert rough[0] < 0.9 * rough[1]


def test_greys_stay():
    flat = np.full((20, 30), 140, np.uint8)
    assert (to_size(flat, 95, 211) == 140).all()
    ramp = np.tile(np.uint8(np.linspace(0, 255, 64)), (64, 1))
    expected = cv2.resize(ramp, (384, 384), interpolation=cv2.INTER_CUBIC)
    assert np.abs(to_size(ramp, 384, 384).astype(int) - expected).max() <= 6


def test_smaller_is_the_average():
    drawing = np.random.default_rng(0).random((64, 96)).astype(np.float32)
    expected = drawing.reshape(16, 4, 24, 4).mean((1, 3))
    np.testing.assert_allclose(to_size(drawing, 16, 24), expected, atol=1e-6)
    assert to_size(drawing, 64, 96) is drawing


def test_line_weight_does_not_depend_on_resolution():
    """The same photo, small and ten times larger, gives the same drawing at the default size."""
    photo = shipped_photo(320)
    large = cv2.resize(photo, None, fx=10, fy=10, interpolation=cv2.INTER_CUBIC)
    sketcher = Sketcher(CHECKPOINTS["photo2sketch"], device="cpu", size=320)
    small, reduced = sketcher.draw(photo), to_size(sketcher.draw(large), 320, 320)
    assert small.shape == reduced.shape
    assert abs(int(small.sum()) - int(reduced.sum())) < 0.01 * 255 * small.size
    blurred = [cv2.GaussianBlur(np.float32(image), (0, 0), 2) for image in (small, reduced)]
    assert np.corrcoef(*(image.ravel() for image in blurred))[0, 1] > 0.98
    native = Engine(load_network(Photo2Sketch, CHECKPOINTS["photo2sketch"])).sketch(large[:640, :640]).numpy()
    assert np.mean(native < 128) < 0.5 * np.mean(small < 128)  # which is not so without a working size
