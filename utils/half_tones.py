"""Half tones: the blend's subject is modelled with the shading of the pencil drawing.

The blend has firm outlines and shades what is dark. What is between dark and light, a grey animal or a red saucer, it leaves as an empty
shape, which the pencil drawing shades. So the darker ink of the two is taken. What lies behind the subject stays as it is, to set
it off.
"""
import cv2
import numpy as np

from utils.background import left_ink
from utils.bands import in_bands
from utils.greys import depth, paper
from utils.style import CANDIDATES

MODEL = CANDIDATES  # number of the pencil drawing
BAND = 512  # rows at once, which bounds the memory


def modelled(sketch, pencil, foreground, amount=1.0):
    """The sketch with the ink of the pencil drawing where that is darker: (H, W) as both, uint8 or utils.greys. Nothing gets lighter.

    foreground: a map of the whole photo, see utils.background; without a subject in it, all of the photo is modelled. amount: share
    of the pencil drawing's ink, 0 (none) to 1.
    """
    share = np.uint8(np.rint(255 * amount * left_ink(foreground, 0.0)))
    if not share.any():
        return sketch
    share = cv2.resize(share, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    full = paper(sketch)

    def darker(sketch, pencil, share):
        ink = cv2.multiply(full - pencil, share, scale=1 / 255, dtype=depth(sketch))
        return cv2.min(sketch, full - ink)

    return in_bands(darker, BAND, 0, sketch, pencil, share)
