"""Pictures of any kind in another size."""
import cv2
import numpy as np

from data.filters import halved

BETWEEN = 1.6  # times smaller, of what was halved: up to here what lies between two pixels each is near the mean, see reduced()


def resize(image, height, width):
    """uint8, or float32 in [0, 1], (H, W) or (H, W, C) -> another size: averages down, cubic interpolation up."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.clip(resized, 0, 1) if resized.dtype == np.float32 else resized


def reduced(image, height, width):
    """resize() for what is looked at as a whole, such as small drawings: on the way down several times as fast as in one step, a little softer.

    Even sides are halved as often as that goes, and from there, if anything was halved and at most BETWEEN is left, pixels are interpolated.
    """
    halves = image
    while height <= halves.shape[0] // 2 and width <= halves.shape[1] // 2 and not (halves.shape[0] % 2 or halves.shape[1] % 2):
        halves = halved(halves)
    if halves is not image and all(size <= side <= BETWEEN * size for size, side in zip((height, width), halves.shape)):
        return cv2.resize(halves, (width, height), interpolation=cv2.INTER_LINEAR)
    return resize(halves, height, width)
