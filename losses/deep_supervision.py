"""Deep supervision: edges predicted from the features of every scale against the photo's edge map."""
from torch.nn import functional as F

EMPHASIS = 3.0  # extra weight of an edge: few pixels are one


def deep_supervision_loss(side_logits, edges):
    """Weighted cross-entropy of the side outputs (Xie and Tu 2015, eq. 2, with soft labels), the mean over the scales.

    side_logits: {stride: (B, 1, h, w)}, h = ceil(H / stride) or more, where the network padded its input. edges:
    (B, 1, H, W) in [0, 1], 1 = edge. A cell's label y is the strongest edge in it, and it counts 1 + EMPHASIS * y.

    Why: the drawings' own terms compare ink after a sigmoid. Where a line is wrongly and surely left out they hardly pull
    at it; here the pull is the error itself, at every depth. Not in the paper.
    """
    terms = []
    for stride, logits in side_logits.items():
        label = F.max_pool2d(edges, stride, ceil_mode=True)
        logits = logits[..., : label.shape[-2], : label.shape[-1]].float()
        terms.append(F.binary_cross_entropy_with_logits(logits, label, weight=1 + EMPHASIS * label))
    return sum(terms) / len(terms)
