"""Edge loss: candidates and sketch against their guidance."""


EMPHASIS = (3.0, 2.0, 1.5, 1.0, 1.0)  # extra weight of ink in each candidate, sparse to dense
SKETCH_EMPHASIS = 1.5  # and in the blend


def ink_weighted_l1(drawing, target, emphasis):
    """Mean absolute difference in which a pixel counts 1 + emphasis * (its target's ink). Tensors in [0, 1], 1 = paper.

    emphasis: a number, or a tensor that broadcasts against the drawings. Lines cover a few percent of a sparse drawing:
    without the emphasis, blank paper is a good answer and weak lines fade; with too much, all lines grow fat.
    """
    return ((drawing - target).abs() * (1 + emphasis * (1 - target))).mean()


def gradient_l1(drawing, target):
    """Mean absolute difference of the finite differences along x and y: asks for crisp lines in the right place."""
    difference = drawing - target
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs().mean()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    return across + down


def edge_loss(candidates, sketch, guidance, emphasis=EMPHASIS, sketch_emphasis=SKETCH_EMPHASIS):
    """The paper's edge term, for every candidate and for the blend.

    candidates: (B, T, H, W). sketch: (B, 1, H, W). guidance: (B, T + 1, H, W), the blend's target last. Values in [0, 1],
    1 = paper. emphasis: one number per candidate. Returns {"edge_candidates", "edge_sketch"}: means per pixel of the
    ink-weighted L1 plus the gradients' L1.
    """
    targets, target = guidance[:, :-1], guidance[:, -1:]
    weights = candidates.new_tensor(emphasis)[:, None, None]
    return {
        "edge_candidates": ink_weighted_l1(candidates, targets, weights) + gradient_l1(candidates, targets),
        "edge_sketch": ink_weighted_l1(sketch, target, sketch_emphasis) + gradient_l1(sketch, target),
    }
