"""Adversarial losses on the outputs of a multi-scale patch discriminator, R1 and feature matching.

A discriminator's output is a list of logit maps (B, 1, h, w), one per scale, positive = a real drawing. Each map counts
by its mean over images and positions, the scales count alike.
"""
import torch
from torch.nn import functional as F


def hinge(sign, logits):
    """max(0, 1 - sign * logit). Source: Lim and Ye (2017), Miyato et al. (2018), eq. 16."""
    return F.relu(1 - sign * logits)


def least_squares(sign, logits):
    """(logit - sign)^2, targets +1 and -1. Source: Mao et al. (2017)."""
    return (logits - sign).square()


def logistic(sign, logits):
    """-log sigmoid(sign * logit). Source: Goodfellow et al. (2014)."""
    return F.softplus(-sign * logits)


# name: (what the discriminator pays per logit for a sign, what the generator pays per logit of its drawings)
FORMS = {
    "hinge": (hinge, lambda logits: -logits),
    "least-squares": (least_squares, lambda logits: least_squares(1, logits)),
    "non-saturating": (logistic, lambda logits: logistic(1, logits)),
}


def known_form(name):
    """`name`, or ValueError if it is not in FORMS."""
    if name not in FORMS:
        raise ValueError(f"unknown adversarial form {name!r}: use one of {', '.join(FORMS)}")
    return name


def average(maps):
    """The mean over scales of the mean over images and positions."""
    return sum(values.mean() for values in maps) / len(maps)


def discriminator_loss(real, fake, form="hinge"):
    """What the discriminator pays for its logit maps of real and of generated drawings: the sum of both averages."""
    price = FORMS[form][0]
    return sum(average([price(sign, logits.float()) for logits in maps]) for sign, maps in ((1, real), (-1, fake)))


def generator_loss(fake, form="hinge"):
    """What the generator pays for the logit maps of its drawings."""
    return average([FORMS[form][1](logits.float()) for logits in fake])


def r1_penalty(real, images):
    """Mean over images of the squared norm of the gradient of each image's decision with respect to its pixels.

    real: logit maps of `images` (B, C, H, W), which require gradients. An image's decision is the mean over scales of
    the mean over positions. Differentiable. Source: Mescheder et al. (2018), eq. 9, without its factor gamma / 2.
    """
    decisions = sum(logits.float().mean((1, 2, 3)) for logits in real) / len(real)
    (gradient,) = torch.autograd.grad(decisions.sum(), images, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def feature_matching(fake, real):
    """Mean absolute difference of the channels' means over images and positions, averaged over layers and scales.

    fake, real: one list of feature maps (B, C, h, w) per scale. The sets are unpaired, so expectations are compared, as
    Salimans et al. (2016), section 3.1, and not positions.
    """
    pairs = [pair for scales in zip(fake, real) for pair in zip(*scales)]
    return sum((a.float().mean((0, 2, 3)) - b.float().mean((0, 2, 3))).abs().mean() for a, b in pairs) / len(pairs)
