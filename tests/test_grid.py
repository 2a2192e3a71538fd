"""Pooling to a grid and back, against torch's own resampling."""
import pytest
import torch
from torch.nn import functional as F

from model.grid import Window, pool, unpool


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


def test_tiles_of_a_map_add_up_to_its_tokens_and_receive_their_part():
    x = torch.randn(1, 2, 37, 50, dtype=torch.float64)
    tokens, whole = pool(x, 8), unpool(torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double(), (37, 50))
    given = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(1)).double()
    total = torch.zeros_like(tokens)
    for top, bottom in ((0, 13), (13, 37)):
        for left, right in ((0, 29), (29, 50)):
            window = Window(top, left, 37, 50)
            total += pool(x[..., top:bottom, left:right], 8, window)
            part = unpool(given, (bottom - top, right - left), window)
            assert torch.allclose(part, whole[..., top:bottom, left:right], atol=1e-6)
    assert torch.allclose(total, tokens, atol=1e-6)
