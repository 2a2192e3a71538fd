"""Pictures of any kind in another size."""
import cv2
import numpy as np

from data.filters import halved

BETWEEN = 1.6  # times smaller: up to here what lies between two pixels each is near the mean, see reduced()


def resize(image, height, width):
    """uint8, or float32 in [0, 1], (H, W) or (H, W, C) -> another size: averages down, cubic interpolation up."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.clip(resized, 0, 1) if resized.dtype == np.float32 else resized


def reduced(image, height, width):
    """resize() where only the large matters, for a network that finds things: several times as fast on the way down, a little softer.

    Even sides are halved as often as that goes. What is left is interpolated, if it is at most BETWEEN along either side.
    """
    while height <= image.shape[0] // 2 and width <= image.shape[1] // 2 and not (image.shape[0] % 2 or image.shape[1] % 2):
        image = halved(image)
    if all(size <= side <= BETWEEN * size for size, side in zip((height, width), image.shape)):
        return cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    return resize(image, height, width)
