"""Pictures on their way into the network: arrays of any kind as bytes, photos at the size at which they are drawn."""
import dataclasses
import functools

import cv2
import numpy as np

from model.generator import MIN_SIDE
from utils.defaults import MAX_ENLARGEMENT
from utils.frame import widths
from utils.lightest_grey import LIGHT, grey_at, up_to
from utils.resize import reduced, resize
from utils.sharp_steps import sharp_steps


@dataclasses.dataclass(frozen=True)
class Working:
    """A photo at the size at which it is drawn."""

    pixels: np.ndarray  # uint8 (h', w', 3), sides of at least MIN_SIDE
    shape: tuple[int, int]  # (h, w) without the padding of small sides
    size: tuple[int, int]  # (H, W) of the photo itself
    faces: tuple | np.ndarray = ()  # left, top, width and height of those that were looked for, in pixels of the photo as it is drawn
    close_ups: tuple = ()  # of the small ones, see utils.close_ups

    def trim(self, drawn):
        """(..., h', w') -> (..., h, w), without the padding."""
        return drawn[..., : self.shape[0], : self.shape[1]]

    @property
    def photo(self):
        """The pixels without the padding: (h, w, 3)."""
        return self.pixels[: self.shape[0], : self.shape[1]]

    def smaller(self, size):
        """The Working of the photo as it is drawn, brought to a long side of `size` pixels, for what is looked at as a whole. It is kept."""
        if size not in self._smaller:
            self._smaller[size] = to_working(self.photo, size, reduced)
        return self._smaller[size]

    @functools.cached_property
    def _smaller(self):
        """{size: smaller(size)} of those that were asked for."""
        return {}

    @functools.cached_property
    def gray(self):
        """The photo in grey: uint8 (h, w)."""
        return cv2.cvtColor(self.photo, cv2.COLOR_RGB2GRAY)

    @functools.cached_property
    def counts(self):
        """Of its greys, see utils.lightest_grey: float64 (256,)."""
        return up_to(self.gray)

    @functools.cached_property
    def lightest(self):
        """The grey that its others are relative to, see utils.lightest_grey."""
        return grey_at(self.counts, LIGHT)

    @functools.cached_property
    def bars(self):
        """Pixels of its black bars, see utils.frame: (top, bottom, left, right)."""
        return widths(self.photo)

    @functools.cached_property
    def steps(self):
        """Its sharp steps of tone: uint8 (h / 2, w / 2), rounded up, see utils.sharp_steps."""
        return sharp_steps(self.gray)


def working_shape(height, width, size):
    """(h, w): the photo's shape with its long side brought to `size` pixels, or its own for "full"."""
    if size == "full":
        return height, width
    scale = min(size / max(height, width), MAX_ENLARGEMENT)
    return max(1, round(height * scale)), max(1, round(width * scale))


def to_working(photo, size, resize=resize):
    """Photo uint8 (H, W, 3) -> Working. size: pixels of the long side, or "full". resize: the way there, one of utils.resize.

    Sides too short for the network repeat their last row or column.
    """
    pixels = resize(photo, *working_shape(*photo.shape[:2], size))
    shape = pixels.shape[:2]
    missing = [max(0, MIN_SIDE - side) for side in shape]
    if any(missing):
        pixels = np.pad(pixels, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="edge")
    return Working(pixels, shape, photo.shape[:2])


def stack(batch):
    """The pixels of Workings of one shape: uint8 (B, h', w', 3)."""
    return np.stack([one.pixels for one in batch]) if len(batch) > 1 else batch[0].pixels[None]


def array_to_bytes(array):
    """bool, uint8, uint16 or float in [0, 1], (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) -> uint8 without an axis of 1.

    ValueError for other arrays.
    """
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.ndim == 3 and array.shape[2] not in (3, 4) or not array.size:
        raise ValueError(f"an image array is (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return np.uint8(array) * np.uint8(255)
    if array.dtype == np.uint16:
        return np.uint8(array >> 8)
    if np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise ValueError("an image array of floats needs values between 0 and 1")
        return np.uint8(np.rint(array * 255))
    raise ValueError(f"an image array is uint8, uint16, bool, or float between 0 and 1, got {array.dtype}")
