"""Ink, flat regions, PSNR, SSIM and the kernel distance, against scikit-image and worked examples."""
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from benchmarks.metrics_image import flat_regions, ink, ink_on_flat
from benchmarks.metrics_kernel import describe, kernel_distance, polynomial_kernel, squared_mmd
from utils.metrics import psnr, ssim


@pytest.fixture
def pair():
    rng = np.random.default_rng(0)
    picture = rng.random((37, 52)).astype(np.float32)
    return picture, np.clip(picture + rng.normal(0, 0.1, picture.shape), 0, 1).astype(np.float32)


def test_psnr_is_scikit_images(pair):
    assert psnr(*pair) == pytest.approx(peak_signal_noise_ratio(*map(np.float64, pair), data_range=1), abs=1e-6)
    assert psnr(np.full((4, 4), 0.5), np.full((4, 4), 0.6)) == pytest.approx(20)
    assert psnr(pair[0], pair[0]) == np.inf


def test_ssim_is_scikit_images(pair):
    reference = structural_similarity(
        *map(np.float64, pair), data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(*pair) == pytest.approx(reference, abs=1e-6)
    assert ssim(pair[0], pair[0]) == pytest.approx(1)


def test_ink_is_the_share_of_black():
    drawing = np.ones((10, 10), np.float32)
    drawing[:2, :5] = 0
    drawing[5, :] = 0.5
    assert ink(drawing) == pytest.approx((10 + 5) / 100)


def test_flat_regions_keep_away_from_edges():
    photo = np.full((80, 120), 0.3, np.float32)
    photo[:, 60:] = 0.7
    flat = flat_regions(photo)
    assert flat[:, :48].all() and flat[:, 72:].all() and not flat[:, 54:66].any()
    slope = np.tile(np.linspace(0, 1, 120, dtype=np.float32), (80, 1))  # 1 / 119 per pixel, more than nothing
    assert not flat_regions(slope).any()
    assert flat_regions(slope / 4 + 0.3).all()


def test_ink_on_flat_regions():
    flat = np.zeros((10, 10), bool)
    flat[:5] = True
    drawing = np.zeros((10, 10), np.float32)
    drawing[:5] = 0.9
    total, pixels = ink_on_flat(drawing, flat)
    assert pixels == 50 and total / pixels == pytest.approx(0.1)


def test_polynomial_kernel_by_hand():
    # a . b = 1 * 3 + 2 * 4 = 11 with D = 2: (5.5 + 1)^3 = 274.625
    assert polynomial_kernel(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])) == pytest.approx(274.625)


def test_squared_mmd_by_hand():
    # One dimension, k(x, y) = (x y + 1)^3. Within a = {0, 1}: k(0, 1) = 1. Within b = {2, 3}: k(2, 3) = 343.
    # Between: k(0, .) = 1 twice, k(1, 2) = 27, k(1, 3) = 64, mean 93 / 4. 1 + 343 - 2 * 93 / 4 = 297.5.
    assert squared_mmd(np.array([[0.0], [1.0]]), np.array([[2.0], [3.0]])) == pytest.approx(297.5)


def test_squared_mmd_is_unbiased():
    # The population value for Gaussians N(m, 1) in one dimension, from E(1 + xy)^3 with E x = m, E x^2 = 1 + m^2,
    # E x^3 = m^3 + 3 m: for x, y independent it is 1 + 3 m m' + 3 (1 + m^2)(1 + m'^2) + (m^3 + 3 m)(m'^3 + 3 m').
    def between(m, n):
        return 1 + 3 * m * n + 3 * (1 + m**2) * (1 + n**2) + (m**3 + 3 * m) * (n**3 + 3 * n)

    rng = np.random.default_rng(0)
    for mean in (0.0, 0.5):
        truth = between(0, 0) + between(mean, mean) - 2 * between(0, mean)
        estimates = [squared_mmd(rng.normal(0, 1, (20, 1)), rng.normal(mean, 1, (30, 1))) for _ in range(4000)]
        error = np.std(estimates) / np.sqrt(len(estimates))
        assert np.mean(estimates) == pytest.approx(truth, abs=4 * error)


def test_kernel_distance_tells_sets_apart_whatever_the_scale():
    rng = np.random.default_rng(2)
    real, same, other = rng.normal(1, 0.5, (60, 16)), rng.normal(1, 0.5, (50, 16)), rng.normal(1.5, 0.5, (50, 16))
    near, near_spread = kernel_distance(same, real)
    far, far_spread = kernel_distance(other, real)
    assert abs(near) < 3 * near_spread and far > near + 5 * max(near_spread, far_spread)
    assert kernel_distance(7 * other, 7 * real) == pytest.approx((far, far_spread))
    assert kernel_distance(other, real) == (far, far_spread), "the subsets are the same every time"


def test_pictures_are_described_by_mean_features_of_the_central_square():
    def network(x):  # three "layers": not used, the picture itself, its square at half the size
        assert x.shape[1:] == (3, 224, 224)
        return [x * 0 - 9, x[:, :2], x[:, :1, ::2, ::2] ** 2]

    wide = np.full((50, 100), 0.2, np.float32)
    wide[:, 25:75] = 0.6
    high = np.full((300, 260), 0.4, np.float32)
    features = describe([wide, high], network)
    assert features == pytest.approx(np.array([[0.6, 0.6, 0.36], [0.4, 0.4, 0.16]]), abs=1e-6)
    assert describe([wide] * 11, network).shape == (11, 3)
