"""Clean paper: strokes that belong to nothing are taken away.

Specks: on lawns, skies, walls and sand a network is never quite sure, and leaves a dash here and there. What is small, faint and
far from all other ink is one. Small strokes near others stay, for they may be an eyelid, a tuft of grass or hatching, and so
do dark ones, which may be a bird.

Stray strokes: behind a flower or a player everything is blurred, and some of its soft borders are drawn as dashes. A thin stroke
that stands alone where the photo has no sharp step is one, however dark. Spots stay, which may be a pattern.
"""
import math
from typing import NamedTuple

import cv2
import numpy as np

from utils.bands import in_bands

INK = 0.08  # from which a pixel belongs to a stroke
AREA = 100  # pixels that a speck has at most,
SIDE = 32  # and pixels along either side
DARK = 0.55  # ink that it has nowhere
AROUND = 31  # pixels, side of the square that is looked at around each of its pixels
LONELY = 3.0  # ink of other strokes that it holds at most, in pixels of full ink, as a mean over the speck's pixels
LONGEST = 140  # pixels that a stray stroke has at most along either side,
BROADEST = 6.0  # and its area over its longer side
NEAR = 12  # pixels around its box in which other ink is looked for,
ALONE = 0.01  # and the mean of that ink, at most
SOFT = 0.1  # mean of how steep and sharp the photo's steps under it are, which it stays below
BAND = 1024  # rows at once, which bounds the memory
PADDING = max(AROUND // 2, NEAR)  # pixels of paper around the picture: boxes may reach beyond it
MARGIN = 2 * (LONGEST + NEAR + AROUND)  # rows beyond a band on which its strokes may depend; even, as the steps are at half the size


def specks_in(sketch, steps):
    """Where paper belongs in place of specks and stray strokes, at the working size: uint8 (H, W), 255 there, else 0.

    sketch: uint8 (H, W), 255 = paper. steps: the sharp ones of the photo, see utils.sharp_steps.
    """
    return in_bands(specks_in_band, BAND, MARGIN, sketch, steps)


def specks_in_band(sketch, steps):
    """specks_in() of some rows. Ink is counted in steps of 1 / 255, so all sums are exact."""
    ink = cv2.threshold(255 - sketch, math.ceil(255 * INK) - 1, 0, cv2.THRESH_TOZERO)[1]
    strokes = small_strokes(ink)
    sums = cv2.integral(cv2.copyMakeBorder(ink, PADDING, PADDING, PADDING, PADDING, cv2.BORDER_CONSTANT))
    gone = specks(sums, strokes, ink.shape)
    gone |= stray(sums, steps, strokes, ~gone, ink.shape)
    mask = np.zeros_like(sketch)
    mask.ravel()[strokes.place[gone[strokes.number]]] = 255
    pale = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY_INV)[1]  # does not count as ink, but is seen around a stroke
    return mask | cv2.dilate(mask, np.ones((3, 3), np.uint8)) & pale


class Strokes(NamedTuple):
    """The small ones of N strokes, pixel by pixel."""

    place: np.ndarray  # flat index of the pixels, (P,)
    number: np.ndarray  # of the stroke that a pixel belongs to, (P,)
    own: np.ndarray  # ink of the pixels, uint8 (P,)
    area: np.ndarray  # pixels of the strokes, (N,), also of those that are not small
    box: np.ndarray  # first row, first column, last row and last column of the strokes, (4, N), where they are small

    def sums(self, values):
        """Sums of values of the pixels over the strokes, (N,)."""
        return np.bincount(self.number, values, len(self.area))

    @property
    def sides(self):
        """Height and width of the small strokes, (2, N)."""
        return self.box[2:] - self.box[:2] + 1


def small_strokes(ink):
    """The Strokes of uint8 (H, W) that may be specks or stray. Looked for by runs of a row, which are a tenth of the pixels."""
    number = cv2.connectedComponents(ink, connectivity=8)[1].ravel()  # of what is not 0
    row, left, length = runs(ink > 0)
    stroke = number[row * ink.shape[1] + left]
    area = np.bincount(stroke, length).astype(int)
    small = area[stroke] <= max(AREA, LONGEST * BROADEST)
    row, left, length, stroke = (values[small] for values in (row, left, length, stroke))
    box = np.stack([np.full(len(area), value) for value in (np.iinfo(np.int64).max // 2,) * 2 + (-1, -1)])
    for first, last, start, end in zip(box[:2], box[2:], (row, left), (row, left + length - 1)):
        np.minimum.at(first, stroke, start)
        np.maximum.at(last, stroke, end)
    before = np.cumsum(length) - length  # pixels of earlier runs
    place = np.repeat(row * ink.shape[1] + left - before, length) + np.arange(length.sum())
    return Strokes(place, np.repeat(stroke, length), ink.ravel()[place], area, box)


def runs(mask):
    """(row, first column, length) of what is connected within a row of a mask (H, W), three int arrays, from the top left on."""
    closed = np.zeros((len(mask), mask.shape[1] + 2), bool)  # every run begins and ends in its row
    closed[:, 1:-1] = mask
    closed = closed.ravel()
    change = np.flatnonzero(closed[1:] != closed[:-1])
    (row, left), end = np.divmod(change[::2], mask.shape[1] + 2), change[1::2]
    return row, left, end - change[::2]


def specks(sums, strokes, shape):
    """Which strokes are specks: bool (N,). sums: integral image of the ink of `shape` (H, W), with PADDING around it."""
    few = (strokes.area <= AREA) & (strokes.sides.max(0) <= SIDE)
    dark = strokes.sums(strokes.own >= 255 * DARK) > 0
    candidates = few & ~dark
    around = np.zeros(len(strokes.place))
    asked = candidates[strokes.number]
    top, left = np.divmod(strokes.place[asked], shape[1])
    around[asked] = ink_within(sums, top - AROUND // 2, left - AROUND // 2, AROUND, AROUND)
    others = strokes.sums(around) / np.maximum(strokes.area, 1) - strokes.sums(strokes.own)
    return candidates & (others <= 255 * LONELY)


def ink_within(sums, top, left, height, width):
    """Ink in boxes that are given by their first row and column, which may lie up to PADDING beyond the picture. sums: as in specks()."""
    corner = (top + PADDING) * sums.shape[1] + left + PADDING
    below = corner + height * sums.shape[1]
    sums = sums.ravel()
    return sums[below + width] - sums[below] - sums[corner + width] + sums[corner]


def stray(sums, steps, strokes, asked, shape):
    """Which of the strokes that are asked for, bool (N,), are stray ones: bool (N,). sums, shape: as in specks(). steps: of the photo."""
    longer = strokes.sides.max(0)
    asked = asked & (longer >= 1) & (longer <= LONGEST) & (strokes.area <= BROADEST * longer)
    if not asked.any():
        return asked
    first, last = strokes.box[:2, asked] - NEAR, strokes.box[2:, asked] + NEAR
    near = ink_within(sums, *first, *(last - first + 1)) - strokes.sums(strokes.own)[asked]
    sides = np.minimum(last + 1, np.array(shape)[:, None]) - np.maximum(first, 0)  # within the picture
    asked[asked] = near <= 255 * ALONE * sides.prod(0)
    if not asked.any():
        return asked
    chosen = asked[strokes.number]
    rows, columns = np.divmod(strokes.place[chosen], shape[1])
    sharp = np.zeros(len(chosen))
    sharp[chosen] = steps[rows // 2, columns // 2]
    return asked & (strokes.sums(sharp) < 255 * SOFT * strokes.area)
