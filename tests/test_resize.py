"""Other sizes of pictures: the way for drawings, and the fast one for small views and drawings."""
import cv2
import numpy as np
import pytest
from PIL import Image

from utils.resize import reduced, resize


def picture(height, width):
    """Noise whose details are about 6 pixels large, uint8 RGB."""
    small = np.random.default_rng(0).integers(0, 256, (max(1, height // 6), max(1, width // 6), 3)).astype(np.uint8)
    return np.array(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("shape, size", [((768, 576), (384, 288)), ((768, 512), (192, 128)), ((90, 61), (90, 61)), ((64, 48), (16, 12))])
def test_a_power_of_two_is_the_mean_of_squares(shape, size):
    image = picture(*shape)
    down, right = (one // other for one, other in zip(shape, size))
    expected = image.reshape(size[0], down, size[1], right, 3).mean((1, 3))
    assert np.abs(reduced(image, *size) - expected).max() <= 1.5 and reduced(image, *size).shape == (*size, 3)  # rounded twice


@pytest.mark.parametrize("shape, size", [((768, 768), (320, 320)), ((511, 767), (213, 320)), ((768, 513), (256, 171)), ((480, 640), (240, 320)), ((383, 512), (240, 320))])
def test_other_sizes_are_as_pillow_makes_them(shape, size):
    image = picture(*shape)
    expected = np.array(Image.fromarray(image).resize(size[::-1], Image.Resampling.BOX)).astype(int)
    assert np.abs(reduced(image, *size) - expected).mean() < 3


@pytest.mark.parametrize("shape, size", [((40, 30), (80, 60)), ((40, 3000), (40, 300)), ((1, 900), (1, 320)), ((900, 1), (320, 1)), ((600, 100), (60, 90))])
def test_what_grows_or_shrinks_one_way_alone_is_resized_as_for_drawings(shape, size):
    image = picture(*shape)
    assert np.abs(reduced(image, *size).astype(int) - resize(image, *size)).max() <= 1


@pytest.mark.parametrize("shape, size", [((511, 767), (300, 450)), ((480, 640), (241, 321)), ((512, 384), (320, 240)), ((640, 427), (400, 267))])
def test_what_cannot_be_halved_is_averaged(shape, size):
    assert np.array_equal(reduced(picture(*shape), *size), resize(picture(*shape), *size))


def test_what_is_left_after_halving_is_interpolated_if_it_is_little():
    image = picture(768, 768)
    for size, interpolation in (((320, 320), cv2.INTER_LINEAR), ((250, 250), cv2.INTER_LINEAR), ((200, 200), cv2.INTER_AREA)):
        half = np.uint8(np.rint(image.reshape(384, 2, 384, 2, 3).mean((1, 3)) + 1e-6))
        assert np.abs(reduced(image, *size).astype(int) - cv2.resize(half, size, interpolation=interpolation)).max() <= 1


def test_nothing_aliases():
    """Stripes of a pixel, which no smaller picture has, become grey."""
    stripes = np.zeros((770, 1026, 3), np.uint8)
    stripes[:, ::2] = 255
    for size in ((320, 426), (385, 513), (240, 320), (100, 133), (200, 266)):
        assert np.abs(reduced(stripes, *size)[:, 1:-1].astype(int) - 127).max() <= 2
