"""Strands: hair and fur as a few strokes that run the way they grow.

A dark line is looked for along the direction that prevails around it, so that what is broken in the photo becomes one stroke.
Source: the flow-based line drawing of Kang, Lee and Chui (2007), with the structure tensor's direction in place of their
edge tangent flow, and a threshold relative to the neighbourhood: strands of hair in shadow count as much as in light.
"""
import cv2
import numpy as np

from .filters import blur, darker_than_surroundings, drop_specks, form, ramp

STEPS = (1, 3)  # pixels between the 5 samples of a triangular window, one after the other: together one of 8 pixels to each side
WAY = 3.0  # pixels: deviation of the Gaussian over which the direction is averaged,
WIDER = 7.0  # and over which it must prevail: strands lie beside each other, pebbles and waves at random


def along(image, c, s):
    """The mean of an image along its flow lines, nearer pixels counting more, see STEPS.

    image: float32 (H, W). c, s: the unit double-angle vector of the direction, see filters.form().
    """
    angle = 0.5 * np.arctan2(s, c)
    right, down = np.cos(angle), np.sin(angle)
    columns, rows = np.meshgrid(*(np.arange(side, dtype=np.float32) for side in image.shape[::-1]))
    for step in STEPS:
        total = 3 * image
        for offset, weight in ((1, 2), (2, 1)):
            x, y = offset * step * right, offset * step * down
            for there in ((columns + x, rows + y), (columns - x, rows - y)):
                total += weight * cv2.remap(image, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        image = total / 9
    return image


def hairs(gray):
    """Ink of all strands, also of short ones: float32 (H, W) in [0, 1], of a grey photo in [0, 1].

    The direction is found at half the size, as it changes slowly.
    """
    height, width = gray.shape
    half = cv2.resize(gray, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    whole = lambda image: cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    c, s, *_ = form(half, WAY / 2, inner=0.5)
    coherence = form(half, WIDER / 2, inner=0.5)[2]
    dark = along(darker_than_surroundings(blur(gray, 0.8), 2.0), whole(c), whole(s))
    usual = blur(dark, 9)
    return ramp(dark / (usual + 0.004), 1.15, 1.9) * ramp(usual, 0.005, 0.014) * whole(ramp(coherence, 0.2, 0.4))


def strands(bright):
    """hairs() without the short ones. bright: best lit up as by data.light.lit()."""
    return drop_specks(hairs(bright), 0.3, 18)
