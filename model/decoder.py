"""Decoder: residual blocks while the resolution rises."""
from torch import nn
from torch.nn import functional as F

from .blocks import SLOPE, ConvNorm, ResidualBlock


class UpBlock(nn.Module):
    """Doubles the resolution.

    With a skip the features are first narrowed at the low resolution by a 1x1 convolution, so that up-sampling and
    addition move few channels; without one the first residual block narrows them. `width` is that of the skip.
    """

    def __init__(self, inputs, width, outputs, blocks, norm, padding, skip):
        super().__init__()
        self.narrow = nn.Conv2d(inputs, width, 1) if skip else nn.Identity()
        widths = (width if skip else inputs, *[outputs] * blocks)
        if blocks:
            self.blocks = nn.Sequential(*(ResidualBlock(a, b, norm, padding) for a, b in zip(widths, widths[1:])))
        else:
            self.blocks = nn.Sequential(ConvNorm(widths[0], outputs, norm), nn.LeakyReLU(SLOPE))

    def forward(self, x, skip=None):
        x = F.interpolate(self.narrow(x), scale_factor=2, mode="bilinear", align_corners=False)
        return self.blocks(x if skip is None else x + skip)


class Decoder(nn.Module):
    """Features of the encoder's stages -> (B, head_width, H / unshuffle, W / unshuffle)."""

    def __init__(self, arch):
        super().__init__()
        self.skips = arch.skips
        outputs = (arch.head_width, *arch.widths[1:])
        self.blocks = nn.ModuleList(
            UpBlock(outputs[i + 1], arch.widths[i], outputs[i], arch.decoder_blocks[i], arch.norm, arch.padding, arch.skips)
            for i in reversed(range(len(arch.widths) - 1))
        )

    def stages(self, features):
        """The features on the way up, one stage after the other: the bottleneck's as they come in, the finest ones last."""
        x = features[-1]
        yield x
        for block, skip in zip(self.blocks, reversed(features[:-1])):
            x = block(x, skip if self.skips else None)
            yield x

    def forward(self, features):
        for x in self.stages(features):
            pass
        return x
