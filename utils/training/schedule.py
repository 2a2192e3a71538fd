"""The learning rate and the averaging weight as functions of the step alone."""
import math


def learning_rate_factor(step, total, warmup, final):
    """Share of the peak learning rate in `step` (0-based) of `total`.

    Rises linearly over `warmup` steps, then falls on half a cosine to `final` in the last step (Loshchilov and Hutter 2017,
    eq. 5, without restarts).
    """
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, total - 1 - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def averaging_decay(updates, decay):
    """Decay of the moving average after `updates` updates: at first shorter, so that the random start is soon forgotten."""
    return min(decay, (1 + updates) / (10 + updates))
