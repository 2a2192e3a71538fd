"""Spotted blacks: what is small, and dark against what surrounds it, is filled with ink, as inkers do.

A pupil, a moustache, hair under a hat, a window, a tie: lines around them say less than a patch of black. A black top-hat
finds them, at several sizes, with their own borders and without the halo that unsharp masking leaves around all that is dark.
Large dark things are left to hatching.
"""
import functools

import cv2
import numpy as np

from .filters import ramp

SIZES = (  # (pixels along a side of the reduced photo that make one, radius there of the largest spot, ink of such spots):
    (2, 3, 1.0),
    (4, 3, 0.9),
    (4, 6, 0.8),  # the larger, the paler
)
COARSEST = 4  # the largest of these reductions; bands that start at multiples of it give the same as the whole
REACH = COARSEST * 5 * 6  # pixels from which on the photo has no say
DARKER = (0.4, 0.75)  # by how much of the surroundings' grey a spot is darker: no ink up to the first, all of it from the second on
DARK = (0.25, 0.5)  # grey, by white(): all of the ink up to the first, none from the second on
NOISE = 20  # grey levels added to the surroundings: nothing stands out of deep shadow
SMOOTH = 0.7  # pixels, deviation of the blur in front


def white(gray):
    """The grey of a photo, uint8 (H, W), that counts as white: the 98th percentile of every fourth pixel, at least 1."""
    return max(float(np.percentile(gray[::4, ::4], 98)), 1.0)


def blacks(gray, lightest):
    """How black a photo is spotted: uint8 (H, W), 255 = full ink.

    gray: uint8 (H, W). lightest: white() of the whole photo.
    """
    smooth = cv2.GaussianBlur(gray, (5, 5), SMOOTH)
    found = functools.reduce(cv2.max, (spots(smooth, *size) for size in SIZES))
    dark = 1 - ramp(np.arange(256) / np.float32(lightest), *DARK)
    return cv2.multiply(found, cv2.LUT(smooth, to_bytes(dark)), scale=1 / 255)


def spots(gray, factor, radius, ink):
    """Ink of what is darker than its surroundings and fits into a disc: uint8 (H, W). factor, radius, ink: see SIZES."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    rim = 2 * radius
    small = cv2.copyMakeBorder(reduced(gray, factor), rim, rim, rim, rim, cv2.BORDER_CONSTANT)  # what is dark goes on beyond the picture
    around = cv2.morphologyEx(small, cv2.MORPH_CLOSE, disc)[rim:-rim, rim:-rim]
    around = enlarged(cv2.min(around, cv2.GaussianBlur(around, (5, 5), 1)), factor, gray.shape)
    darker = cv2.divide(cv2.subtract(around, gray), cv2.LUT(around, raised()), scale=255)
    return cv2.LUT(darker, to_bytes(ink * ramp(np.arange(256) / np.float32(255), *DARKER)))


@functools.cache
def raised():
    """A table that adds NOISE: uint8 (256,)."""
    return np.minimum(np.arange(256) + NOISE, 255).astype(np.uint8)


def reduced(image, factor):
    """An image (H, W) made smaller by a whole factor, its last row and column repeated to fill the last pixels."""
    height, width = image.shape
    even = cv2.copyMakeBorder(image, 0, -height % factor, 0, -width % factor, cv2.BORDER_REPLICATE)
    return cv2.resize(even, (even.shape[1] // factor, even.shape[0] // factor), interpolation=cv2.INTER_AREA)


def enlarged(image, factor, shape):
    """What reduced() made smaller in its size before, `shape` (H, W)."""
    size = image.shape[1] * factor, image.shape[0] * factor
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]


def to_bytes(values):
    """[0, 1] -> uint8."""
    return np.uint8(np.rint(255 * values))
