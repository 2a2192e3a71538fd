"""Pooling an image to a fixed grid and back, as products with two small matrices.

Written as matrices because both directions then export with dynamic sizes.
"""
import torch


def area_matrix(cells, size, like):
    """(cells, size): row k averages over the k-th of `cells` equal parts of `size` positions.

    Rows sum to 1. A position that straddles two parts counts for both by its overlap, so that grids finer than the image
    work too.
    """
    part = size / cells
    low = torch.arange(cells, device=like.device, dtype=torch.float32)[:, None] * part
    position = torch.arange(size, device=like.device, dtype=torch.float32)[None, :]
    overlap = torch.minimum(low + part, position + 1) - torch.maximum(low, position)
    return (overlap.clamp(min=0) / part).to(like.dtype)


def linear_matrix(size, cells, like):
    """(size, cells): linear interpolation from the centres of `cells` equal parts to `size` positions."""
    position = torch.arange(size, device=like.device, dtype=torch.float32)[:, None] + 0.5
    centre = (position * (cells / size) - 0.5).clamp(0, cells - 1)
    cell = torch.arange(cells, device=like.device, dtype=torch.float32)[None, :]
    return (1 - (centre - cell).abs()).clamp(min=0).to(like.dtype)


def pool(x, cells):
    """Averages over a cells x cells grid: (B, C, H, W) -> (B, C, cells, cells)."""
    return _along_both(*(area_matrix(cells, size, x) for size in x.shape[-2:]), x)


def unpool(tokens, size):
    """Bilinear interpolation of a grid to `size`: (B, C, cells, cells) -> (B, C, H, W)."""
    return _along_both(*(linear_matrix(side, tokens.shape[-1], tokens) for side in size), tokens)


def _along_both(rows, columns, x):
    """A matrix over the rows of an image and one over its columns: (h, H), (w, W), (B, C, H, W) -> (B, C, h, w).

    Channels stay last in memory, where the convolutions have them.
    """
    batch, channels, height, width = x.shape
    x = rows @ x.permute(0, 2, 3, 1).reshape(batch, height, width * channels)
    return (columns @ x.reshape(batch, rows.shape[0], width, channels)).permute(0, 3, 1, 2)
