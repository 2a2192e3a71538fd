"""Pictures of any kind in another size."""
import cv2
import numpy as np


def resize(image, height, width):
    """uint8, or float32 in [0, 1], (H, W) or (H, W, C) -> another size: averages down, cubic interpolation up."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.clip(resized, 0, 1) if resized.dtype == np.float32 else resized
