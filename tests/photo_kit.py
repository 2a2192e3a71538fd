"""What the steps of finishing look at of a photo."""
import cv2

from utils.working import to_working


def gray_of(photo):
    """uint8 RGB (H, W, 3) -> its greys, uint8 (H, W)."""
    return cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)


def working_of(photo):
    """uint8 RGB (H, W, 3) -> the Working that is drawn at the photo's own size."""
    return to_working(photo, "full")


def grey_working_of(gray):
    """uint8 (H, W) -> the same of a photo without colours."""
    return working_of(cv2.merge([gray] * 3))
