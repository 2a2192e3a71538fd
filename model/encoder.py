"""Encoder: convolutions that widen while the resolution falls."""
import contextlib

import torch
from torch import nn

from .blocks import SLOPE, ConvNorm, ResidualBlock


class Stage(nn.Module):
    """One width of the encoder: a convolution, residual blocks and, with `pool`, a halving at the end."""

    def __init__(self, inputs, outputs, blocks, norm, padding, stride, pool):
        super().__init__()
        self.enter = nn.Sequential(ConvNorm(inputs, outputs, norm, stride=stride), nn.LeakyReLU(SLOPE))
        self.blocks = nn.Sequential(*(ResidualBlock(outputs, outputs, norm, padding) for _ in range(blocks)))
        self.leave = nn.AvgPool2d(2) if pool else nn.Identity()

    def forward(self, x):
        return self.leave(self.blocks(self.enter(x)))


class Encoder(nn.Module):
    """(B, inputs, H, W) -> features of every stage, the bottleneck last, at 1 / stride of the resolution.

    H and W must be multiples of the architecture's stride. The first stage is computed in the precision of x, also under
    autocast: of pixels in [0, 1] on white paper the differences of neighbours are rounding errors in bfloat16 (of bytes they are
    not, see model.pixel_stage), and running statistics that hold them are wrong by a constant everywhere.
    """

    def __init__(self, inputs, arch):
        super().__init__()
        self.unshuffle = nn.PixelUnshuffle(arch.unshuffle) if arch.unshuffle > 1 else nn.Identity()
        widths = (inputs * arch.unshuffle**2, *arch.widths)
        by_conv = arch.downsample == "conv"
        self.stages = nn.ModuleList(
            Stage(
                widths[i],
                widths[i + 1],
                arch.blocks[i],
                arch.norm,
                arch.padding,
                stride=2 if by_conv and i > 0 else 1,
                pool=not by_conv and i > 0,
            )
            for i in range(len(arch.widths))
        )

    def forward(self, x):
        first, *others = self.stages
        kind = x.device.type
        known = torch.amp.is_autocast_available(kind)  # not on "meta", where the speed benchmark counts operations
        with torch.autocast(kind, enabled=False) if known else contextlib.nullcontext():
            features = [first(self.unshuffle(x))]
        for stage in others:
            features.append(stage(features[-1]))
        return features
