"""What a picture file says of itself before it is decoded: its size and how it is turned."""
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image

FACTORS = (8, 4, 2)  # a JPEG decoder gives a picture at one of these parts of its size, in less time than the whole


@dataclass(frozen=True)
class Header:
    """width, height: pixels as stored, of a TIFF as it is seen. orientation: EXIF's 1 .. 8; from 5 on, the upright picture has its sides swapped."""

    width: int
    height: int
    orientation: int

    def factor(self, least):
        """The largest of 8, 4, 2 and 1 by which the short side can be divided and stay at least `least` pixels."""
        return next((factor for factor in FACTORS if min(self.width, self.height) // factor >= least), 1)

    def upright_shape(self, factor=1):
        """(height, width) of the picture as it is seen, at 1/factor of its size."""
        sides = (-(-self.height // factor), -(-self.width // factor))
        return sides[::-1] if self.orientation >= 5 else sides

    def upright(self, points, factor=1):
        """Points (N, 2) in stored pixels, x then y, as points of the picture as it is seen, at 1/factor of its size."""
        x, y = np.asarray(points, np.float32).T
        if self.orientation in (2, 3, 7, 8):
            x = self.width - x
        if self.orientation in (3, 4, 6, 7):
            y = self.height - y
        return np.stack((y, x) if self.orientation >= 5 else (x, y), axis=1) / np.float32(factor)


def orientation_of(image):
    """EXIF's orientation of an opened picture, 1 where it says nothing sensible: a damaged block does not make a picture unusable.

    The size that Pillow gives of a TIFF is of the upright picture already.
    """
    try:
        orientation = 1 if image.format == "TIFF" else image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # Pillow meets damages with errors of many kinds
        return 1
    return orientation if orientation in range(1, 9) else 1


def read_header(path):
    """The Header of a picture file; None if it has none that can be read."""
    try:
        with Image.open(path) as image:
            return Header(*image.size, orientation_of(image))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
