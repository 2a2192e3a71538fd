"""Crisp strokes: their soft borders made as steep as a pen's.

Where a regression network is unsure it answers with a mean, and the mean of lines in slightly different places is a soft
line. Unsharp masking makes it steep again. Bounds keep every pixel between its lightest and its darkest neighbour, so that
no stroke gets darker or wider than it was and nothing beside it gets lighter: faint lines stay faint.
"""
import cv2
import numpy as np

from utils.bands import in_bands
from utils.effects import check
from utils.greys import depth, paper

CRISPS = (0.0, 2.0)  # allowed amounts; 0 leaves the network's drawing as it is
GAIN = 0.9  # of the difference to the blurred drawing at amount 1; from 1 on, a difference of 1 / 255 may become 3 / 255
SIGMA = 1.5  # pixels of the drawing at its working size, deviation of the blur
WINDOW = 11  # of the blur, pixels: beyond it the weights are under 0.2 % of the largest
NEIGHBOURS = np.ones((3, 3), np.uint8)
FAINT = 0.03  # ink that becomes paper at amount 1
BAND = 512  # rows at once, which bounds the memory


def crisp(sketch, amount):
    """A sketch (H, W), uint8 or utils.greys -> the same with crisper strokes. amount: 0 (as it is) to 2; ValueError beyond.

    The difference to the blurred sketch is added GAIN * amount times, within the bounds of the 3 x 3 neighbours; then ink
    from amount * FAINT to 1 is stretched to the whole scale.
    """
    check("crisp", amount, CRISPS)
    if amount == 0:
        return sketch
    return in_bands(lambda band: crisp_band(band, amount), BAND, WINDOW, sketch)


def crisp_band(band, amount):
    """crisp() of some rows. Bounds may be looked for among stretched and rounded values, for both keep their order."""
    gain, stretch = GAIN * amount, 1 / (1 - FAINT * amount)
    blurred = cv2.GaussianBlur(band.astype(np.float32), (WINDOW, WINDOW), SIGMA)
    sharp = cv2.addWeighted(band, stretch * (1 + gain), blurred, -stretch * gain, 0, dtype=depth(band))
    stretched = cv2.threshold(cv2.addWeighted(band, stretch, band, 0, 0), paper(band), 0, cv2.THRESH_TRUNC)[1]
    cv2.max(sharp, cv2.erode(stretched, NEIGHBOURS), dst=sharp)
    return cv2.min(sharp, cv2.dilate(stretched, NEIGHBOURS), dst=sharp)
