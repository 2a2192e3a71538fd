"""Strands: hair and fur as a few strokes that run the way they grow.

A dark line is looked for along the direction that prevails around it, so that what is broken in the photo becomes one stroke.
Source: the flow-based line drawing of Kang, Lee and Chui (2007), with the structure tensor's direction in place of their
edge tangent flow, and a threshold relative to the neighbourhood: strands of hair in shadow count as much as in light.
"""
import cv2
import numpy as np

from .filters import blur, darker_than_surroundings, drop_specks, form, ramp

REACH = 8  # pixels to each side along which a line is averaged
WAY = 3.0  # pixels: deviation of the Gaussian over which the direction is averaged,
WIDER = 7.0  # and over which it must prevail: strands lie beside each other, pebbles and waves at random


def along(image, c, s, reach):
    """The mean of an image along its flow lines, `reach` pixels to each side, nearer ones counting more.

    image: float32 (H, W). c, s: the unit double-angle vector of the direction, see filters.form().
    """
    angle = 0.5 * np.arctan2(s, c)
    right, down = np.cos(angle), np.sin(angle)
    rows, columns = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    total, weights = image.copy(), 1.0
    for sign in (1, -1):
        x, y, dx, dy = columns, rows, sign * right, sign * down
        for step in range(1, reach + 1):
            x, y = x + dx, y + dy
            there = [cv2.remap(part, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT) for part in (right, down)]
            same = np.where(there[0] * dx + there[1] * dy < 0, np.float32(-1), np.float32(1))  # a direction has no sign
            dx, dy = same * there[0], same * there[1]
            weight = float(np.exp(-2 * (step / reach) ** 2))
            total += weight * cv2.remap(image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            weights += weight
    return total / weights


def strands(bright):
    """Ink of strands, float32 (H, W) in [0, 1], of a grey photo in [0, 1], best lit up as by data.light.lit()."""
    c, s, *_ = form(bright, WAY)
    coherence = form(bright, WIDER)[2]
    dark = along(darker_than_surroundings(blur(bright, 0.8), 2.0), c, s, REACH)
    usual = blur(dark, 9)
    ink = ramp(dark / (usual + 0.004), 1.25, 2.1) * ramp(usual, 0.005, 0.014) * ramp(coherence, 0.2, 0.4)
    return drop_specks(ink, 0.3, 18)
