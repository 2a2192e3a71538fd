"""Light in the guidance: dark things are lit up before they are drawn, and their relief models the hatching.

Images are float32 (H, W) in [0, 1]; borders are reflected.
"""
import cv2
import numpy as np

from .filters import blur, ramp

FLOOR = np.float32(0.04)  # darker tones than this are noise
MIDDLE = np.log(np.float32(0.45))  # bases darker than this are lifted half the way
EVEN = 0.07  # relief up to this models nothing


def lit(gray):
    """(bright, relief): the photo with its dark parts lit up and their small contrasts kept, and these contrasts.

    The logarithm of the tones is split in a base, smooth but for edges, whose dark half is lifted, and the relief upon it,
    which is returned slightly smoothed: float32 (H, W), about -1 to 1, 0 where all is even. Source: Durand and Dorsey (2002).
    """
    tone = np.log(gray + FLOOR)
    base = cv2.resize(tone, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    base = cv2.resize(cv2.bilateralFilter(base, 0, 0.5, 5, borderType=cv2.BORDER_REFLECT), gray.shape[::-1])
    relief = tone - base
    return np.clip(np.exp(base + 0.5 * np.maximum(MIDDLE - base, 0) + relief), 0, 1), blur(relief, 0.8)


def denoised(gray):
    """The photo smoothed within its edges, the more, the noisier it is: by the median of its Laplacian (Immerkaer, 1996)."""
    laplacian = cv2.filter2D(gray, -1, np.float32([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]), borderType=cv2.BORDER_REFLECT)
    noise = float(np.median(np.abs(laplacian))) / (6 * 0.6745)  # its standard deviation
    return cv2.bilateralFilter(gray, 7, 0.05 + 8 * noise, 1.5 + 50 * noise, borderType=cv2.BORDER_REFLECT)


def evened(gray):
    """The photo with its local contrast evened out, so that dark fur and shadows keep their drawing."""
    equalised = cv2.createCLAHE(2.0, (4, 4)).apply(np.uint8(gray * 255)).astype(np.float32) / 255
    return cv2.bilateralFilter(0.6 * gray + 0.4 * equalised, 5, 0.12, 3, borderType=cv2.BORDER_REFLECT)


def modelling(relief, texture):
    """What the relief makes of a tone, as a factor in [0.2, 1.5]: less where light falls, more in hollows, 1 on texture.

    Small relief is an even surface, whose tone stays even.
    """
    deep = np.sign(relief) * np.maximum(np.abs(relief) - EVEN, 0)
    return np.clip(1 - 2.6 * deep * (1 - texture), 0.2, 1.5)


def hollows(relief, dim):
    """Ink of the dark marks within something dark, such as the eyes of a black dog. dim: where that is, in [0, 1]."""
    return 0.9 * ramp(-relief, 0.2, 0.5) * dim
