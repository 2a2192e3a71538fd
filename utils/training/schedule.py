"""The learning rate, the averaging weight and the losses' weights as functions of the step alone."""
import dataclasses
import math

CYCLE = ("luminance", "cycle")  # the terms of losses.weights.Weights that each of the lazily run networks serves
VGG = ("style", "content_sketch")
VGG_TERMS = (*VGG, "content_reconstruction")
ADVERSARIAL = ("adversarial", "feature_matching", "conditional")


def learning_rate_factor(step, total, warmup, final):
    """Share of the peak learning rate in `step` (0-based) of `total`.

    Rises linearly over `warmup` steps, at most half of all, then falls on half a cosine to `final` in the last step (Loshchilov
    and Hutter 2017, eq. 5, without restarts).
    """
    warmup = min(warmup, total // 2)
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, total - 1 - warmup))
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * progress))


def averaging_decay(updates, decay):
    """Decay of the moving average after `updates` updates: at first shorter, so that the random start is soon forgotten."""
    return min(decay, (1 + updates) / (10 + updates))


def weights_of_step(weights, step, cycle_every, vgg_every, adversarial_every):
    """The losses' weights in one step: 0 for terms that rest, N-fold for terms that come every N-th step.

    This saves their cost at the same mean gradient (lazy regularisation, Karras et al. 2020).
    """
    periods = {
        **dict.fromkeys(CYCLE, cycle_every),
        **dict.fromkeys(VGG, vgg_every),
        **dict.fromkeys(ADVERSARIAL, adversarial_every),
        "content_reconstruction": math.lcm(cycle_every, vgg_every),
    }
    changed = {name: 0.0 if step % n else n * getattr(weights, name) for name, n in periods.items()}
    return dataclasses.replace(weights, **changed)
