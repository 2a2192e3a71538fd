"""Strands: lines averaged along the direction around them, and the hatching that follows texture and no lone edge."""
import cv2
import numpy as np
import pytest

from data.filters import form, halved
from data.shading import stroke_textures
from data import strands as module
from data.strands import SAMPLES, STEP, along, along_cells, pressed, strands, traces
from utils.strokes import ANGLES, stroke_field


def stripes(angle, size=120, pitch=8.0):
    """Dark lines of about 2 pixels, `pitch` pixels apart, along `angle` degrees: float32 in [0, 1]."""
    y, x = np.mgrid[0:size, 0:size]
    a = np.radians(angle)
    phase = (-x * np.sin(a) + y * np.cos(a)) * 2 * np.pi / pitch
    return (0.8 - 0.5 * np.clip(2 * np.cos(phase) - 1, 0, 1)).astype(np.float32)


def everywhere(image, right, down, step):
    """along() at every pixel."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    return along(image, x, y, right, down, step)


def test_the_mean_along_a_row_is_a_convolution_of_the_row():
    image = np.random.default_rng(0).random((30, 60)).astype(np.float32)
    ones = np.ones_like(image)
    step = 1.5
    reach = int(SAMPLES * step)
    kernel = np.zeros(2 * reach + 1)
    for sample in range(-SAMPLES, SAMPLES + 1):  # a triangle, each sample shared between the two nearest pixels
        kernel += (SAMPLES + 1 - abs(sample)) * np.maximum(1 - np.abs(np.arange(-reach, reach + 1) - sample * step), 0)
    kernel /= kernel.sum()
    expected = np.apply_along_axis(np.convolve, 1, image.astype(np.float64), kernel, "valid")
    inside = slice(reach, -reach)
    assert np.abs(everywhere(image, ones, 0 * ones, step)[:, inside] - expected).max() < 1e-5
    turned = everywhere(np.ascontiguousarray(image.T), 0 * ones.T, -ones.T, step)
    assert np.abs(turned[inside].T - expected).max() < 1e-5


@pytest.mark.parametrize("angle", [0, 25, 70, 135])
def test_averages_follow_stripes_and_keep_them(angle):
    image = stripes(angle)
    c, s, *_ = form(image, 3.0)
    right, down = np.cos(0.5 * np.arctan2(s, c)), np.sin(0.5 * np.arctan2(s, c))
    inside = (slice(20, -20), slice(20, -20))
    assert np.abs(everywhere(image, right, down, STEP) - image)[inside].mean() < 0.03
    across = everywhere(image, -down, right, STEP)  # stripes are gone
    assert across[inside].std() < 0.3 * image[inside].std()


@pytest.mark.parametrize("shape, share", [((1, 1), 0.4), ((1, 7), 0.4), ((40, 61), 0.4), ((64, 90), 0.4), ((201, 200), 0.9)])  # more than OpenCV takes in a row
def test_some_cells_have_the_means_of_everywhere_and_others_none(shape, share):
    rng = np.random.default_rng(3)
    image = rng.random(shape).astype(np.float32)
    cells = tuple(-(-side // 2) for side in shape)
    angle, where = rng.uniform(-2, 2, cells).astype(np.float32), rng.random(cells) < share
    where[0, 0] = True
    spread = lambda values: np.ascontiguousarray(values.repeat(2, 0).repeat(2, 1)[: shape[0], : shape[1]])
    expected = everywhere(image, spread(np.cos(angle)), spread(np.sin(angle)), 1.5)
    assert np.allclose(along_cells(image, angle, where, 1.5), np.where(spread(where), expected, 0), atol=1e-6)


def test_lines_are_followed_wherever_they_are_pressed(monkeypatch):
    half = halved(stripes(30, 160))
    where = np.zeros((40, 40), np.float32)
    where[8:20, 10:25] = 1
    ink = pressed(*traces(half, where), (160, 160))
    monkeypatch.setattr(module, "along_cells", lambda image, angle, where, step: along_cells(image, angle, np.ones_like(where), step))
    assert np.array_equal(ink, pressed(*traces(half, where), (160, 160))) and ink.max() > 0.5


@pytest.mark.parametrize("angle", [0, 25, 70, 135])
def test_broken_hairs_become_whole_strokes(angle):
    whole = stripes(angle)
    gaps = np.random.default_rng(1).random((12, 12)) < 0.15
    broken = np.where(np.kron(gaps, np.ones((10, 10))) > 0, np.float32(0.8), whole)
    inside = np.zeros(whole.shape, bool)
    inside[20:-20, 20:-20] = True
    line, paper = inside & (whole < 0.35), inside & (whole > 0.79)
    ink = strands(broken)
    assert ink[line].mean() > 0.8 and ink[paper].mean() < 0.1


@pytest.mark.parametrize("shape", [(1, 1), (1, 41), (41, 1), (2, 3), (41, 23), (40, 24)])
def test_any_size_has_strands_of_its_size(monkeypatch, shape):
    monkeypatch.setattr(module, "USUAL", (-1, -0.5))  # lines count everywhere
    monkeypatch.setattr(module, "PREVAILS", (-1, -0.5))
    photo = np.random.default_rng(0).random(shape).astype(np.float32)
    ink = strands(photo)
    assert ink.shape == shape and ink.dtype == np.float32 and np.isfinite(ink).all() and 0 <= ink.min() and ink.max() <= 1


def test_strands_count_as_much_in_shadow_as_in_light_and_noise_has_none():
    light = strands(stripes(30))
    shadow = strands(0.4 * stripes(30))
    assert np.abs(light - shadow)[20:-20, 20:-20].mean() < 0.05
    noise = np.random.default_rng(2).normal(0.6, 0.02, (120, 120)).astype(np.float32)
    assert strands(noise).mean() < 0.03 < 0.1 < light.mean()
    assert strands(np.full((40, 40), 0.5, np.float32)).max() == 0


def test_hatching_follows_texture_and_does_not_turn_at_a_lone_edge():
    plain = np.full((160, 160), 0.3, np.float32)
    edge = plain.copy()
    edge[:, 80:] = 0.9
    diagonal, beside, textured = (stroke_textures(image, (0, 0))[0] for image in (plain, edge, stripes(0, 160)))
    assert np.corrcoef(diagonal.ravel(), beside.ravel())[0, 1] > 0.98
    assert np.corrcoef(diagonal.ravel(), textured.ravel())[0, 1] < 0.3
    shifted = [np.corrcoef(textured[:, :-8].ravel(), textured[:, 8:].ravel())[0, 1], np.corrcoef(textured[:-8].ravel(), textured[8:].ravel())[0, 1]]
    assert shifted[0] > shifted[1] + 0.2  # strokes along the rows


@pytest.mark.parametrize("angle", [0, 22.5, 45, 67.5, 80, 90, 100, 112.5, 124, 135, 150, 170])
def test_hatching_mixes_the_two_nearest_stroke_directions_alone(angle):
    textures = stroke_textures(stripes(angle, 160), (0, 0))
    inside = (slice(30, -30), slice(30, -30))
    fields = [np.tile(strokes, (2, 2))[:160, :160][inside].ravel() for strokes in stroke_field()]
    for texture, turn in zip(textures, (0, np.pi / 2)):
        apart = np.abs((ANGLES - np.radians(angle) - turn + np.pi / 2) % np.pi - np.pi / 2)
        weights = np.linalg.lstsq(np.stack(fields, 1), texture[inside].ravel(), rcond=None)[0]
        expected = np.clip(1 - apart / (np.pi / len(ANGLES)), 0, 1)
        assert np.abs(weights - expected).max() < 0.12


def test_bounded_gradients_let_dense_texture_outweigh_an_edge():
    image = stripes(90, 160) * np.float32(0.4) + np.float32(0.1)
    image[80:] += 0.5
    (_, _, coherence, _), (c, _, bounded, _) = (tuple(part[70, 80] for part in form(image, 10.0, most)) for most in (np.inf, 0.1))
    assert c < -0.9 and bounded > coherence + 0.1
    with_limit = form(image, 10.0, 1e6)
    assert all(np.allclose(one, other, atol=1e-5) for one, other in zip(with_limit, form(image, 10.0)))
