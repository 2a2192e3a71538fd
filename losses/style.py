"""Style loss: channel means and standard deviations of VGG features against a reference drawing."""

EPSILON = 1e-5  # added to variances, so that flat channels have a gradient


def moments(features):
    """Means and standard deviations over the positions of each channel: (B, C, H, W) -> two (B, C), in float32."""
    features = features.float()
    return features.mean((2, 3)), (features.var((2, 3), correction=0) + EPSILON).sqrt()


def style_loss(features, references):
    """Mean squared differences of the channels' moments, summed over both moments and over the layers.

    features, references: lists of (B, C, H, W), one entry per layer; heights and widths may differ between the two.
    Source: Huang and Belongie (2017), eq. 13.
    """
    pairs = zip(features, references)
    return sum((a - b).square().mean() for pair in pairs for a, b in zip(*map(moments, pair)))
