"""Finding and reading picture files for training."""
import os

import cv2
import numpy as np

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")


def find_pictures(folder):
    """Every picture below `folder`, sorted by path. FileNotFoundError if the folder is missing or holds none."""
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"no such folder: {folder}")
    paths = []
    for parent, _, names in os.walk(folder):
        paths += [os.path.join(parent, name) for name in names if name.lower().endswith(EXTENSIONS)]
    if not paths:
        raise FileNotFoundError(f"no pictures below {folder} (looked for {', '.join(EXTENSIONS)})")
    return sorted(paths)


def read_rgb(path):
    """A picture as uint8 RGB (H, W, 3), EXIF orientation applied; None if it cannot be decoded."""
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_gray(path):
    """A picture as float32 (H, W) in [0, 1]; None if it is missing or cannot be decoded."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE) if os.path.isfile(path) else None
    return None if image is None else image.astype(np.float32) / 255
