"""Light in the guidance: what is lit up, what is kept, and that noise is smoothed and edges are not."""
import cv2
import numpy as np
import pytest

from data.guidance import DRAWINGS, drawings
from data.light import EVEN, FLOOR, MIDDLE, denoised, evened, hollows, lit, modelling


def contrast(image):
    return float(image.max() - image.min())


def test_even_tones_are_lifted_by_the_formula_and_have_no_relief():
    for tone in (0.0, 0.05, 0.2, 0.39, 0.6, 0.95):
        bright, relief = lit(np.full((80, 100), tone, np.float32))
        base = np.log(np.float64(tone) + np.float64(FLOOR))
        expected = np.exp((base + np.float64(MIDDLE)) / 2) if base < MIDDLE else np.exp(base)
        assert np.allclose(bright, min(expected, 1), atol=1e-4) and np.abs(relief).max() < 1e-4


def test_marks_on_something_dark_are_raised_and_marks_on_something_light_are_kept():
    gray = np.full((120, 240), 0.8, np.float32)
    gray[:, :120] = 0.08
    gray[50:56, 58:64], gray[50:56, 178:184] = 0.03, 0.6
    bright, relief = lit(gray)
    dark, light = (slice(30, 76), slice(40, 80)), (slice(30, 76), slice(160, 200))
    assert contrast(bright[dark]) > 1.5 * contrast(gray[dark])
    assert contrast(bright[light]) == pytest.approx(contrast(gray[light]), abs=0.05)
    assert relief[53, 61] < -0.2 and bright[53, 61] < bright[40, 61]


def test_the_border_of_something_dark_gets_no_halo():
    gray = np.full((120, 240), 0.8, np.float32)
    gray[:, :120] = 0.1
    bright, _ = lit(gray)
    assert contrast(bright[:, 128:]) < 0.02 and contrast(bright[:, :112]) < 0.02  # but for the four pixels of the base's grid


def test_noise_is_smoothed_by_its_amount_and_steps_stay():
    clean = np.full((100, 100), 0.3, np.float32)
    clean[:, 50:] = 0.7
    for sigma in (0.02, 0.06):
        noisy = clean + np.random.default_rng(0).normal(0, sigma, clean.shape).astype(np.float32)
        left = denoised(noisy)
        assert left[10:-10, 10:40].std() < 0.45 * sigma
        assert left[:, 54:].mean() - left[:, :46].mean() == pytest.approx(0.4, abs=0.01)
    assert np.abs(denoised(clean) - clean).max() < 1e-3


def test_evened_raises_the_contrast_of_dark_parts():
    gray = 0.12 + 0.1 * np.random.default_rng(0).random((16, 16)).astype(np.float32)
    gray = cv2.resize(np.pad(gray, ((0, 0), (0, 16)), constant_values=0.9), (256, 128), interpolation=cv2.INTER_NEAREST)
    assert evened(gray)[:, :100].std() > 1.2 * gray[:, :100].std()


def test_relief_models_tones_both_ways_within_bounds():
    relief = cv2.GaussianBlur(np.random.default_rng(0).normal(0, 3, (60, 60)).astype(np.float32), (0, 0), 3)
    none = np.zeros_like(relief)
    factor = modelling(relief, none)
    assert 0.2 <= factor.min() < 0.8 and 1.2 < factor.max() <= 1.5
    assert np.corrcoef(factor.ravel(), relief.ravel())[0, 1] < -0.8
    assert np.allclose(modelling(none + EVEN, none), 1) and np.allclose(modelling(none - EVEN, none), 1)
    assert np.allclose(modelling(relief, none + 1), 1)
    assert hollows(relief, none).max() == 0 < hollows(relief, none + 1).max() <= 0.9


def test_the_eyes_of_something_dark_are_drawn_in_detail_and_blend():
    y, x = np.mgrid[0:160, 0:160]
    gray = np.full((160, 160), 220, np.uint8)
    body = np.hypot(x - 80, y - 80) < 34
    gray[body] = 45
    eyes = np.zeros_like(body)
    for column in (69, 91):
        eyes |= np.hypot(x - column, y - 76) < 3
    gray[eyes] = 8
    rim = cv2.morphologyEx(body.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3))).astype(np.float32)
    rim = 2 * cv2.GaussianBlur(rim, (0, 0), 2)
    fine = cv2.GaussianBlur(np.maximum(rim, 0.4 * eyes.astype(np.float32)), (0, 0), 1)
    inks = dict(zip(DRAWINGS, drawings(np.dstack([gray] * 3), rim, fine)))
    around = np.hypot(x - 80, y - 96) < 6
    for name in ("detail", "blend"):
        assert inks[name][eyes].mean() > inks[name][around].mean() + 0.3, name
