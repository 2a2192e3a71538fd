"""Spotted blacks in a drawing: data.blacks, where the drawing has strokes nearby.

What a network draws in the middle of a small dark thing is as pale as it is unsure, and by nothing else does a drawing look
as flat. The photo is sure. Far from all strokes nothing is spotted: there the network left out a sky or a blurred background.
"""
import functools

import cv2
import numpy as np

from data.blacks import blacks, enlarged, reduced, white
from data.filters import ramp
from data.shading import CONTRAST
from utils.bands import in_bands
from utils.strokes import DIAGONAL, PERIOD, tiled

NEAR = 7  # pixels of the reduced drawing, side of the square over which ink is averaged
STROKES = (0.03, 0.1)  # that mean: nothing is spotted up to the first, all from the second on
BAND = 4 * PERIOD  # rows at once, which bounds the memory,
MARGIN = PERIOD  # and beyond them, at least data.blacks.REACH: the stroke field begins anew with each band


def spotted(sketch, photo, amount):
    """The sketch with the photo's blacks spotted. Nothing gets lighter.

    sketch: uint8 (H, W), 255 = paper. photo: uint8 RGB (H, W, 3), at the sketch's size. amount: factor of their ink, 0 to 1;
    more counts as 1.
    """
    if amount == 0:
        return sketch
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    lightest = white(gray)
    return in_bands(lambda *bands: spot_band(*bands, lightest, min(amount, 1)), BAND, MARGIN, sketch, gray)


def spot_band(sketch, gray, lightest, amount):
    """spotted() of some rows, from a multiple of PERIOD on."""
    around = cv2.GaussianBlur(cv2.boxFilter(reduced(255 - sketch), cv2.CV_32F, (NEAR, NEAR)), (5, 5), 1)
    near = enlarged(amount * ramp(around / 255, *STROKES), sketch.shape)
    black = cv2.multiply(blacks(gray, lightest), near, dtype=cv2.CV_8U)
    if not black.any():
        return sketch
    ink, contrast = (cv2.LUT(black, table) for table in hatch())
    contrast *= tiled(DIAGONAL, *sketch.shape)
    return cv2.min(sketch, ~cv2.add(ink, contrast, dtype=cv2.CV_8U))


@functools.cache
def hatch():
    """Two tables, float32 (256,): mean ink of strokes by how black it is, in [0, 255], and their contrast: full ink has none."""
    ink = np.arange(256, dtype=np.float32)
    return ink, CONTRAST * ink * np.minimum(2 * (1 - ink / 255), 1)
