"""Strands: hair and fur as a few strokes that run the way they grow.

A dark line is looked for along the direction that prevails around it, so that what is broken in the photo becomes one stroke.
Source: the flow-based line drawing of Kang, Lee and Chui (2007), with the structure tensor's direction in place of their
edge tangent flow, and a threshold relative to the neighbourhood: strands of hair in shadow count as much as in light.
"""
import itertools

import cv2
import numpy as np

from .filters import blur, darker_than_surroundings, drop_specks, prevailing, ramp, structure

STEP, SIDE = 3, 2  # pixels between the samples along a line, and samples to each side: a triangular window over 13 pixels
WAY = 3.0  # pixels: deviation of the Gaussian over which the direction is averaged,
WIDER = 7.0  # and over which it must prevail: strands lie beside each other, pebbles and waves at random
TILE = 96  # pixels: side of the parts in which lines are averaged, an even number
AROUND = 9.0  # pixels: deviation of the Gaussian over which the usual darkness of lines is averaged


def along(image, right, down, place=(0, 0)):
    """The mean of an image along the lines of a flow, which count as straight over its window, see STEP.

    image: float32 (H, W). right, down: float32 (h, w), a unit vector along the flow, whose sign does not matter, in the part of the
    image that begins at `place`. Returns that part.
    """
    columns, rows = (np.arange(start, start + side, dtype=np.float32) for start, side in zip(place[::-1], right.shape[::-1]))
    total = (SIDE + 1) * image[place[0] : place[0] + len(rows), place[1] : place[1] + len(columns)]
    for sample in range(1, SIDE + 1):
        x, y = np.float32(sample * STEP) * right, np.float32(sample * STEP) * down
        for there in ((columns + x, rows[:, None] + y), (columns - x, rows[:, None] - y)):
            mean = cv2.remap(image, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            total += np.float32(SIDE + 1 - sample) * mean
    return total / np.float32((SIDE + 1) ** 2)


def shrunk(image, factor):
    """The image averaged over squares of `factor` pixels, those at the right and the bottom smaller ones perhaps."""
    return cv2.resize(image, tuple(-(-side // factor) for side in image.shape[::-1]), interpolation=cv2.INTER_AREA)


def hairs(gray, where=1.0):
    """Ink of all strands, also of short ones: float32 (H, W) in [0, 1], of a grey photo in [0, 1].

    where: factor of the ink in squares of 4 pixels, float32 (H / 4, W / 4), rounded up; whole tiles of zeros take no time. What changes
    slowly is computed at a half or a quarter of the size.
    """
    tensor = structure(shrunk(gray, 2), inner=0.5)
    c, s, *_ = prevailing(tensor, WAY / 2)
    angle = 0.5 * np.arctan2(s, c)
    flow = np.dstack([np.cos(angle), np.sin(angle)])
    dark = darker_than_surroundings(blur(gray, 0.8), 2.0)
    usual = blur(shrunk(dark, 4), AROUND / 4)
    coherence = prevailing(cv2.resize(tensor, usual.shape[::-1], interpolation=cv2.INTER_AREA), WIDER / 4)[2]
    few = ramp(usual, 0.005, 0.014) * ramp(coherence, 0.2, 0.4) * where
    gain, gate = (cv2.resize(part, gray.shape[::-1]) for part in (1 / (usual + 0.004), few))
    ink = np.zeros_like(gray)
    for top, left in itertools.product(*(range(0, side, TILE) for side in gray.shape)):
        tile = slice(top, top + TILE), slice(left, left + TILE)
        if gate[tile].any():
            turned = flow[top // 2 : (top + TILE) // 2, left // 2 : (left + TILE) // 2]
            right, down = (part.repeat(2, 0).repeat(2, 1)[: len(ink[tile]), : ink[tile].shape[1]] for part in cv2.split(turned))
            ink[tile] = ramp(along(dark, right, down, (top, left)) * gain[tile], 1.15, 1.9) * gate[tile]
    return ink


def strands(bright):
    """hairs() without the short ones. bright: best lit up as by data.light.lit()."""
    return drop_specks(hairs(bright), 0.3, 18)
