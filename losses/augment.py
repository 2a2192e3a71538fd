"""Differentiable augmentation of what the discriminator sees, real and generated (Zhao et al. 2020, DiffAugment)."""
from dataclasses import dataclass

import torch
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """Random changes that a drawing survives, drawn anew for every image and call from torch's generator.

    A discriminator learns few references by heart; augmenting real and generated drawings alike prevents it and, being
    differentiable, leaves the generator its gradient. The tone changes keep it from judging by the tone of the paper.
    """

    flip: bool = True  # mirror left and right, every other image
    translation: float = 0.125  # largest shift, as a part of each side; paper comes in at the border
    contrast: float = 0.25  # ink is multiplied by 1 - contrast .. 1 + contrast
    brightness: float = 0.1  # the paper darkens by up to this much

    def __call__(self, drawings):
        """(B, 1, H, W), 1 = paper, 0 = ink -> the same shape. Values may leave [0, 1]: clipping would cut gradients."""
        if self.flip:
            mirrored = self.draw(drawings) < 0.5
            drawings = torch.where(mirrored, drawings.flip(-1), drawings)
        if self.translation:
            drawings = self.translate(drawings)
        gain = 1 + self.contrast * (2 * self.draw(drawings) - 1)
        return 1 - gain * (1 - drawings) - self.brightness * self.draw(drawings)

    @staticmethod
    def draw(drawings):
        """One uniform number in [0, 1) per image: (B, 1, 1, 1)."""
        return torch.rand(len(drawings), 1, 1, 1, device=drawings.device, dtype=drawings.dtype)

    def translate(self, drawings):
        """Shift each image by whole pixels."""
        height, width = drawings.shape[-2:]
        reach = [round(self.translation * side) for side in (height, width)]
        padded = F.pad(drawings, (reach[1], reach[1], reach[0], reach[0]), value=1.0)
        tops, lefts = (torch.randint(2 * far + 1, (len(drawings),)).tolist() for far in reach)
        parts = [image[:, y : y + height, x : x + width] for image, y, x in zip(padded, tops, lefts)]
        return torch.stack(parts)
