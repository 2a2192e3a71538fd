"""Lights of the photo that are left out of broad ink: what goes, what stays, and that bands join."""
import numpy as np
import pytest
from scipy import ndimage

from tests.photo_kit import gray_of, working_of
from utils import reserve
from utils.reserve import BROAD, CROWD, CROWDED, LIGHT, NEIGHBOURHOOD, NOISE, REACH, SOFT, reserved
from utils.style import Style, inked


@pytest.fixture
def eye():
    """A blot of ink, 40 x 20 pixels, over a dark eye of which the white, 8 x 8 pixels, is light: (sketch, photo)."""
    sketch, photo = np.full((80, 100), 255, np.uint8), np.full((80, 100, 3), 60, np.uint8)
    sketch[30:50, 30:70] = 10
    photo[36:44, 40:48] = 200
    return sketch, photo


def busy(seed=0, height=120, width=90):
    """Smooth noise for a sketch with broad ink, and for its photo."""
    rng = np.random.default_rng(seed)
    smooth = lambda deviation, *shape: ndimage.gaussian_filter(rng.normal(size=shape), (deviation, deviation, 0)[: len(shape)])
    sketch, photo = smooth(3, height, width), smooth(2, height, width, 3)
    scaled = lambda x: np.uint8(np.clip(128 + 70 * x / x.std(), 0, 255))
    return scaled(sketch), scaled(photo)


def test_the_white_of_an_eye_stays_paper_and_the_dark_stays_dark(eye):
    drawn = reserved(eye[0], gray_of(eye[1]), 1.0)
    assert (drawn[38:42, 42:46] > 245).all()
    assert (drawn[32:34, 60:68] == 10).all() and (drawn[:20] == 255).all()


def test_no_ink_goes_where_the_photo_tells_nothing(eye):
    sketch, photo = eye
    for even in (np.zeros_like(photo), np.full_like(photo, 255), np.uint8(120 + np.random.default_rng(0).integers(0, 3, photo.shape))):
        assert np.array_equal(reserved(sketch, gray_of(even), 1.0), sketch)


def test_lines_stay_and_so_does_bold_ink_that_stands_alone():
    photo = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    lines = np.full((90, 120), 255, np.uint8)
    lines[10::8] = 0
    lines[11::8] = 0
    lines[12::8] = 0  # a crowd of lines of three pixels: no square of BROAD fits in
    assert np.array_equal(reserved(lines, gray_of(photo), 1.0), lines)
    alone = np.full((90, 120), 255, np.uint8)
    alone[42:48, 20:100] = 0  # broader than a line, but the mean of the ink around it is low
    assert 6 / (2 * CROWD) < CROWDED[1] and (reserved(alone, gray_of(photo), 1.0) < 255).sum() >= 0.9 * (alone < 255).sum()
    dot = np.full((90, 120), 255, np.uint8)
    dot[42:50, 42:50] = 0
    assert np.array_equal(reserved(dot, gray_of(photo), 1.0), dot)


def test_no_pixel_gets_darker_and_more_takes_away_more():
    sketch, photo = busy()
    drawn = [reserved(sketch, gray_of(photo), amount).astype(int) for amount in (0.0, 0.3, 0.7, 1.0, 2.0)]
    assert np.array_equal(drawn[0], sketch) and np.array_equal(drawn[3], drawn[4])
    assert all((after >= before).all() for before, after in zip(drawn, drawn[1:])) and (drawn[3] - drawn[0]).max() > 100


def test_it_is_the_formula():
    """In float64 with SciPy, away from the borders; its greys are bytes."""
    halved = lambda image: image.reshape(len(image) // 2, 2, -1, 2).mean((1, 3))
    doubled = lambda image: ndimage.zoom(image, 2, order=1, mode="nearest", grid_mode=True)
    sketch, photo = busy(2)
    ink = 1 - sketch / 255
    broad = np.minimum(ink, ndimage.maximum_filter(ndimage.minimum_filter(ink, BROAD), BROAD + REACH))
    gray = photo @ (0.299, 0.587, 0.114) / 255
    dark = doubled(ndimage.uniform_filter(ndimage.minimum_filter(halved(gray), NEIGHBOURHOOD), SOFT))
    light = doubled(ndimage.uniform_filter(ndimage.maximum_filter(halved(gray), NEIGHBOURHOOD), SOFT))
    ramp = lambda value, low, high: np.clip((value - low) / (high - low), 0, 1)
    place = ramp((gray - dark) / (light - dark + NOISE), *LIGHT)
    expected = ink - broad * place * doubled(ramp(ndimage.uniform_filter(halved(ink), CROWD), *CROWDED))
    inner = (slice(20, -20),) * 2
    difference = np.abs((1 - reserved(sketch, gray_of(photo), 1.0) / 255) - expected)[inner]
    assert difference.mean() < 0.005 and difference.max() < 0.03 and (ink - expected)[inner].max() > 0.4


def test_mirrored_photos_give_mirrored_drawings():
    sketch, photo = busy(3)  # of even width: pairs of pixels are others in an odd one
    mirrored = reserved(np.ascontiguousarray(sketch[:, ::-1]), gray_of(photo)[:, ::-1], 1.0)
    assert np.array_equal(mirrored[:, ::-1], reserved(sketch, gray_of(photo), 1.0))


def test_bands_join_without_seams(monkeypatch):
    sketch, photo = busy(4, height=300)
    whole = reserved(sketch, gray_of(photo), 1.0)
    for rows in (64, 98, 1000):
        monkeypatch.setattr(reserve, "BAND", rows)
        assert np.array_equal(reserved(sketch, gray_of(photo), 1.0), whole)


def test_the_tools_reserve_lights_unless_strokes_stay_as_drawn(eye):
    sketch, photo = eye
    assert (inked(sketch, Style(), working_of(photo))[38:42, 42:46] > 250).all()
    assert np.array_equal(inked(sketch, Style(crisp=0.0), working_of(photo)), sketch)


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 4), (3, 3), (1, 60), (5, 7)])
def test_tiny_sketches(shape):
    drawn = reserved(np.full(shape, 100, np.uint8), np.zeros(shape, np.uint8), 1.0)
    assert drawn.shape == shape and (drawn == 100).all()
