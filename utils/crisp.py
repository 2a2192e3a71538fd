"""Crisp strokes: their soft borders made as steep as a pen's.

Where a regression network is unsure it answers with a mean, and the mean of lines in slightly different places is a soft
line. Unsharp masking makes it steep again. Bounds keep every pixel between its lightest and its darkest neighbour, so that
no stroke gets darker or wider than it was and nothing beside it gets lighter: faint lines stay faint.
"""
import cv2
import numpy as np

CRISPS = (0.0, 2.0)  # allowed amounts; 0 leaves the network's drawing as it is
GAIN = 2.0  # of the difference to the blurred drawing at amount 1
SIGMA = 1.5  # pixels of the drawing at its working size, deviation of the blur
WINDOW = (11, 11)  # of the blur, pixels: beyond it the weights are under 0.2 % of the largest
NEIGHBOURS = np.ones((3, 3), np.uint8)
FAINT = 0.03  # ink that becomes paper at amount 1


def crisp(sketch, amount):
    """uint8 (H, W), 255 = paper -> the same with crisper strokes. amount: 0 (as it is) to 2; ValueError beyond.

    The difference to the blurred sketch is added GAIN * amount times, within the bounds of the 3 x 3 neighbours; then ink
    from amount * FAINT to 1 is stretched to the whole scale.
    """
    check(amount)
    if amount == 0:
        return sketch
    gain = GAIN * amount
    sharp = cv2.addWeighted(sketch, 1 + gain, cv2.GaussianBlur(sketch, WINDOW, SIGMA), -gain, 0)
    cv2.max(sharp, cv2.erode(sketch, NEIGHBOURS), dst=sharp)
    cv2.min(sharp, cv2.dilate(sketch, NEIGHBOURS), dst=sharp)
    return cv2.LUT(sharp, levels(amount))


def check(amount):
    if not CRISPS[0] <= amount <= CRISPS[1]:
        raise ValueError(f"crisp must be between {CRISPS[0]} and {CRISPS[1]}, got {amount}.")


def levels(amount):
    """The stretched scale as a table: uint8 (256,), from full ink to paper."""
    ink = 1 - np.arange(256) / 255
    stretched = np.clip((ink - amount * FAINT) / (1 - amount * FAINT), 0, 1)
    return np.uint8(np.rint(255 * (1 - stretched)))
