"""Random crops of one geometry for several maps of the same photo, and whole photos as squares."""
from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Crop:
    """A square of `side` source pixels at (left, top), scaled to `size` pixels, mirrored or not."""

    left: int
    top: int
    side: int
    size: int
    mirror: bool

    def apply(self, image):
        """(H, W) or (H, W, C) -> (size, size[, C]); what lies outside the image is reflected."""
        height, width = image.shape[:2]
        before = (max(0, -self.top), max(0, -self.left))
        after = (max(0, self.top + self.side - height), max(0, self.left + self.side - width))
        part = image[max(0, self.top) : self.top + self.side, max(0, self.left) : self.left + self.side]
        if any(before + after):
            part = cv2.copyMakeBorder(part, before[0], after[0], before[1], after[1], cv2.BORDER_REFLECT)
        if self.side != self.size:
            method = cv2.INTER_AREA if self.side > self.size else cv2.INTER_LINEAR
            part = cv2.resize(part, (self.size, self.size), interpolation=method)
        return np.ascontiguousarray(part[:, ::-1] if self.mirror else part)


def random_crop(shape, size, scales, rng, margin=0, centre=None):
    """A random crop of an image of `shape` (H, W, ...) with the aspect ratio kept.

    size: pixels of the result. scales: (low, high) result pixels per source pixel, drawn log-uniformly; raised where the
    image is too small. margin: pixels of the result that may lie outside the image on each side, for filters that need
    surroundings. rng: numpy Generator. centre: (x, y) in source pixels near which the crop is centred, within the image.
    """
    scale = np.exp(rng.uniform(*np.log(scales)))
    scale = max(scale, (size - 2 * margin) / min(shape[:2]))
    side, outside = round(size / scale), int(margin / scale)

    def place(length, wanted):
        low, high = -outside, max(length - side + outside, -outside)
        if wanted is None:
            return int(rng.integers(low, high + 1))
        shift = rng.uniform(-0.15, 0.15) * side
        return int(np.clip(wanted - side / 2 + shift, low, high))

    x, y = centre if centre is not None else (None, None)
    return Crop(place(shape[1], x), place(shape[0], y), side, size, bool(rng.random() < 0.5))


def squeezed(image, side):
    """uint8 (H, W) or (H, W, C) -> (side, side[, C]), averaged where it gets smaller."""
    shrinks = image.shape[0] * image.shape[1] > side * side
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
