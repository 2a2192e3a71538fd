"""Crisp strokes: their soft borders made as steep as a pen's.

Where a regression network is unsure it answers with a mean, and the mean of lines in slightly different places is a soft
line. Unsharp masking makes it steep again. Bounds keep every pixel between its lightest and its darkest neighbour, so that
no stroke gets darker or wider than it was and nothing beside it gets lighter: faint lines stay faint.
"""
import cv2
import numpy as np

CRISPS = (0.0, 2.0)  # allowed amounts; 0 leaves the network's drawing as it is
GAIN = 0.9  # of the difference to the blurred drawing at amount 1; from 1 on, a difference of 1 / 255 may become 3 / 255
SIGMA = 1.5  # pixels of the drawing at its working size, deviation of the blur
WINDOW = 11  # of the blur, pixels: beyond it the weights are under 0.2 % of the largest
NEIGHBOURS = np.ones((3, 3), np.uint8)
FAINT = 0.03  # ink that becomes paper at amount 1
BAND = 512  # rows at once, which bounds the memory


def crisp(sketch, amount):
    """uint8 (H, W), 255 = paper -> the same with crisper strokes. amount: 0 (as it is) to 2; ValueError beyond.

    The difference to the blurred sketch is added GAIN * amount times, within the bounds of the 3 x 3 neighbours; then ink
    from amount * FAINT to 1 is stretched to the whole scale.
    """
    check(amount)
    if amount == 0:
        return sketch
    result = np.empty_like(sketch)
    for top in range(0, len(sketch), BAND):
        above = max(top - WINDOW, 0)
        band = crisp_band(sketch[above : top + BAND + WINDOW].astype(np.float32), amount)
        result[top : top + BAND] = band[top - above : top - above + BAND]
    return result


def check(amount):
    if not CRISPS[0] <= amount <= CRISPS[1]:
        raise ValueError(f"crisp must be between {CRISPS[0]} and {CRISPS[1]}, got {amount}.")


def crisp_band(band, amount):
    """crisp() of rows in float32, 0 to 255, rounded once at the end."""
    gain, faint = GAIN * amount, 255 * FAINT * amount
    sharp = cv2.addWeighted(band, 1 + gain, cv2.GaussianBlur(band, (WINDOW, WINDOW), SIGMA), -gain, 0)
    cv2.max(sharp, cv2.erode(band, NEIGHBOURS), dst=sharp)
    cv2.min(sharp, cv2.dilate(band, NEIGHBOURS), dst=sharp)
    sharp *= 255 / (255 - faint)
    return np.uint8(np.rint(np.minimum(sharp, 255, out=sharp), out=sharp))
