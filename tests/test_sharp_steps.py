"""Sharp steps of tone: where they are found, against the formula at the photo's own greys, and that bands join."""
import cv2
import numpy as np
import pytest

from data.filters import halved, sharpness
from tests.photo_kit import gray_of, working_of
from utils import sharp_steps as module
from utils.bands import in_bands
from utils.sharp_steps import sharp_steps


def edge(blur, height=60, width=80):
    """A step of tone down the middle, sharp or blurred: uint8 (height, width)."""
    gray = np.full((height, width), 60, np.uint8)
    gray[:, width // 2 :] = 190
    return cv2.GaussianBlur(gray, (0, 0), blur) if blur else gray


def noise(*shape):
    return cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8), (0, 0), 1.2)


def test_a_sharp_step_is_one_and_a_blurred_one_or_even_ground_is_none():
    steps = sharp_steps(edge(0))
    assert steps[:, 19:21].min() == 255 and steps[:, :14].max() == steps[:, 26:].max() == 0
    assert sharp_steps(edge(8)).max() == 0


@pytest.mark.parametrize("shape", [(90, 120), (91, 121), (1, 1), (1, 40), (40, 1)])
def test_it_is_the_product_of_height_and_sharpness_at_half_the_size(shape):
    gray = noise(*shape)
    step, sharp = sharpness(halved(gray.astype(np.float32) / 255), 0.5)
    found = sharp_steps(gray)
    assert found.shape == (-(-shape[0] // 2), -(-shape[1] // 2)) and found.dtype == np.uint8
    assert np.abs(found - 255 * step * sharp).mean() < 3  # the halved greys are bytes


def test_bands_join_without_seams(monkeypatch):
    gray = noise(401, 90)
    whole = sharp_steps(gray)
    assert len(np.unique(whole)) > 50
    for rows in (32, 75):
        monkeypatch.setattr(module, "BAND", rows)
        assert np.array_equal(sharp_steps(gray), whole)


@pytest.mark.parametrize("height", [1, 2, 3, 8, 9, 40, 41])
def test_bands_take_the_same_rows_of_maps_of_half_the_height(height):
    rows = np.arange(height, dtype=np.int32)[:, None]
    half = rows[::2] // 2
    doubled = lambda image, small: image + 1000 * small.repeat(2, 0)[: len(image)]
    for band, margin in ((4, 2), (8, 0), (100, 6)):
        assert np.array_equal(in_bands(doubled, band, margin, rows, half), rows + 1000 * (rows // 2))


def test_a_working_leaves_its_padding_out():
    photo = np.random.default_rng(1).integers(0, 256, (9, 40, 3), np.uint8)
    working = working_of(photo)
    assert working.pixels.shape[0] > 9
    assert np.array_equal(working.gray, gray_of(photo)) and np.array_equal(working.steps, sharp_steps(gray_of(photo)))
