"""The light of a photo, against NumPy's percentile."""
import numpy as np
import pytest

from utils.lightest_grey import LIGHT, lightest


@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (120, 160)])
def test_the_lightest_grey_is_a_percentile(shape):
    for seed in range(5):
        gray = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
        assert lightest(gray) == np.percentile(gray, LIGHT, method="inverted_cdf")
    assert lightest(np.zeros((4, 4), np.uint8)) == 0
