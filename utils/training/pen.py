"""The tools' pen within a training: utils.crisp, utils.reserve and utils.tone as operations that gradients pass through.

Specks are left, for where they are is no smooth function of the drawing, and dark masses are not filled (utils.masses).
"""
import functools
import math

import torch
from torch.nn import functional as F

from losses.luminance import luminance
from utils.crisp import FAINT, GAIN, SIGMA, WINDOW
from utils.reserve import BROAD, CROWD, CROWDED, LIGHT, NEIGHBOURHOOD, NOISE, REACH, SOFT
from utils.tone import PIVOT, SLOPE


def gaussian():
    """Weights of the blur along one axis: WINDOW numbers, sum 1."""
    weights = [math.exp(-0.5 * ((place - WINDOW // 2) / SIGMA) ** 2) for place in range(WINDOW)]
    return [weight / sum(weights) for weight in weights]


def shifted(image, axis, reach, mode):
    """Views of an image (B, T, H, W), moved by -reach to reach pixels along an axis, 2 or 3. mode: of F.pad at the borders."""
    length = image.shape[axis]
    wide = F.pad(image, (reach, reach, 0, 0) if axis == 3 else (0, 0, reach, reach), mode)
    return [wide.narrow(axis, start, length) for start in range(2 * reach + 1)]


def blurred(sketch):
    """The Gaussian blur of utils.crisp, mirrored at the borders without repeating the edge pixel: (B, T, H, W).

    By sums of views: a convolution of single channels is five times slower here, its gradient most of all.
    """
    for axis in (2, 3):
        sketch = sum(w * view for w, view in zip(gaussian(), shifted(sketch, axis, WINDOW // 2, "reflect")))
    return sketch


def extreme(which, sketch, side=3):
    """torch.minimum or torch.maximum over the square around each pixel: (B, T, H, W)."""
    for axis in (2, 3):
        sketch = functools.reduce(which, shifted(sketch, axis, side // 2, "replicate"))
    return sketch


def crisp(sketch):
    """What utils.crisp.crisp() makes of a sketch at amount 1, without its rounding.

    sketch: float32 (B, T, H, W), one drawing per channel, in [0, 1], 1 = paper, sides above half a WINDOW. Differentiable; in float32, also under
    autocast.
    """
    with torch.autocast(sketch.device.type, enabled=False):
        sketch = sketch.float()
        sharp = sketch + GAIN * (sketch - blurred(sketch))
        sharp = torch.maximum(sharp, extreme(torch.minimum, sketch))
        sharp = torch.minimum(sharp, extreme(torch.maximum, sketch))
        return (sharp / (1 - FAINT)).clamp(max=1.0)


def toned(sketch):
    """What utils.tone.toned() makes of a sketch at amount 1, without its rounding: any shape, in [0, 1], 1 = paper."""
    power = 1 + SLOPE
    strong, weak = (1 - sketch) ** power, sketch**power * (PIVOT / (1 - PIVOT)) ** SLOPE
    return weak / (strong + weak)


def average(image, side):
    """The mean over the square around each pixel, mirrored at the borders without repeating the edge pixel: (B, C, H, W)."""
    return F.avg_pool2d(F.pad(image, (side // 2,) * 4, "reflect"), side, stride=1)


def ramp(values, low, high):
    """0 up to `low`, 1 from `high` on."""
    return ((values - low) / (high - low)).clamp(0, 1)


def halved(image):
    """What data.filters.halved() makes of images (B, C, H, W)."""
    return F.avg_pool2d(image, 2, ceil_mode=True, count_include_pad=False)


def doubled(half, size):
    """What data.filters.enlarged() makes of images of half the size: (B, C, H, W) of `size`."""
    return F.interpolate(half, scale_factor=2, mode="bilinear")[..., : size[0], : size[1]]


def reserved(sketch, photo):
    """What utils.reserve.reserved() makes of sketches at amount 1, without its rounding.

    sketch: (B, T, H, W) in [0, 1], 1 = paper. photo: RGB (B, 3, H, W) in [0, 1]. Sides above CROWD, which counts pairs of pixels.
    """
    ink, gray, size = 1 - sketch, luminance(photo), sketch.shape[2:]
    broad = torch.minimum(ink, extreme(torch.maximum, extreme(torch.minimum, ink, BROAD), BROAD + REACH))
    extremes = (average(extreme(which, halved(gray), NEIGHBOURHOOD), SOFT) for which in (torch.minimum, torch.maximum))
    dark, light = (doubled(half, size) for half in extremes)
    place = ramp((gray - dark) / (light - dark + NOISE), *LIGHT)
    return sketch + broad * place * doubled(ramp(average(halved(ink), CROWD), *CROWDED), size)


def as_written(sketch, photo):
    """Sketches (B, T, H, W) as the tools write their strokes by default, the pencil drawing too, which they write softer.

    photo: what they were drawn of, (B, 3, H, W).
    """
    with torch.autocast(sketch.device.type, enabled=False):
        return toned(crisp(reserved(sketch.float(), photo.float())))
