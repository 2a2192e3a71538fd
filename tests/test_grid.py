"""Pooling to a grid and back, against torch's own resampling."""
import pytest
import torch
from torch.nn import functional as F

from model.grid import pool, unpool


@pytest.mark.parametrize("size", [(32, 32), (48, 16), (64, 80)])
def test_pool_is_average_pooling_where_cells_are_whole(size):
    x = torch.randn(2, 3, *size, dtype=torch.float64)
    assert torch.allclose(pool(x, 8), F.adaptive_avg_pool2d(x, 8), atol=1e-6)


@pytest.mark.parametrize("size", [(3, 5), (17, 33), (8, 100)])
def test_pool_keeps_the_mean_at_any_size(size):
    x = torch.randn(1, 2, *size, dtype=torch.float64)
    assert torch.allclose(pool(x, 8).mean((2, 3)), x.mean((2, 3)), atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (19, 30), (64, 5)])
def test_unpool_is_bilinear_interpolation(size):
    tokens = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    expected = F.interpolate(tokens, size, mode="bilinear", align_corners=False)
    assert torch.allclose(unpool(tokens, size), expected, atol=1e-5)
