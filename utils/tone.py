"""Tone of the ink: what is dark becomes darker and what is faint fainter, as with a pen that is pressed for contours.

A regression network draws a contour that it is not quite sure of in grey, and a little grey where it is nearly sure that
nothing is. The curve moves both apart: the logit of the ink is multiplied, so that half ink stays as it is.
"""
import functools

import cv2
import numpy as np

SLOPE = 0.6  # at amount 1: the logit is multiplied by 1 + SLOPE * amount


def toned(sketch, amount):
    """uint8 (H, W), 255 = paper -> the same with the curve of `amount`, 0 = as it is. Paper and full ink stay."""
    return cv2.LUT(sketch, curve(amount)) if amount else sketch


@functools.lru_cache(maxsize=8)
def curve(amount):
    """The curve as a table: uint8 (256,), for each grey level the new one. It rises."""
    grey = np.arange(256) / 255
    light, dark = (value ** (1 + SLOPE * amount) for value in (grey, 1 - grey))
    return np.uint8(np.rint(255 * light / (light + dark)))
