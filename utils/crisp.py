"""Crisp lines: the border of a stroke made as steep as a pen's.

Where a regression network is unsure it answers with a mean, and the mean of lines in slightly different places is a soft
line. Unsharp masking makes it steep again, and a pull at both ends of the scale brings faint remains back to paper and
almost full ink to full.
"""
import cv2
import numpy as np

CRISPS = (0.0, 2.0)  # allowed amounts; 0 leaves the network's drawing as it is
SIGMA = 1.5  # pixels of the drawing at its working size, deviation of the blur that is subtracted
WINDOW = (11, 11)  # of that blur, pixels: beyond it the weights are under 0.2 % of the largest
FAINT = 0.04  # ink that becomes paper at amount 1
FULL = 0.08  # paper that becomes full ink at amount 1


def crisp(sketch, amount):
    """uint8 (H, W), 255 = paper -> the same with crisper lines. amount: 0 (as it is) to 2; ValueError beyond.

    The difference to the blurred sketch is added `amount` times, then ink from amount * FAINT to 1 - amount * FULL is
    stretched to the whole scale.
    """
    check(amount)
    if amount == 0:
        return sketch
    blurred = cv2.GaussianBlur(sketch, WINDOW, SIGMA)
    sharp = cv2.addWeighted(sketch, 1 + amount, blurred, -amount, 0)
    return cv2.LUT(sharp, levels(amount))


def check(amount):
    if not CRISPS[0] <= amount <= CRISPS[1]:
        raise ValueError(f"crisp must be between {CRISPS[0]} and {CRISPS[1]}, got {amount}.")


def levels(amount):
    """The stretched scale as a table, uint8 (256,) from paper to paper."""
    ink = 1 - np.arange(256) / 255
    stretched = np.clip((ink - amount * FAINT) / (1 - amount * (FAINT + FULL)), 0, 1)
    return np.uint8(np.rint(255 * (1 - stretched)))
