"""Foreground: how far the map of a network is from the wanted one."""
import torch
from torch.nn import functional as F


def foreground_loss(logits, foreground):
    """Cross-entropy, plus half of 1 - the soft intersection over union: the mean over the photos.

    logits: (B, 1, h, w). foreground: (B, 1, h n, w n) in [0, 1], 1 = foreground; a cell's label is the mean in it. Source of the
    sum: Qin et al. 2019, "BASNet", without its structural similarity. The union gets 1 cell more, for photos without a foreground.
    """
    wanted = F.avg_pool2d(foreground, foreground.shape[-1] // logits.shape[-1])
    found = torch.sigmoid(logits)
    both = (found * wanted).sum((1, 2, 3))
    either = (found + wanted).sum((1, 2, 3)) - both
    return F.binary_cross_entropy_with_logits(logits, wanted) + 0.5 * (1 - (both + 1) / (either + 1)).mean()
