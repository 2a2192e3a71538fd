"""Luminance loss: the reconstruction against the photo's luminance."""


def luminance(rgb):
    """Rec. ITU-R BT.601 luma of RGB: (B, 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1]."""
    red, green, blue = rgb.split(1, 1)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def luminance_loss(reconstruction, target):
    """Mean absolute difference of two luminances (B, 1, H, W) in [0, 1] (the paper's L1 luminance term)."""
    return (reconstruction - target).abs().mean()
