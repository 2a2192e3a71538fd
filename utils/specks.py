"""Clean paper: faint little strokes that stand alone are taken away.

On lawns, skies, walls and sand a network is never quite sure, and leaves a dash here and there that belongs to nothing.
What is small, faint and far from all other ink is such a speck. Small strokes near others stay, for they may be an eyelid, a
tuft of grass or hatching, and so do dark ones, which may be a bird.
"""
import math

import cv2
import numpy as np

from utils.bands import in_bands

INK = 0.08  # from which a pixel belongs to a stroke
AREA = 100  # pixels that a speck has at most,
SIDE = 32  # and pixels along either side
DARK = 0.55  # ink that it has nowhere
AROUND = 31  # pixels, side of the square that is looked at around each of its pixels
LONELY = 3.0  # ink of other strokes that it holds at most, in pixels of full ink, as a mean over the speck's pixels
BAND = 1024  # rows at once, which bounds the memory
MARGIN = 2 * SIDE + AROUND // 2 + 1  # rows beyond a band on which its specks may depend


def without_specks(sketch):
    """uint8 (H, W), 255 = paper, at the working size -> the same with paper in place of specks."""
    return in_bands(clear_band, BAND, MARGIN, sketch)


def clear_band(sketch):
    """without_specks() of some rows. Ink is counted in steps of 1 / 255, so all sums are exact."""
    ink = cv2.threshold(255 - sketch, math.ceil(255 * INK) - 1, 0, cv2.THRESH_TOZERO)[1]
    label = cv2.connectedComponents(ink, connectivity=8)[1].ravel()  # of what is not 0
    place = np.flatnonzero(ink)
    number = label[place]
    area = np.bincount(number)
    few = area[number] <= AREA
    place, number = place[few], number[few]
    sides = [extents(number, position, len(area)) for position in np.divmod(place, ink.shape[1])]
    own = ink.ravel()[place]
    dark = np.bincount(number, own >= 255 * DARK, len(area)) > 0
    others = np.bincount(number, ink_around(ink, place), len(area)) / np.maximum(area, 1) - np.bincount(number, own, len(area))
    speck = (np.maximum(*sides) <= SIDE) & ~dark & (others <= 255 * LONELY)
    mask = np.zeros_like(sketch)
    mask.ravel()[place[speck[number]]] = 255
    pale = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY_INV)[1]  # does not count as ink, but is seen around a speck
    return sketch | mask | cv2.dilate(mask, np.ones((3, 3), np.uint8)) & pale


def extents(number, position, count):
    """Largest minus smallest of the positions with the same number, plus 1, for each of `count` numbers."""
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(low, number, position)
    np.maximum.at(high, number, position)
    return high - low + 1


def ink_around(ink, place):
    """Sums of uint8 (H, W) over the squares around pixels that are given by their flat index."""
    half = AROUND // 2
    sums = cv2.integral(cv2.copyMakeBorder(ink, half, half, half, half, cv2.BORDER_CONSTANT))
    top, left = np.divmod(place, ink.shape[1])
    corner = top * sums.shape[1] + left
    below = corner + AROUND * sums.shape[1]
    sums = sums.ravel()
    return sums[below + AROUND] - sums[below] - sums[corner + AROUND] + sums[corner]
