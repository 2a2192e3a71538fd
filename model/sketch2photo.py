"""Sketch2Photo: a sketch becomes the luminance of its photo."""
from torch import nn
from torch.nn import functional as F

from .generator import Generator, pad_to_multiple
from .presets import PRESETS


class Sketch2Photo(Generator):
    """(B, 1, H, W) sketch in [0, 1], 1 = paper, sides of at least 16 -> luminance (B, 1, H, W) in [0, 1].

    The body sees ink, 1 - sketch: 0 on the paper that most of a drawing is. With 1 there, the first convolution's means dwarf
    its standard deviations, and its gradient by running statistics was 700 times as large as with 0.
    """

    FILE_FORMAT = "sketch2photo-2"  # the weights of "photo2sketch-1" were for paper

    def __init__(self, arch=PRESETS["fast"]):
        super().__init__(1, arch)
        self.out = nn.Conv2d(arch.head_width, arch.unshuffle**2, 3, padding=1)

    def luminance(self, features):
        """The decoder's features of padded ink -> luminance in [0, 1], still padded."""
        luminance = self.out(features).sigmoid()
        return F.pixel_shuffle(luminance, self.arch.unshuffle) if self.arch.unshuffle > 1 else luminance

    def forward(self, sketch):
        self.check(sketch)
        height, width = sketch.shape[-2:]
        return self.luminance(self.features(pad_to_multiple(1 - sketch, self.arch.stride)))[..., :height, :width]
