"""Edge loss: candidates and sketch against their guidance."""
import torch

EMPHASIS = (3.0, 2.0, 1.5, 1.0, 1.0)  # extra weight of ink in each candidate, sparse to dense
SKETCH_EMPHASIS = 1.5  # and in the blend
IMPORTANCE = 6.0  # extra weight of what is important: eyes and mouths are few pixels, and the first that one looks at


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


def edge_loss(candidates, sketch, guidance, importance=None, emphasis=EMPHASIS, sketch_emphasis=SKETCH_EMPHASIS):
    """The paper's edge term, for every candidate and for the blend.

    candidates: (B, T, H, W). sketch: (B, 1, H, W). guidance: (B, T + 1, H, W), the blend's target last. Values in [0, 1],
    1 = paper. importance: (B, 1, H, W) in [0, 1], see ink_weighted_l1(), or None. emphasis: one number per candidate.
    Returns {"edge_candidates", "edge_sketch"}: means per pixel of the ink-weighted L1 plus the gradients' L1.
    """
    targets, target = guidance[:, :-1], guidance[:, -1:]
    emphasis = candidates.new_tensor(emphasis)[:, None, None]
    importance = torch.zeros_like(sketch) if importance is None else importance
    return {
        "edge_candidates": ink_weighted_l1(candidates, targets, emphasis, importance) + gradient_l1(candidates, targets, importance),
        "edge_sketch": ink_weighted_l1(sketch, target, sketch_emphasis, importance) + gradient_l1(sketch, target, importance),
    }
