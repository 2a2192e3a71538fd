"""Pooling an image to a fixed grid and back, as products with two small matrices.

Written as matrices because a tile of an image then contributes its part of the sum: the tokens of a photo are the same
whether it is seen whole or in tiles, and both directions export with dynamic sizes.
"""
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Window:
    """Where a feature map lies in the feature map of the whole photo, in its cells."""

    top: int
    left: int
    height: int  # of the whole
    width: int


def area_matrix(cells, size, start, whole, like):
    """(cells, size): row k averages over the k-th of `cells` equal parts of `whole`, for positions start .. start + size.

    Rows of a whole line sum to 1. A position that straddles two parts counts for both by its overlap, so that grids finer
    than the image work too.
    """
    part = whole / cells
    low = torch.arange(cells, device=like.device, dtype=torch.float32)[:, None] * part
    position = torch.arange(size, device=like.device, dtype=torch.float32)[None, :] + start
    overlap = torch.minimum(low + part, position + 1) - torch.maximum(low, position)
    return (overlap.clamp(min=0) / part).to(like.dtype)


def linear_matrix(size, cells, start, whole, like):
    """(size, cells): linear interpolation from the centres of `cells` parts of `whole` to positions start .. start + size."""
    position = torch.arange(size, device=like.device, dtype=torch.float32)[:, None] + start + 0.5
    centre = (position * (cells / whole) - 0.5).clamp(0, cells - 1)
    cell = torch.arange(cells, device=like.device, dtype=torch.float32)[None, :]
    return (1 - (centre - cell).abs()).clamp(min=0).to(like.dtype)


def pool(x, cells, window=None):
    """Averages over a cells x cells grid: (B, C, H, W) -> (B, C, cells, cells).

    With a `window`, the contribution of this part of the photo; contributions of parts that tile the photo add up.
    """
    height, width = x.shape[-2:]
    window = window or Window(0, 0, height, width)
    rows = area_matrix(cells, height, window.top, window.height, x)
    columns = area_matrix(cells, width, window.left, window.width, x)
    return _along_both(rows, columns, x)


def unpool(tokens, size, window=None):
    """Bilinear interpolation of a grid to `size`: (B, C, cells, cells) -> (B, C, H, W), or to a part of the photo."""
    height, width = size
    window = window or Window(0, 0, height, width)
    rows = linear_matrix(height, tokens.shape[-2], window.top, window.height, tokens)
    columns = linear_matrix(width, tokens.shape[-1], window.left, window.width, tokens)
    return _along_both(rows, columns, tokens)


def _along_both(rows, columns, x):
    """A matrix over the rows of an image and one over its columns: (h, H), (w, W), (B, C, H, W) -> (B, C, h, w).

    Channels stay last in memory, where the convolutions have them.
    """
    batch, channels, height, width = x.shape
    x = rows @ x.permute(0, 2, 3, 1).reshape(batch, height, width * channels)
    return (columns @ x.reshape(batch, rows.shape[0], width, channels)).permute(0, 3, 1, 2)
