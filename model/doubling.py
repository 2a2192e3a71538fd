"""Twice the resolution by bilinear interpolation, in bfloat16 as oneDNN convolves: on two threads in half of the time of torch's own."""
import torch
from torch import nn
from torch.nn import functional as F

from .onednn import Packed, convolve, fuses

SIDES = (1, 1)  # padding of the filter, and its stride


class Doubling(nn.Module):
    """(B, C, H, W) -> (B, C, 2H, 2W), as F.interpolate(scale_factor=2, mode="bilinear", align_corners=False), up to rounding.

    Where oneDNN convolves bfloat16, every pixel is repeated and the picture filtered by 1/4, 1/2, 1/4 along both sides, which is
    the same: a pixel's one neighbour is its twin. Beyond the border the filter finds 0 in place of a third twin, so what it gives
    there lacks a quarter. In float32 torch is as fast or faster.
    """

    def __init__(self):
        super().__init__()
        self.packed = Packed()

    def forward(self, x):
        if x.dtype != torch.bfloat16 or not fuses(x):
            return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        weight = self.packed(x, lambda: spread(x), SIDES, SIDES, x.shape[1])
        x = convolve(x, weight, padding=SIDES, groups=x.shape[1])
        x[..., :: x.shape[-2] - 1, :] *= 4 / 3
        x[..., :: x.shape[-1] - 1] *= 4 / 3
        return x


def spread(x):
    """The filter for each channel of x: (C, 1, 3, 3) in its type."""
    taps = torch.tensor([0.25, 0.5, 0.25], dtype=x.dtype)
    return torch.outer(taps, taps).expand(x.shape[1], 1, 3, 3).contiguous()
