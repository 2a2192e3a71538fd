"""Content loss: VGG features of a drawing or a reconstruction against those of the photo's luminance."""
from .style import moments


def standardize(features):
    """Each channel of each image shifted and scaled to mean 0 and standard deviation 1 over its positions."""
    mean, deviation = (moment[..., None, None] for moment in moments(features))
    return (features.float() - mean) / deviation


def content_loss(features, targets):
    """Mean squared difference of the standardised features, averaged over the layers.

    features, targets: lists of (B, C, H, W) of equal shapes. The channels' means and deviations are style (paper white,
    thin lines) and belong to the style loss; standardising them away leaves where each feature is. Of a channel that is
    alive in both, the term is 2 - 2 r with r the correlation over positions, so it lies in [0, 4] at any contrast.
    """
    return sum((standardize(a) - standardize(b)).square().mean() for a, b in zip(features, targets)) / len(targets)
