"""Sketch2Photo: a sketch becomes the luminance of its photo."""
from torch import nn
from torch.nn import functional as F

from utils.checkpoint import build_from_checkpoint

from .generator import Generator, pad_to_multiple
from .presets import PRESETS


class Sketch2Photo(Generator):
    """(B, 1, H, W) sketch in [0, 1], 1 = paper, sides of at least 16 -> luminance (B, 1, H, W) in [0, 1]."""

    def __init__(self, arch=PRESETS["fast"]):
        super().__init__(1, arch)
        self.out = nn.Conv2d(arch.widths[0], arch.unshuffle**2, 3, padding=1)

    def forward(self, sketch):
        self.check(sketch)
        height, width = sketch.shape[-2:]
        luminance = self.out(self.features(pad_to_multiple(sketch, self.arch.stride))).sigmoid()
        if self.arch.unshuffle > 1:
            luminance = F.pixel_shuffle(luminance, self.arch.unshuffle)
        return luminance[..., :height, :width]

    @classmethod
    def from_checkpoint(cls, path, device="cpu"):
        """The network of a checkpoint file, in evaluation mode. CheckpointError says what is wrong with a bad one."""
        return build_from_checkpoint(cls, path, device)
