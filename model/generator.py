"""The body that Photo2Sketch and Sketch2Photo share: pad, encode, attend, decode, trim."""
from torch import nn
from torch.nn import functional as F

from .attention import GridAttention
from .decoder import Decoder
from .encoder import Encoder

MIN_SIDE = 16  # pixels


def pad_to_multiple(x, multiple):
    """Reflect at the right and bottom edges up to multiples: (B, C, H, W) -> (B, C, H', W').

    Reflection needs a pad smaller than the side, so small images are reflected several times.
    """
    for dim in (-1, -2):
        target = -(-x.shape[dim] // multiple) * multiple
        while x.shape[dim] < target:
            amount = min(target - x.shape[dim], x.shape[dim] - 1)
            x = F.pad(x, (0, amount, 0, 0) if dim == -1 else (0, 0, 0, amount), mode="reflect")
    return x


class Generator(nn.Module):
    """Encoder, grid attention and decoder of one architecture. Subclasses add the head."""

    FILE_FORMAT = "photo2sketch-1"  # of checkpoint files: another one when weights come to mean something else

    def __init__(self, inputs, arch):
        super().__init__()
        self.inputs = inputs
        self.arch = arch
        self.encoder = Encoder(inputs, arch)
        self.attention = GridAttention(arch.widths[-1], arch.grid, arch.heads)
        self.decoder = Decoder(arch)

    def check(self, x):
        """ValueError unless x is (B, inputs, H, W) with sides of at least MIN_SIDE."""
        if x.ndim != 4 or x.shape[1] != self.inputs:
            raise ValueError(f"expected a batch of {self.inputs}-channel images (B, {self.inputs}, H, W), got {tuple(x.shape)}")
        if min(x.shape[-2:]) < MIN_SIDE:
            raise ValueError(f"the image is {x.shape[-1]} x {x.shape[-2]}: each side needs at least {MIN_SIDE} pixels")

    def encoded(self, x):
        """The encoder's features of a padded input, the bottleneck's after the attention: what the decoder takes."""
        stages = self.encoder(x)
        stages[-1] = self.attention(stages[-1])
        return stages

    def features(self, x):
        """The decoder's features of a padded input, the finest ones."""
        return self.decoder(self.encoded(x))
