"""Tone of the ink: what is dark becomes darker and what is faint fainter, as with a pen that is pressed for contours.

A regression network draws a contour that it is not quite sure of in grey, and a little grey where it is nearly sure that
nothing is. The curve moves both apart: the logit of the ink, from that of PIVOT, is multiplied.
"""
import functools

import numpy as np

from utils.bands import in_bands
from utils.greys import in_bytes, paper

SLOPE = 0.6  # of amount 1: the logit is multiplied by 1 + SLOPE * amount
PIVOT = 0.35  # ink that stays as it is
BAND = 512  # rows at once, which bounds the memory: places in a table take 8 bytes each


def toned(sketch, amount):
    """A sketch (H, W), uint8 or utils.greys -> uint8 with the curve of `amount`, 0 = as it is. Paper and full ink stay."""
    if not amount:
        return in_bytes(sketch)
    table = curve(amount, paper(sketch))
    return in_bands(lambda band: np.take(table, band), BAND, 0, sketch, dtype=np.uint8)


@functools.lru_cache(maxsize=8)
def curve(amount, full):
    """The curve as a table: for each grey from 0 to `full`, which is paper, the new one in uint8. It rises."""
    ink = 1 - np.arange(1, full) / full
    odds = (ink / (1 - ink) / (PIVOT / (1 - PIVOT))) ** (1 + SLOPE * amount) * PIVOT / (1 - PIVOT)
    inner = np.rint(255 / (1 + odds))
    return np.uint8([0, *inner, 255])
