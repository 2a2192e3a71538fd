"""Clean paper: strokes that belong to nothing are taken away.

Specks: on lawns, skies, walls and sand a network is never quite sure, and leaves a dash here and there. What is small, faint and
far from all other ink is one. Small strokes near others stay, for they may be an eyelid, a tuft of grass or hatching, and so
do dark ones, which may be a bird. Strokes with one pixel of paper between them count as one, those with two in half of the places.

Stray strokes: behind a flower or a player everything is blurred, and some of its soft borders are drawn as dashes. A thin stroke
that stands alone where the photo has no sharp step is one, however dark. Spots stay, which may be a pattern.
"""
import math
from typing import NamedTuple

import cv2
import numpy as np

from data.filters import halved
from utils.bands import in_bands

INK = 0.08  # from which a pixel belongs to a stroke
CELL = 2  # pixels, side of the squares that strokes are made of: what lies in one, or in two that touch, is connected
# Lengths are in pixels, and multiples of CELL.
AREA = 100  # pixels that a speck has at most,
SIDE = 32  # and along either side
DARK = 0.55  # ink that it has nowhere
AROUND = 30  # side of the square that is looked at around each of its cells: an odd number of them
LONELY = 3.0  # ink of other strokes that it holds at most, in pixels of full ink, as a mean over the speck's cells
LONGEST = 140  # of a stray stroke along either side, at most,
BROADEST = 6.0  # and its area over its longer side
NEAR = 12  # around its box, where other ink is looked for,
ALONE = 0.01  # and the mean of that ink, at most
SOFT = 0.1  # mean of how steep and sharp the photo's steps under it are, which it stays below
BAND = 1024  # rows at once, which bounds the memory
PADDING = max(AROUND // 2, NEAR) // CELL  # cells of paper around the picture: boxes may reach beyond it
MARGIN = 2 * (LONGEST + NEAR + AROUND)  # rows beyond a band on which its strokes may depend


def specks_in(sketch, steps):
    """Where paper belongs in place of specks and stray strokes, at the working size: uint8 (H, W), 255 there, else 0.

    sketch: uint8 (H, W), 255 = paper. steps: the sharp ones of the photo, uint8 (H / CELL, W / CELL), see utils.sharp_steps.
    """
    return in_bands(specks_in_band, BAND, MARGIN, sketch, steps)


def specks_in_band(sketch, steps):
    """specks_in() of some rows."""
    height, width = sketch.shape
    ink = cv2.threshold(255 - sketch, math.ceil(255 * INK) - 1, 0, cv2.THRESH_TOZERO)[1]
    whole = cv2.copyMakeBorder(ink, 0, -height % CELL, 0, -width % CELL, cv2.BORDER_CONSTANT)
    strokes = small_strokes(whole)
    sums = cv2.integral(cv2.copyMakeBorder(halved(whole), PADDING, PADDING, PADDING, PADDING, cv2.BORDER_CONSTANT))
    gone = specks(sums, strokes)
    gone |= stray(sums, steps, strokes, ~gone)
    cells = np.zeros_like(steps)
    cells.ravel()[strokes.place[gone[strokes.number]]] = 255
    mask = doubled(cells)[:height, :width]
    pale = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY_INV)[1]  # does not count as ink, but is seen around a stroke
    mask &= ~pale
    return mask | cv2.dilate(mask, np.ones((3, 3), np.uint8)) & pale


def doubled(cells):
    """uint8 (h, w), 0 or 255, at twice the size, which is CELL. OpenCV takes eight times as long."""
    return (cells.astype(np.uint16) * np.uint16(257)).repeat(CELL, 0).view(np.uint8)


class Strokes(NamedTuple):
    """The small ones of N strokes, cell by cell."""

    place: np.ndarray  # flat index of the cells, (P,)
    number: np.ndarray  # of the stroke that a cell belongs to, (P,)
    own: np.ndarray  # mean ink of the cells, uint8 (P,)
    dark: np.ndarray  # whether a cell has a pixel as dark as no speck has one, bool (P,)
    area: np.ndarray  # pixels of the strokes, (N,), 0 where they are not small
    box: np.ndarray  # first row, first column, last row and last column of the strokes in cells, (4, N), where they are small

    def sums(self, values):
        """Sums of values of the cells over the strokes, (N,); None counts the cells."""
        return np.bincount(self.number, values, self.box.shape[1])

    @property
    def sides(self):
        """Height and width of the small strokes in cells, (2, N)."""
        return self.box[2:] - self.box[:2] + 1


def small_strokes(ink):
    """The Strokes of uint8 (H, W), sides even, that may be specks or stray. Looked for by runs of a row, which are fewer than cells."""
    mean = halved(ink)
    count, number = cv2.connectedComponents(mean, connectivity=8)  # of what is not 0
    row, left, length = runs(mean > 0)
    number = number.ravel()[row * mean.shape[1] + left]
    small = np.bincount(number, length)[number] <= max(AREA, LONGEST * BROADEST)  # a cell has a pixel of ink at least
    row, left, length, number = (values[small] for values in (row, left, length, number))
    box = np.stack([np.full(count, value) for value in (np.iinfo(np.int64).max // 2,) * 2 + (-1, -1)])
    for first, last, start, end in zip(box[:2], box[2:], (row, left), (row, left + length - 1)):
        np.minimum.at(first, number, start)
        np.maximum.at(last, number, end)
    before = np.cumsum(length) - length  # cells of earlier runs
    place = np.repeat(row * mean.shape[1] + left - before, length) + np.arange(length.sum())
    number = np.repeat(number, length)
    share = lambda least: halved(cv2.threshold(ink, least - 1, 255, cv2.THRESH_BINARY)[1]).ravel()[place] / 255
    area = np.bincount(number, np.rint(CELL**2 * share(1)), count)
    return Strokes(place, number, mean.ravel()[place], share(math.ceil(255 * DARK)) > 0, area, box)


def runs(mask):
    """(row, first column, length) of what is connected within a row of a mask (H, W), three int arrays, from the top left on."""
    closed = np.zeros((len(mask), mask.shape[1] + 2), bool)  # every run begins and ends in its row
    closed[:, 1:-1] = mask
    closed = closed.ravel()
    change = np.flatnonzero(closed[1:] != closed[:-1])
    (row, left), end = np.divmod(change[::2], mask.shape[1] + 2), change[1::2]
    return row, left, end - change[::2]


def specks(sums, strokes):
    """Which of the small strokes are specks: bool (N,). sums: integral image of the mean ink of the cells, with PADDING around it."""
    few = (strokes.area > 0) & (strokes.area <= AREA) & (CELL * strokes.sides.max(0) <= SIDE)
    candidates = few & (strokes.sums(strokes.dark) == 0)
    around = np.zeros(len(strokes.place))
    asked = candidates[strokes.number]
    side = AROUND // CELL
    top, left = np.divmod(strokes.place[asked], sums.shape[1] - 1 - 2 * PADDING)
    around[asked] = ink_within(sums, top - side // 2, left - side // 2, side, side)
    others = strokes.sums(around) / np.maximum(strokes.sums(None), 1) - strokes.sums(strokes.own)
    return candidates & (others <= 255 * LONELY / CELL**2)


def ink_within(sums, top, left, height, width):
    """Ink in boxes that are given by their first row and column, which may lie up to PADDING beyond the picture. sums: as in specks()."""
    corner = (top + PADDING) * sums.shape[1] + left + PADDING
    below = corner + height * sums.shape[1]
    sums = sums.ravel()
    return sums[below + width] - sums[below] - sums[corner + width] + sums[corner]


def stray(sums, steps, strokes, asked):
    """Which of the strokes that are asked for, bool (N,), are stray ones: bool (N,). sums: as in specks(). steps: of the photo."""
    longer = CELL * strokes.sides.max(0)
    asked = asked & (longer >= CELL) & (longer <= LONGEST) & (strokes.area <= BROADEST * longer)
    if not asked.any():
        return asked
    first, last = strokes.box[:2, asked] - NEAR // CELL, strokes.box[2:, asked] + NEAR // CELL
    near = ink_within(sums, *first, *(last - first + 1)) - strokes.sums(strokes.own)[asked]
    sides = np.minimum(last + 1, np.array(steps.shape)[:, None]) - np.maximum(first, 0)  # within the picture
    asked[asked] = near <= 255 * ALONE * sides.prod(0)
    sharp = strokes.sums(np.where(asked[strokes.number], steps.ravel()[strokes.place], 0))
    return asked & (sharp < 255 * SOFT * strokes.sums(None))
