"""The grey that counts as a photo's light, what its others are relative to, and others by their rank."""
import cv2
import numpy as np

LIGHT = 95  # percentile of the greys that others are relative to
DIMMEST = 16  # that grey from 0 to 255, up to which all of a photo is noise and nothing dark


def lightest(gray):
    """The grey from 0 to 255 that LIGHT percent of a uint8 image are not lighter than."""
    return greys_at(gray, LIGHT)[0]


def greys_at(gray, *percents):
    """Percentiles, above 0, of a uint8 image: from 0 to 255, greys that it has."""
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel().cumsum(dtype=np.float64)  # bincount would copy it in int64
    return [int(np.searchsorted(counts, percent / 100 * counts[-1])) for percent in percents]
