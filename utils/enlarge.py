"""Bringing a drawing from the working size to the photo's, so that large photos get lines with sharp borders."""
import math

import cv2
import numpy as np

STEEPEST = 2.5  # times steeper at most: more than that and shading breaks up into blots
EVENING = 0.5  # pixels of the drawing, deviation of the blur that takes the steps out of borders: more blurs hatching
NEIGHBOURS = np.ones((3, 3), np.uint8)


def to_size(drawing, height, width):
    """A drawing, uint8 or float32 (h, w), in another size: averaged on the way down, crisp on the way up.

    Interpolation makes the border of a line as many times wider as the drawing. So the difference to the middle between
    the darkest and the lightest of the neighbouring pixels is multiplied by the enlargement, up to STEEPEST, and bound
    by these two: a threshold, softened and local, that keeps greys and the widths of lines. A slight blur in front, the
    stronger the steeper, keeps the drawing's own pixels from showing as steps in slanted borders.
    """
    if drawing.shape == (height, width):
        return drawing
    size = (width, height)
    enlargement = math.sqrt(height * width / drawing.size)
    if enlargement <= 1:
        return cv2.resize(drawing, size, interpolation=cv2.INTER_AREA)
    steeper = min(enlargement, STEEPEST)
    even = cv2.GaussianBlur(drawing, (3, 3), EVENING * (steeper - 1) / (STEEPEST - 1))
    smooth = cv2.resize(even, size, interpolation=cv2.INTER_CUBIC)
    dark = cv2.resize(cv2.erode(drawing, NEIGHBOURS), size, interpolation=cv2.INTER_LINEAR)
    light = cv2.resize(cv2.dilate(drawing, NEIGHBOURS), size, interpolation=cv2.INTER_LINEAR)
    middle = cv2.addWeighted(dark, 0.5, light, 0.5, 0)
    cv2.addWeighted(smooth, steeper, middle, 1 - steeper, 0, dst=smooth)
    return cv2.min(cv2.max(smooth, dark, dst=smooth), light, dst=smooth)
