"""Cycle loss: L1 between the Laplacian pyramids of the reconstructed and the real luminance."""
import torch
from torch.nn import functional as F

BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # Burt and Adelson (1983) with a = 3/8: the binomial coefficients
LEVELS = 5  # band-pass levels at most, below them the low-pass rest


def smooth(x, gain=1.0):
    """5 x 5 binomial blur, mirrored at the borders without repeating the edge pixel: (B, C, H, W), sides above 2."""
    kernel = torch.tensor(BINOMIAL, device=x.device, dtype=x.dtype)
    planes = F.pad(x, (2, 2, 2, 2), mode="reflect").flatten(0, 1)[:, None]
    planes = F.conv2d(F.conv2d(planes, gain * kernel.view(1, 1, 1, 5)), gain * kernel.view(1, 1, 5, 1))
    return planes[:, 0].unflatten(0, x.shape[:2])


def reduce(x):
    """Half the resolution: blur, then every second pixel. (B, C, H, W) -> (B, C, ceil(H / 2), ceil(W / 2))."""
    return smooth(x)[..., ::2, ::2]


def expand(x, size):
    """Twice the resolution, to `size` (H, W): zeros between the pixels, then the blur with twice the gain per axis."""
    spread = x.new_zeros(*x.shape[:2], *size)
    spread[..., ::2, ::2] = x
    return smooth(spread, 2.0)


def laplacian_pyramid(x, levels=LEVELS):
    """Band-pass images from fine to coarse and the low-pass rest, last (Burt and Adelson 1983).

    x: (B, C, H, W). Fewer levels where a side would fall below 2 pixels.
    """
    bands = []
    while len(bands) < levels and min(x.shape[-2:]) > 2:
        coarse = reduce(x)
        bands.append(x - expand(coarse, x.shape[-2:]))
        x = coarse
    return [*bands, x]


def cycle_loss(reconstruction, target, levels=LEVELS):
    """Sum over the pyramid's levels of the mean absolute difference, for luminances (B, 1, H, W) in [0, 1].

    A mean per level weights level j by 4^j against a sum over its pixels, as the Lap1 loss of Bojanowski et al. (2018).
    The pyramid is linear, so it is built once, of the difference; in float32, also under autocast.
    """
    with torch.autocast(target.device.type, enabled=False):
        difference = reconstruction.float() - target.float()
        return sum(band.abs().mean() for band in laplacian_pyramid(difference, levels))
