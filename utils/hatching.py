"""Hatching of the tools' own: strokes of one direction from the field that the network's shading is made with."""
import functools

import cv2
import numpy as np

from data.shading import CONTRAST
from utils.greys import depth
from utils.strokes import ANGLES, PERIOD, stroke_field

DIRECTION = ANGLES.index(3 * np.pi / 4)  # of the strokes: the network's own where a form has no direction


ROWS = 4  # periods, one below the other, that are kept: as many as are drawn at once


def strokes(height, width):
    """Strokes of DIRECTION over height x width pixels, float32, whose mean over whole periods is 1. Between strokes they go below 0."""
    down, right = (-(-side // PERIOD) for side in (height, width))
    return periods(max(down, ROWS), right)[:height, :width]


@functools.lru_cache(maxsize=4)
def periods(down, right):
    """As many periods of strokes(), one for all heights: a photo asks for half a dozen."""
    return np.tile(1 + CONTRAST * stroke_field()[DIRECTION], (down, right))


def hatched(sketch, tone):
    """Some rows of a sketch, from a multiple of PERIOD on, with strokes over them: (h, w), uint8 or utils.greys.

    tone: mean ink of the strokes, float32 (h, w) in [0, 1]; from 0.5 on what is drawn is less.
    """
    ink = cv2.multiply(tone, strokes(*tone.shape))
    return cv2.multiply(sketch, 1 - np.clip(ink, 0, 1, out=ink), dtype=depth(sketch))
