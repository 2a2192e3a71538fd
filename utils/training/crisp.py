"""Crisp strokes within a training: the filter of utils.crisp as an operation that gradients pass through."""
import torch
from torch.nn import functional as F

from utils.crisp import FAINT, GAIN, SIGMA, WINDOW


def gaussian(device):
    """Weights of the blur along one axis, float32 (WINDOW,), sum 1."""
    places = torch.arange(WINDOW, device=device, dtype=torch.float32) - WINDOW // 2
    weights = torch.exp(-0.5 * (places / SIGMA) ** 2)
    return weights / weights.sum()


def blurred(sketch):
    """The Gaussian blur of utils.crisp, mirrored at the borders without repeating the edge pixel: (B, 1, H, W)."""
    margin, weights = WINDOW // 2, gaussian(sketch.device)
    wide = F.pad(sketch, (margin,) * 4, mode="reflect")
    return F.conv2d(F.conv2d(wide, weights.view(1, 1, 1, -1)), weights.view(1, 1, -1, 1))


def crisp(sketch):
    """What utils.crisp.crisp() makes of a sketch at amount 1, without its rounding.

    sketch: float32 (B, 1, H, W) in [0, 1], 1 = paper, sides above half a WINDOW. Differentiable; in float32, also under
    autocast.
    """
    with torch.autocast(sketch.device.type, enabled=False):
        sketch = sketch.float()
        sharp = sketch + GAIN * (sketch - blurred(sketch))
        darkest, lightest = -F.max_pool2d(-sketch, 3, 1, 1), F.max_pool2d(sketch, 3, 1, 1)
        sharp = torch.minimum(torch.maximum(sharp, darkest), lightest)
        return (sharp / (1 - FAINT)).clamp(max=1.0)
