"""Deep supervision: edges and the foreground, predicted from the features of every scale, against the photo's maps."""
import torch
from torch.nn import functional as F

EMPHASIS = 3.0  # extra weight of an edge: few pixels are one


def deep_supervision_loss(side_logits, edges, foreground=None):
    """{"deep_supervision", "deep_foreground": mean over the scales}: cross-entropies of the side outputs.

    side_logits: {stride: (B, 2, h, w)}, of edges and of the foreground, h = ceil(H / stride) or more, where the network padded
    its input. edges: (B, 1, H, W) in [0, 1], 1 = edge. A cell's label y is the strongest edge in it, and it counts 1 +
    EMPHASIS * y (Xie and Tu 2015, eq. 2, with soft labels). foreground: (B, 2, H, W) in [0, 1], the map and where it is known,
    or None where it is nowhere; a cell's label is the map's mean in it, and it counts as far as it is known.

    Why: the drawings' own terms compare ink after a sigmoid. Where a line is wrongly and surely left out they hardly pull
    at it; here the pull is the error itself, at every depth. Of the foreground they tell by the paler ink behind it alone.
    Not in the paper.
    """
    terms = {"deep_supervision": 0, "deep_foreground": 0}
    for stride, logits in side_logits.items():
        label = F.max_pool2d(edges, stride, ceil_mode=True)
        logits = logits[..., : label.shape[-2], : label.shape[-1]].float()
        terms["deep_supervision"] += F.binary_cross_entropy_with_logits(logits[:, :1], label, weight=1 + EMPHASIS * label)
        if foreground is not None:
            wanted, known = F.avg_pool2d(foreground, stride, ceil_mode=True).split(1, 1)
            costs = F.binary_cross_entropy_with_logits(logits[:, 1:], wanted, weight=known, reduction="sum")
            terms["deep_foreground"] += costs / known.sum().clamp(min=1)
    return {name: term / len(side_logits) for name, term in terms.items() if torch.is_tensor(term)}
