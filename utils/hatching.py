"""Hatching of the tools' own: strokes of one direction from the field that the network's shading is made with."""
import functools

import cv2
import numpy as np

from data.shading import CONTRAST
from utils.greys import depth, paper
from utils.strokes import ANGLES, PERIOD, stroke_field

DIRECTION = ANGLES.index(3 * np.pi / 4)  # of the strokes: the network's own where a form has no direction
DOWN = 4  # periods, one below the other, of a field that is kept: as many as are drawn at once, or more
RIGHT = 16  # periods side by side: wider fields, which take more memory, are made anew


def strokes(height, width):
    """Strokes of DIRECTION over height x width pixels, float32, whose mean over whole periods is 1. Between strokes they go below 0. Read-only."""
    down, right = (-(-side // PERIOD) for side in (height, width))
    return (field(down, right) if right > RIGHT else kept(max(down, DOWN), right))[:height, :width]


def field(down, right):
    """So many periods of strokes()."""
    periods = np.tile(1 + CONTRAST * stroke_field()[DIRECTION], (down, right))
    periods.flags.writeable = False
    return periods


kept = functools.lru_cache(maxsize=4)(field)  # one for all heights up to DOWN


def hatched(sketch, tone):
    """Some rows of a sketch, from a multiple of PERIOD on, with strokes over them: (h, w), uint8 or utils.greys.

    tone: mean ink of the strokes, float32 (h, w) in [0, 1]; from 0.5 on what is drawn is less.
    """
    full = paper(sketch)
    ink = cv2.multiply(tone, strokes(*tone.shape), scale=full, dtype=depth(sketch))  # below 0 there is none, and above paper all goes
    return cv2.subtract(sketch, cv2.multiply(sketch, ink, scale=1 / full))
