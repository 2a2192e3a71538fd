"""A network for inference only: batch norm inside the convolutions, activations and sums too where possible.

The same function as the trained network, up to rounding. At evaluation, batch norm multiplies and shifts each channel
by constants, so it disappears in the weights and bias of the convolution in front (Jacob et al., 2018, section 3.2).
LeakyReLU and the addition of a residual branch become part of a convolution too. Instance norm depends on the photo and
stays as it is.
"""
import copy

import torch
from torch import nn
from torch.nn import functional as F

from .blocks import SLOPE, ConvNorm, ResidualBlock
from .decoder import UpBlock
from .doubling import Doubling
from .onednn import NOTHING, Packed, add_convolution, convolve, fuses


class FusedConv(nn.Module):
    """Convolution with zero padding and bias: (B, inputs, H, W) -> (B, outputs, H', W').

    conv: the convolution. norm: the BatchNorm2d behind it, whose running statistics are folded in. then: the activation
    behind it, as in onednn.convolve().
    """

    def __init__(self, conv, norm=None, then=NOTHING):
        super().__init__()
        exact = lambda values: values.detach().cpu().double()
        weight = exact(conv.weight)
        bias = torch.zeros(len(weight)).double() if conv.bias is None else exact(conv.bias)
        if norm is not None:
            gain = exact(norm.weight) / (exact(norm.running_var) + norm.eps).sqrt()
            weight = weight * gain[:, None, None, None]
            bias = (bias - exact(norm.running_mean)) * gain + exact(norm.bias)
        self.register_buffer("weight", weight.float().contiguous(memory_format=torch.channels_last))
        self.register_buffer("bias", bias.float())
        self.stride, self.padding, self.then = conv.stride, conv.padding, then
        self.packed = Packed()

    def _weight(self, x):
        if not fuses(x):
            return self.weight
        return self.packed(x, lambda: self.weight, self.stride, self.padding)

    def forward(self, x):
        return convolve(x, self._weight(x), self.bias, self.stride, self.padding, self.then)

    def add_to(self, total, x):
        """Adds the convolution of x to `total`, in place, and returns it."""
        return add_convolution(total, x, self._weight(x), self.bias, self.stride, self.padding)


class FusedResidual(nn.Module):
    """A ResidualBlock with batch norm. Overwrites its input where the shortcut is the identity."""

    def __init__(self, block):
        super().__init__()
        self.first = FusedConv(*block.first, ("leaky_relu", (SLOPE,)))
        self.second = FusedConv(*block.second)
        self.shortcut = fuse(block.shortcut)

    def forward(self, x):
        y = self.first(x)
        return F.leaky_relu_(self.second.add_to(self.shortcut(x), y), SLOPE)


class FusedUp(nn.Module):
    """An UpBlock. Overwrites the skip."""

    def __init__(self, block):
        super().__init__()
        self.narrow = fuse(block.narrow)
        self.doubling = Doubling()
        self.blocks = fuse(block.blocks)

    def forward(self, x, skip=None):
        x = self.doubling(self.narrow(x))
        if skip is not None:
            x = skip.add_(x)
        return self.blocks(x)


def _is_foldable(conv, norm):
    return isinstance(norm, nn.BatchNorm2d) and conv.padding_mode == "zeros"


def fuse(module):
    """The module, or what replaces it; its children are replaced in place."""
    if isinstance(module, UpBlock):
        return FusedUp(module)
    if isinstance(module, ResidualBlock) and _is_foldable(*module.second):
        return FusedResidual(module)
    if isinstance(module, nn.Sequential) and [type(part) for part in module] == [ConvNorm, nn.LeakyReLU]:
        if _is_foldable(*module[0]):
            return FusedConv(*module[0], ("leaky_relu", (module[1].negative_slope,)))
    if isinstance(module, nn.Conv2d) and module.padding_mode == "zeros":
        return FusedConv(module)
    for name, child in module.named_children():
        setattr(module, name, fuse(child))
    return module


def absorb_unshuffle(encoder):
    """Make one strided convolution of the pixel unshuffle by r and the 3x3 convolution behind it.

    Weights of channel c r^2 + i r + j at (y, x) go to (y r + i, x r + j) of channel c; the side is 3 r, the stride r.
    """
    conv = encoder.stages[0].enter
    if isinstance(encoder.unshuffle, nn.PixelUnshuffle) and isinstance(conv, FusedConv):
        r = encoder.unshuffle.downscale_factor
        weight = conv.weight.unflatten(1, (-1, r, r)).permute(0, 1, 4, 2, 5, 3)
        conv.weight = weight.flatten(4, 5).flatten(2, 3).contiguous(memory_format=torch.channels_last)
        conv.stride = conv.padding = (r, r)
        encoder.unshuffle = nn.Identity()


def fold(network):
    """A copy of a Generator in evaluation mode, channels_last and folded, with the same submodules to call.

    The decoder's blocks overwrite the skips they are given.
    """
    network = fuse(copy.deepcopy(network).eval().requires_grad_(False))
    absorb_unshuffle(network.encoder)
    return network.to(memory_format=torch.channels_last)
