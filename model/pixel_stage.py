"""The first stage of a folded network in bfloat16, exact where it matters: on bytes.

The first convolution takes differences of neighbouring pixels. Pixels in [0, 1] lose in bfloat16 what the differences are made
of; bytes, as whole numbers up to 255, lose nothing. What is left to round are the weights. Were each rounded to the nearest,
their sum would change, and with it what is drawn on even ground; so the rounding of one is made up for by the next.
"""
import copy

import torch
from torch import nn

from .fold import FusedConv
from .onednn import native_bfloat16

LIGHTEST = 255  # of bytes


def round_alike(weight):
    """float32 (outputs, inputs, H, W) in bfloat16, so that the sums over H and W stay, up to the rounding of the smallest weight."""
    rows = weight.flatten(2).flatten(0, 1)
    order = rows.abs().argsort(1, descending=True)  # the large ones round most: the small ones make up for them
    exact, rounded = rows.gather(1, order).double(), torch.empty(rows.shape, dtype=torch.bfloat16)
    missing = torch.zeros(len(rows)).double()
    for column, values in enumerate(exact.T):
        rounded[:, column] = values + missing
        missing += values - rounded[:, column]
    return torch.empty_like(rounded).scatter_(1, order, rounded).view_as(weight)


def side_by_side(x, count):
    """(B, C, H, W), channels last in memory -> a view (B, count * C, H, W / count): channels of `count` neighbours in a row."""
    batch, channels, height, width = x.shape
    return x.permute(0, 2, 3, 1).reshape(batch, height, width // count, count * channels).permute(0, 3, 1, 2)


def suits(stage):
    """Whether a folded stage is one strided convolution of pixels, as fold.absorb_unshuffle() leaves it, on a CPU with bfloat16."""
    alone = isinstance(stage.enter, FusedConv) and not len(stage.blocks) and isinstance(stage.leave, nn.Identity)
    return alone and stage.enter.stride[1] > 1 and stage.enter.weight.device.type == "cpu" and native_bfloat16()


class PixelStage(nn.Module):
    """A stage that suits(): float32 (B, C, H, W) in [0, 1], or bytes in bfloat16, up to LIGHTEST -> bfloat16 (B, outputs, H', W').

    Bytes are convolved in bfloat16, `stride` pixels of a row as one: oneDNN is slow with three channels.
    """

    def __init__(self, stage):
        super().__init__()
        self.stage, self.side = stage, stage.enter.stride[1]
        self.of_bytes = copy.deepcopy(stage.enter)  # its bias stays in float32
        weight = round_alike(stage.enter.weight / LIGHTEST)
        weight = weight.unflatten(3, (-1, self.side)).permute(0, 4, 1, 2, 3).flatten(1, 2)  # channels of a pixel after those of its left
        self.of_bytes.weight = weight.contiguous(memory_format=torch.channels_last)
        self.of_bytes.stride, self.of_bytes.padding = ((pair[0], 1) for pair in (stage.enter.stride, stage.enter.padding))

    def forward(self, x):
        if x.dtype != torch.bfloat16:
            return self.stage(x).to(torch.bfloat16)
        return self.of_bytes(side_by_side(x, self.side))


def as_input(pixels, stage):
    """uint8 pixels (B, C, H, W) as a first stage takes them: bytes in bfloat16 for a PixelStage, else float32 in [0, 1]."""
    return pixels.bfloat16() if isinstance(stage, PixelStage) else pixels.float().div_(LIGHTEST)
