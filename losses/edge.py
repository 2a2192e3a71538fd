"""Edge loss: candidates and sketch against their guidance."""


def ink_weighted_l1(drawing, target, emphasis):
    """Mean absolute difference in which a pixel counts 1 + emphasis * (its target's ink). Tensors in [0, 1], 1 = paper.

    Lines cover a few percent of a drawing: without the emphasis, blank paper is a good answer.
    """
    return ((drawing - target).abs() * (1 + emphasis * (1 - target))).mean()


def gradient_l1(drawing, target):
    """Mean absolute difference of the finite differences along x and y: asks for crisp lines in the right place."""
    difference = drawing - target
    across = (difference[..., :, 1:] - difference[..., :, :-1]).abs().mean()
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs().mean()
    return across + down


def edge_loss(candidates, sketch, guidance, emphasis=1.0):
    """The paper's edge term, for every candidate and for the blend.

    candidates: (B, T, H, W). sketch: (B, 1, H, W). guidance: (B, T + 1, H, W), the blend's target last. Values in
    [0, 1], 1 = paper. Returns {"edge_candidates", "edge_sketch"}: means per pixel of the ink-weighted L1 plus the
    gradients' L1.
    """
    pairs = {"edge_candidates": (candidates, guidance[:, :-1]), "edge_sketch": (sketch, guidance[:, -1:])}
    return {name: ink_weighted_l1(*pair, emphasis) + gradient_l1(*pair) for name, pair in pairs.items()}
