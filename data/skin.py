"""Skin in the guidance: light models its form, so steps of tone are no lines there."""
import cv2
import numpy as np

from .filters import blur, chroma_step, ramp, valleys


def skin(rgb):
    """Where a uint8 (H, W, 3) photo has the colour of skin: float32 (H, W), 0 or 1.

    Source: Chai and Ngan (1999), ranges of Cr and Cb; that of Cr, to 173 there, is wider here for warm light.
    """
    _, cr, cb = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    return ((cr >= 133) & (cr <= 195) & (cb >= 77) & (cb <= 127)).astype(np.float32)


def modelled_by_light(rgb, gray, semantic, skinned):
    """Where edges are but light and shadow on skin: float32 (H, W) in [0, 1].

    Not at creases (eyes, nostrils, lips), at borders with another colour and at what the detectors are sure of. skinned:
    the share of skin around each pixel.
    """
    creases = cv2.dilate(ramp(valleys(gray, 13), 0.05, 0.14), np.ones((5, 5)))
    borders = np.maximum(ramp(chroma_step(rgb, 2.0), 0.006, 0.014), ramp(semantic, 0.55, 0.8))
    return ramp(skinned, 0.75, 0.95) * (1 - blur(np.maximum(creases, borders), 1.5))
