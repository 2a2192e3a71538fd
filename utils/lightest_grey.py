"""The grey that counts as a photo's light, what its others are relative to, and others by their rank."""
import cv2
import numpy as np

LIGHT = 95  # percentile of the greys that others are relative to
DIMMEST = 16  # that grey from 0 to 255, up to which all of a photo is noise and nothing dark


def up_to(gray):
    """How many pixels of a uint8 image are not lighter than each grey: float64 (256,)."""
    return cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel().cumsum(dtype=np.float64)  # bincount would copy it in int64


def grey_at(counts, percent):
    """A percentile, above 0, of an image: from 0 to 255, a grey that it has. counts: of its greys, see up_to()."""
    return int(np.searchsorted(counts, percent / 100 * counts[-1]))
