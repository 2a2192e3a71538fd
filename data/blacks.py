"""Spotted blacks: what is small, and dark against what surrounds it, is filled with ink, as inkers do.

A pupil, a moustache, hair under a hat, a window, a tie: lines around them say less than a patch of black. A black top-hat
finds them with their own borders, and without the halo that unsharp masking leaves around all that is dark. Large dark things
are left to hatching.
"""
import cv2
import numpy as np

from .filters import blur, ramp

FACTOR = 4  # the surroundings are looked at in the photo reduced by it
RADIUS = 6  # pixels of the reduced photo, of the largest disc that counts as a spot
INK = 0.9  # of a spot
DARKER = (0.4, 0.75)  # by how much of the surroundings' grey a spot is darker: no ink up to the first, all of it from the second on
DARK = (0.25, 0.5)  # grey, by white(): all of the ink up to the first, none from the second on
NOISE = 0.08  # added to the surroundings' grey: nothing stands out of deep shadow
SMOOTH = 0.7  # pixels, deviation of the blur in front


def white(gray):
    """The grey of a photo, float32 (H, W) in [0, 1], that counts as white: the 98th percentile of every fourth pixel, not 0."""
    return max(float(np.percentile(gray[::4, ::4], 98)), 1 / 255)


def blacks(gray, lightest):
    """Ink of the blacks that a photo is spotted with, float32 (H, W) in [0, 1].

    gray: float32 (H, W) in [0, 1]. lightest: white() of the whole photo.
    """
    smooth = blur(gray, SMOOTH)
    around = enlarged(surroundings(reduced(smooth)), gray.shape)
    return INK * ramp((around - smooth) / (around + NOISE), *DARKER) * (1 - ramp(smooth / lightest, *DARK))


def surroundings(small):
    """The grey around each pixel of a reduced photo, (h, w): what is dark and holds no disc of RADIUS is left out.

    Beyond the picture all is dark, for what the frame cuts may be large.
    """
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RADIUS + 1,) * 2)
    rim = 2 * RADIUS
    wide = cv2.copyMakeBorder(small, rim, rim, rim, rim, cv2.BORDER_CONSTANT)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, disc)[rim:-rim, rim:-rim]
    return np.minimum(closed, blur(closed, 1))


def reduced(image):
    """An image (H, W) made smaller by FACTOR, its last row and column repeated to fill the last pixels."""
    height, width = image.shape
    even = cv2.copyMakeBorder(image, 0, -height % FACTOR, 0, -width % FACTOR, cv2.BORDER_REPLICATE)
    return cv2.resize(even, (even.shape[1] // FACTOR, even.shape[0] // FACTOR), interpolation=cv2.INTER_AREA)


def enlarged(image, shape):
    """What reduced() made smaller in its size before, `shape` (H, W)."""
    size = image.shape[1] * FACTOR, image.shape[0] * FACTOR
    return cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]
