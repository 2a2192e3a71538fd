"""Whole objects: within the outlines that the network draws, the map of what a photo is of becomes even.

The network of the foreground sees little of a photo's detail and has doubts: it takes half of a sweater for the subject and half for what
is behind, and has a soft rim around a head. A draughtsman treats a form as one, up to its outline. So the map is averaged as far as one
gets without crossing a line of the outline, the first candidate, drawn small.
"""
import math

import cv2
import numpy as np

from utils.background import by_surest, surest_of
from utils.closer_look import CELLS
from utils.greys import paper

OUTLINE = 1  # number of the candidate
SIDE = 256  # pixels of the photo's long side at which it is drawn: the outlines of things count, and finer lines divide these
REACH = 0.47  # of the photo's sides: deviation of the average where no line is near
STOP = 200.0  # blank cells that one of full ink counts as
ROUNDS = 3  # of averaging along columns and rows
LEAST = 0.02  # weight of a cell that may as well belong to the subject as not; where the map has no doubt it is 1 more


def has_subject(found):
    """Whether a map, float32 (h, w), knows of a subject at all: without one there is nothing to make even."""
    return by_surest(found)[1] > 0


def evened(found, outline):
    """A map of a photo, float32 (h, w), averaged within the outline: float32 (CELLS, CELLS), as sure of a subject as before.

    outline: of all of the photo, (H, W), uint8 or utils.greys. The less a cell is in doubt the more it counts, or the soft rim of a
    subject would spread behind it. Cells on lines get what is beside them.
    """
    lines = barriers(outline)
    wide = cv2.resize(found, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR)
    weight = (2 * by_surest(wide)[0].clip(0, 1) - 1) ** 2 + np.float32(LEAST)
    total, weights = within(np.stack([weight * wide, weight]), lines)
    even = total / weights
    free = 1 - lines + np.float32(0.01)
    beside = cv2.blur(even * free, (3, 3)) / cv2.blur(free, (3, 3))
    even += lines * (beside - even)
    return (even * np.float32(surest_of(wide) / max(surest_of(even), 1e-6))).clip(0, 1)


def barriers(outline):
    """The darkest ink of a drawing (H, W) in each cell and a little around it: float32 (CELLS, CELLS) in [0, 1]."""
    around = np.ones([math.ceil(side / CELLS) for side in outline.shape], np.uint8)
    darkest = cv2.resize(cv2.erode(outline, around, anchor=(0, 0)), (CELLS, CELLS), interpolation=cv2.INTER_NEAREST)
    return 1 - darkest / np.float32(paper(outline))


def within(values, lines):
    """float32 (C, h, w), averaged over REACH where no line is between. lines: float32 (h, w), ink in [0, 1].

    Source: the recursive filter of Gastal and Oliveira 2011, "Domain transform for edge-aware image and video processing", section 5,
    with the ink in place of the image's derivative.
    """
    longs = [steps(lines), steps(lines.T)]
    for halvings in range(ROUNDS):  # deviations that halve, and whose squares add up to that of REACH
        for long in longs:
            sigma = REACH * values.shape[1] * 2 ** (ROUNDS - 1 - halvings) * math.sqrt(3 / (4**ROUNDS - 1))
            values = averaged(values, np.exp(-math.sqrt(2) / sigma * long)).swapaxes(1, 2)  # columns are rows now
    return values


def averaged(values, shares):
    """float32 (C, h, w), row by row averaged with the last one, on the way down and on the way up again.

    shares: of the last row, in [0, 1], at each step to the next: float32 (h - 1, w). All rows at once: after each round every row has
    the sum over twice as many of those before it, see Hillis and Steele 1986, "Data parallel algorithms".
    """
    spans = [(1, shares)]  # (rows, what is left of a row's weight that many rows on)
    while 2 * spans[-1][0] < values.shape[1]:
        rows, left = spans[-1]
        spans.append((2 * rows, left[:-rows] * left[rows:]))
    values = values.copy()
    values[:, 1:] *= 1 - shares
    for rows, left in spans:
        values[:, rows:] += left * values[:, :-rows]
    values[:, :-1] *= 1 - shares
    for rows, left in spans:
        values[:, :-rows] += left * values[:, rows:]
    return values


def steps(lines):
    """How far it is from each row of cells to the next, in blank cells: float32 (h - 1, w)."""
    return np.ascontiguousarray(1 + np.float32(STOP) * np.maximum(lines[1:], lines[:-1]))
