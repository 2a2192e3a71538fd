"""Foreground: how surely each part of a photo belongs to what the photo is of."""
import numpy as np
import torch
from torch import nn

from .fold import fold
from .generator import Generator
from .pixel_stage import as_input
from .presets import PRESETS

SIDE = 256  # pixels of the square as which a photo is seen: what it is of shows at small size


class Foreground(Generator):
    """(B, 3, SIDE, SIDE) RGB in [0, 1], photos squeezed into a square -> logits (B, 1, h, w), 0 = even odds.

    The body of a Photo2Sketch, whose weights it may begin with, without the finest stage of the decoder: h = w = SIDE / 4
    with the presets "fast" and "light". Sides may be other multiples of the architecture's stride. Not in the paper; as in
    salient object detection (Borji et al. 2015).
    """

    def __init__(self, arch=PRESETS["fast"]):
        super().__init__(3, arch)
        del self.decoder.blocks[-1]
        self.head = nn.Conv2d(arch.widths[1], 1, 1)

    def forward(self, photo):
        self.check(photo)
        return self.head(self.features(photo))

    @torch.inference_mode()
    def find(self, squares):
        """uint8 RGB (B, SIDE, SIDE, 3) -> probabilities, a float32 array (B, h, w)."""
        pixels = torch.from_numpy(np.ascontiguousarray(squares)).to(self.head.weight.device).permute(0, 3, 1, 2)
        return torch.sigmoid(self(as_input(pixels, self.encoder.stages[0]))[:, 0]).cpu().numpy()


def for_finding(network, device):
    """A copy of a Foreground to call find() of: folded, on a torch device, in float32.

    A second look that goes elsewhere by a pixel sees a little else, and parts of a photo get one tone by how much of their rim is
    bounded by the subject: bfloat16 must move neither.
    """
    return fold(network).to(device)
