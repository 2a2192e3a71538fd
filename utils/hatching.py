"""Hatching of the tools' own: strokes of one direction from the field that the network's shading is made with."""
import functools

import numpy as np

from data.shading import CONTRAST
from utils.strokes import ANGLES, PERIOD, stroke_field

DIRECTION = ANGLES.index(3 * np.pi / 4)  # of the strokes: the network's own where a form has no direction


@functools.lru_cache(maxsize=4)
def strokes(height, width):
    """Strokes of DIRECTION over height x width pixels, float32, whose mean over whole periods is 1. Between strokes they go below 0."""
    field = 1 + CONTRAST * stroke_field()[DIRECTION]
    return np.tile(field, (-(-height // PERIOD), -(-width // PERIOD)))[:height, :width]
