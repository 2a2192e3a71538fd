"""Drawings as vector paths, traced by vtracer (an optional dependency: pip install vtracer).

A tracer knows black and white alone. The drawing is therefore cut at some levels of ink and each cut traced; laid over
one another with fitting opacities, the layers give the greys back.
"""
import re

import cv2
import numpy as np

LEVELS = (0.15, 0.4, 0.7)  # ink at which the drawing is cut
TRACED = 2048  # pixels: a shorter long side is doubled for the tracer, whose curves follow whole pixels
TRACER = {"colormode": "binary", "mode": "spline", "filter_speckle": 4, "length_threshold": 4.0, "path_precision": 1}
PATH = re.compile(r'<path d="([^"]*)"[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)"')


class TracerError(Exception):
    """The tracer is not installed. The message says how to install it."""


def check_tracer():
    """The vtracer module. TracerError, with the install line, if there is none."""
    try:
        import vtracer
    except ImportError:
        raise TracerError("vector paths need one more package: pip install vtracer") from None
    return vtracer


def to_svg(sketch, size=None):
    """A drawing, uint8 (h, w), 255 = paper, as vector paths in black on nothing: the bytes of an SVG file.

    size: (H, W) of the photo, which becomes the size of the picture, by default (h, w). TracerError without vtracer.
    """
    height, width = size or sketch.shape
    factor = 2 if max(sketch.shape) < TRACED else 1
    if factor > 1:
        sketch = cv2.resize(sketch, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
        f'<g transform="scale({width / sketch.shape[1]:.6g} {height / sketch.shape[0]:.6g})">',
    ]
    for level, opacity in zip(LEVELS, opacities()):
        lines.append(f'<g fill-opacity="{opacity:.3f}">')
        lines += [f'<path transform="translate({x} {y})" d="{d}"/>' for d, x, y in trace(sketch <= 255 * (1 - level))]
        lines.append("</g>")
    lines.append("</g>\n</svg>\n")
    return "\n".join(lines).encode()


def opacities():
    """Opacities with which the layers, over one another, show the middle of each band of levels, the last one black."""
    shades = [*((low + high) / 2 for low, high in zip(LEVELS, LEVELS[1:])), 1]
    return [1 - (1 - high) / (1 - low) for low, high in zip((0, *shades), shades)]


def trace(ink):
    """Paths around a mask (H, W): a list of (d, x, y), path data and the shift to its place."""
    if not ink.any():
        return []
    png = cv2.imencode(".png", np.where(ink, 0, 255).astype(np.uint8))[1].tobytes()
    return PATH.findall(check_tracer().convert_raw_image_to_svg(png, img_format="png", **TRACER))
