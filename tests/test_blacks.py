"""Spotted blacks: what is small and dark is filled with ink, at its own borders, in the guidance of dense drawings."""
import cv2
import numpy as np
import pytest
from scipy import ndimage

from data.blacks import DARK, DARKER, FACTOR, INK, NOISE, RADIUS, SMOOTH, blacks, enlarged, reduced, white
from data.dataset import SURROUNDINGS
from data.guidance import DRAWINGS, SPOTTED, drawings
from data.pictures import read_rgb

SPOTS = dict(pupil=(40, 50, 5), tie=(40, 130, 11), hair=(130, 80, 19))  # row, column and radius, pixels


@pytest.fixture
def face():
    """Dark discs of several sizes on light ground, uint8 (180, 200), and their outlines, 1 = ink."""
    gray, outlines = np.full((180, 200), 210, np.uint8), np.zeros((180, 200), np.float32)
    for row, column, radius in SPOTS.values():
        cv2.circle(gray, (column, row), radius, 20, -1)
        cv2.circle(outlines, (column, row), radius, 1.0, 2)
    return gray, outlines


def disc(name, wider=0):
    row, column, radius = SPOTS[name]
    rows, columns = np.mgrid[:180, :200]
    return (rows - row) ** 2 + (columns - column) ** 2 <= (radius + wider) ** 2


def colour(gray):
    return np.repeat(gray[..., None], 3, 2)


def spotted(gray):
    """blacks() of a whole photo, uint8 (H, W)."""
    scaled = gray / np.float32(255)
    return blacks(scaled, white(scaled))


def test_small_dark_things_are_black_within_their_borders_alone(face):
    found = spotted(face[0])
    for name in SPOTS:
        assert found[disc(name, -2)].min() > 0.98 * INK
    outside = ~np.any([disc(name, 2) for name in SPOTS], axis=0)
    assert found[outside].max() == 0  # no halo


def test_large_or_pale_things_and_even_photos_are_not():
    large, pale = np.full((240, 240), 210, np.uint8), np.full((240, 240), 210, np.uint8)
    cv2.circle(large, (120, 120), 60, 20, -1)
    cv2.circle(pale, (120, 120), 8, 150, -1)
    for gray in (large, pale, *(np.full((90, 90), grey, np.uint8) for grey in (0, 20, 255))):
        assert spotted(gray)[80:160, 80:160].max(initial=0) == 0 and spotted(gray).mean() < 0.004


def test_what_reaches_the_border_is_not():
    """A black frame, or a coat that the frame cuts: there is no telling how large it is."""
    gray = np.full((120, 160), 210, np.uint8)
    for part in (gray[:8], gray[-8:], gray[:, :8], gray[:, -8:], gray[50:, :60]):
        part[:] = 10
    found = spotted(gray)
    assert found[80:].max() < 0.25 and found[:40].max() < 0.25 and found[:, 70:].max() < 0.25
    gray[30:40, 100:110] = 10
    assert spotted(gray)[32:38, 102:108].min() > 0.98 * INK


def test_nothing_is_spotted_on_dark_ground():
    gray = np.full((100, 100), 40, np.uint8)
    gray[:20] = 220  # the photo has light elsewhere
    cv2.circle(gray, (50, 60), 8, 25, -1)
    assert spotted(gray)[30:].max() == 0


def test_it_follows_the_light_of_the_photo(face):
    dim = np.uint8(face[0] / 2)
    assert np.abs(spotted(face[0]) - spotted(dim))[disc("pupil", -2)].max() < 0.15
    assert white(np.zeros((5, 5), np.float32)) > 0 and white(np.full((5, 5), 0.5, np.float32)) == 0.5


def test_it_is_the_formula(face):
    """In float64 with SciPy, away from the borders."""
    noise = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(180, 200)), 5)
    gray = np.clip(0.5 + 0.35 * noise / noise.std(), 0, 1)
    ramp = lambda value, low, high: np.clip((value - low) / (high - low), 0, 1)
    smooth = ndimage.gaussian_filter(gray, SMOOTH, truncate=4.5)
    small = smooth.reshape(180 // FACTOR, FACTOR, 200 // FACTOR, FACTOR).mean((1, 3))
    rows, columns = np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]
    closed = ndimage.grey_closing(small, footprint=rows**2 + columns**2 <= RADIUS**2 + RADIUS)
    around = np.minimum(closed, ndimage.gaussian_filter(closed, 1, truncate=4))
    place = [(np.arange(side) + 0.5) / FACTOR - 0.5 for side in gray.shape]
    around = ndimage.map_coordinates(around, np.meshgrid(*place, indexing="ij"), order=1, mode="nearest")
    lightest = np.percentile(gray[::4, ::4], 98)
    expected = INK * ramp((around - smooth) / (around + NOISE), *DARKER) * (1 - ramp(smooth / lightest, *DARK))
    gray = gray.astype(np.float32)
    difference = np.abs(blacks(gray, white(gray)) - expected)[40:-40, 40:-40]
    assert expected[40:-40, 40:-40].max() > 0.8 and difference.mean() < 0.01 and np.percentile(difference, 99) < 0.1


def test_crops_are_spotted_as_the_photo_is():
    """As far from their border as the guidance's surroundings reach, wherever they begin."""
    gray = cv2.cvtColor(read_rgb("Test/street.jpg"), cv2.COLOR_RGB2GRAY) / np.float32(255)
    whole = blacks(gray, white(gray))
    for top, left in ((0, 0), (37, 50), (101, 133)):
        crop = blacks(np.ascontiguousarray(gray[top : top + 240, left : left + 240]), white(gray))
        inner = (slice(SURROUNDINGS, -SURROUNDINGS),) * 2
        apart = np.abs(crop - whole[top : top + 240, left : left + 240])[inner]
        assert whole[top : top + 240, left : left + 240][inner].mean() > 0.02 and apart.mean() < 0.016


def test_what_is_reduced_and_enlarged_keeps_its_place():
    slope = np.add.outer(2 * np.arange(61), np.arange(50)).astype(np.float32)
    back = enlarged(reduced(slope), slope.shape)
    assert back.shape == slope.shape and np.abs(back - slope)[4:-4, 4:-4].max() < 0.01


def test_the_guidance_has_them_too(face):
    gray, outlines = face
    edges = cv2.GaussianBlur(outlines, (0, 0), 1)
    found = dict(zip(DRAWINGS, drawings(colour(gray), edges, edges)))
    inside = disc("tie", -4)
    assert found["blend"][inside].mean() > 0.8 and found["shaded"][inside].mean() > 0.8 and found["pencil"][inside].mean() > 0.5
    assert found["outline"][inside].mean() < 0.3
    letters = np.zeros((*gray.shape, 3), np.uint8)
    letters[20:60, 110:150, 1] = 255  # a word, of which nothing is ink there
    written = dict(zip(DRAWINGS, drawings(colour(gray), edges, edges, letters=letters)))
    assert written["blend"][inside].max() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 4), (3, 3), (1, 60), (5, 7)])
def test_tiny_photos(shape):
    assert np.array_equal(blacks(np.full(shape, 0.4, np.float32), 1.0), np.zeros(shape))
