"""Percentiles of a photo's greys, against NumPy's."""
import numpy as np
import pytest

from utils.lightest_grey import LIGHT, grey_at, up_to


@pytest.mark.parametrize("shape", [(1, 1), (7, 13), (120, 160)])
def test_greys_are_percentiles(shape):
    for seed in range(5):
        gray = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
        for percent in (2, LIGHT):
            assert grey_at(up_to(gray), percent) == np.percentile(gray, percent, method="inverted_cdf")
    assert grey_at(up_to(np.zeros((4, 4), np.uint8)), LIGHT) == 0
