"""Where the tone of a photo has sharp steps: what is in focus has some, clouds, shadows and blur have none."""
import cv2
import numpy as np

from data.filters import halved, sharpness
from utils.bands import in_bands

SCALE = 0.5  # of the photo's size, at which they are looked for
BAND = 512  # rows at that size at once, which bounds the memory
MARGIN = 12  # rows beyond a band on which its result may depend


def sharp_steps(gray):
    """uint8 (H, W) -> how steep and sharp the steps are at half the size, uint8 (H / 2, W / 2), rounded up: 255 = both."""
    return sharp_steps_of_half(halved(gray))


def sharp_steps_of_half(half):
    """sharp_steps() of a photo that is given at half its size: uint8 (h, w), as the result."""
    return in_bands(steps_in_band, BAND, MARGIN, half)


def steps_in_band(half):
    """sharp_steps() of some rows, which are halved."""
    return cv2.multiply(*sharpness(half.astype(np.float32) / 255, SCALE), scale=255, dtype=cv2.CV_8U)
