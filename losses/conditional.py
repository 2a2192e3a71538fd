"""What the conditional discriminator sees: a photo together with all of its drawings.

The guidance of a photo is the real example, what the network drew of it the other one. Where the network is unsure, a
comparison of pixels wants the mean of what is possible, which is grey and soft; this asks for one of the possible lines,
as crisp as the guidance. Source: Isola et al. (2017), "Image-to-image translation with conditional adversarial networks",
eq. 1 and 4. Not in the paper, whose discriminator sees drawings alone, against references.
"""
import torch


def all_drawings(drawing):
    """The drawings in the order of their guidance: a model.Drawing -> (B, T + 1, H, W), the blend last."""
    return torch.cat([drawing.candidates, drawing.sketch], 1)


def pair(photo, drawings):
    """photo (B, 3, H, W) and its drawings (B, N, H, W), in [0, 1], 1 = paper -> (B, 3 + N, H, W) with ink = 1."""
    return torch.cat([photo, 1 - drawings], 1)
