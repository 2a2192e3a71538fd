"""Edge loss: candidates and sketch against their guidance."""
import torch
from torch.nn import functional as F

EMPHASIS = (3.0, 2.0, 1.5, 1.0, 1.0)  # extra weight of ink in each candidate, sparse to dense
SKETCH_EMPHASIS = 1.5  # and in the blend
IMPORTANCE = 6.0  # extra weight of what is important: eyes and mouths are few pixels, and the first that one looks at
PRESENCE = (2.0, 1.0, 0.0, 0.0, 0.0)  # weight of presence_l1() in each candidate: what lines there are, not their exact place
NEAR = 8  # pixels; the side of the windows in which presence_l1() compares ink


def ink_weighted_l1(drawing, target, emphasis, importance):
    """Mean absolute difference in which a pixel counts 1 + emphasis * (its target's ink), and more where it is important.

    Tensors in [0, 1], 1 = paper. emphasis: a number, or a tensor that broadcasts against the drawings. Lines cover a few
    percent of a sparse drawing: without the emphasis, blank paper is a good answer and weak lines fade; with too much, all
    lines grow fat. importance: (B, 1, H, W) in [0, 1]; at 1 a pixel counts 1 + IMPORTANCE, ink or not: where paper counted
    less, eyes would become blots.
    """
    weight = 1 + (1 - importance) * emphasis * (1 - target) + IMPORTANCE * importance
    return ((drawing - target).abs() * weight).mean()


def gradient_l1(drawing, target, importance):
    """Mean absolute difference of the finite differences along x and y: asks for crisp lines in the right place.

    importance: as in ink_weighted_l1(); a difference counts as its right or lower pixel does.
    """
    weight = 1 + IMPORTANCE * importance
    difference = drawing - target
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs() * weight[..., :, 1:]
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs() * weight[..., 1:, :]
    return across.mean() + down.mean()


def presence_l1(drawing, target):
    """Mean absolute difference of the ink in overlapping windows of NEAR pixels, per drawing: (B, T, H, W) twice -> (T,).

    A line whose place is uncertain by a pixel or two is best left out by a comparison of pixels, for a misplaced one costs
    twice; here it costs little, and a missing one much. A window counts 1 + 4 * (its target's ink). In textures, where the
    place of the marks is uncertain altogether, this asks for crumbs: for sparse drawings only. Not in the paper.
    """
    drawn, wanted = (F.avg_pool2d(1 - image, NEAR, NEAR // 2) for image in (drawing, target))
    return ((drawn - wanted).abs() * (1 + 4 * wanted)).mean((0, 2, 3))


def edge_loss(candidates, sketch, guidance, importance=None, emphasis=EMPHASIS, sketch_emphasis=SKETCH_EMPHASIS, presence=PRESENCE):
    """The paper's edge term, for every candidate and for the blend, and one more of ours for the sparse candidates.

    candidates: (B, T, H, W). sketch: (B, 1, H, W). guidance: (B, T + 1, H, W), the blend's target last. Values in [0, 1],
    1 = paper. importance: (B, 1, H, W) in [0, 1], see ink_weighted_l1(), or None. emphasis, presence: one number per candidate.
    Returns {"edge_candidates", "edge_sketch"}: means per pixel of the ink-weighted L1 plus the gradients' L1, and
    {"edge_presence"}: presence_l1() of the candidates times `presence`, the mean over them.
    """
    targets, target = guidance[:, :-1], guidance[:, -1:]
    emphasis = candidates.new_tensor(emphasis)[:, None, None]
    importance = torch.zeros_like(sketch) if importance is None else importance
    return {
        "edge_candidates": ink_weighted_l1(candidates, targets, emphasis, importance)
        + gradient_l1(candidates, targets, importance),
        "edge_sketch": ink_weighted_l1(sketch, target, sketch_emphasis, importance) + gradient_l1(sketch, target, importance),
        "edge_presence": (candidates.new_tensor(presence) * presence_l1(candidates, targets)).mean(),
    }
