"""Reserved lights: within broad dark ink, what is light in the photo stays paper.

A network that is taught with lines fills what is small and dark (an eye, a moustache, a tram's windows) with one blot, and
draws crowded lines so broad that they touch. The photo knows better. Where ink is broader than a line, it is kept where the
photo is dark for its neighbourhood, and taken away where it is light: the white of an eye, a highlight, the far side of an edge.
"""
import cv2
import numpy as np

from data.filters import enlarged, halved
from utils.bands import in_bands
from utils.greys import depth, paper

BROAD = 5  # pixels of the working size: ink that a square of this side fits into is broader than a line
REACH = 4  # pixels by which such ink is taken as wider, half on either side, so that its rim is cut with it
CROWDED = (0.15, 0.35)  # mean of the ink around: up to the first nothing is taken away, so that a bold line that stands alone stays bold
NOISE = 0.08  # of the scale of greys, added to their range: differences below it tell nothing
LIGHT = (0.3, 0.6)  # place in that range: ink is kept up to the first, and gone from the second on
# What changes slowly is found at half the size. In pairs of pixels:
CROWD = 13  # side of the square over which that mean is taken
NEIGHBOURHOOD = 9  # side of the square in which the photo's darkest and lightest grey are looked for
SOFT = 5  # side of the square over which both are averaged
# In rows, even numbers:
BAND = 512  # at once, which bounds the memory
MARGIN = 2 * max(NEIGHBOURHOOD // 2 + SOFT // 2, CROWD // 2) + 4  # beyond a band, on which its result may depend


def reserved(sketch, gray, amount):
    """The sketch with the photo's lights left out of its broad ink.

    sketch: (H, W), uint8 or utils.greys. gray: the photo's, uint8 (H, W). amount: share of the ink that is taken away in full light,
    0 to 1; more counts as 1. Nothing gets darker.
    """
    if amount == 0:
        return sketch
    return in_bands(lambda *bands: reserve_band(*bands, min(amount, 1)), BAND, MARGIN, sketch, gray)


def reserve_band(sketch, gray, amount):
    """reserved() of some rows."""
    ink, half = paper(sketch) - sketch, halved(gray)
    broad = cv2.min(ink, cv2.dilate(cv2.erode(ink, square(BROAD)), square(BROAD + REACH)))
    extremes = (cv2.blur(find(half, square(NEIGHBOURHOOD)), (SOFT, SOFT)) for find in (cv2.erode, cv2.dilate))
    dark, light = (enlarged(extreme, 2, ink.shape) for extreme in extremes)
    span = cv2.addWeighted(light, 1, dark, -1, 255 * NOISE)
    place = cv2.divide(cv2.subtract(gray, dark), span, scale=255)
    crowd = enlarged(crowded(halved(ink), paper(sketch)), 2, ink.shape)
    share = cv2.multiply(rising(place, LIGHT, 255, 255), crowd, scale=amount / 255, dtype=cv2.CV_32F)
    return cv2.add(sketch, cv2.multiply(broad, share, dtype=depth(sketch)))


def square(side):
    return np.ones((side, side), np.uint8)


def crowded(ink, full):
    """How crowded ink (H, W) is, float32 in [0, 1]: in bytes, a sketch that differs by 1 / 255 could end up 5 / 255 apart.

    full: value of full ink.
    """
    mean = rising(cv2.boxFilter(ink, cv2.CV_32F, (CROWD, CROWD)), CROWDED, full, 1)
    return np.clip(mean, 0, 1, out=mean)


def rising(values, ends, full, top):
    """Values (H, W) on the straight line from 0 to `top` between two shares of `full`: bytes end at 0 and 255, floats go on."""
    low, high = ends
    return cv2.addWeighted(values, top / (full * (high - low)), values, 0, -top * low / (high - low))
