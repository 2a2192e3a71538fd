"""Greys of a drawing: bytes, or steps so fine that a pen may steepen them.

Crisp and toned strokes make differences up to four times larger, and so what rounding and bfloat16 leave of them. Until then
a drawing is kept in parts of a byte's steps.
"""
import cv2
import numpy as np

STEPS = 15  # of fine greys in one of bytes: an odd number, so that rounding twice is rounding once
FINE = 255 * STEPS  # paper in fine greys


def paper(sketch):
    """The value of paper: 255 in uint8, FINE in uint16."""
    return 255 if sketch.dtype == np.uint8 else FINE


def depth(sketch):
    """OpenCV's name of the type of a drawing, uint8 or uint16."""
    return cv2.CV_8U if sketch.dtype == np.uint8 else cv2.CV_16U


def in_bytes(sketch):
    """Fine greys, uint16 (H, W), rounded to uint8; bytes stay as they are."""
    return sketch if sketch.dtype == np.uint8 else cv2.convertScaleAbs(sketch, alpha=1 / STEPS)


def fine(values):
    """float32 in [0, 1], 1 = paper -> fine greys, uint16."""
    return np.uint16(np.rint(values * np.float32(FINE)))
