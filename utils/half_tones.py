"""Half tones: the blend's subject is modelled with the shading of the pencil drawing.

The blend has firm outlines and shades what is dark. What is between dark and light, a grey animal or a red saucer, it leaves as an empty
shape, which the pencil drawing shades, if palely. So that goes over its own strokes again, which darkens middle tones most, and the
darker ink of the two is taken. What lies behind the subject stays as it is, to set it off.
"""
import cv2
import numpy as np

from utils.background import left_ink
from utils.bands import in_bands
from utils.greys import depth, paper
from utils.style import CANDIDATES

MODEL = CANDIDATES  # number of the pencil drawing
TIMES = 3  # that its strokes are drawn, one over the other: of two, surfaces stay pale, of more than three, textures clot
BAND = 512  # rows at once, which bounds the memory


def modelled(sketch, pencil, foreground, amount=1.0):
    """The sketch with the ink of the pencil drawing, drawn TIMES times, where that is darker. Nothing gets lighter.

    sketch, pencil: (H, W), uint8 or utils.greys. foreground: a map of the whole photo, see utils.background; without a subject in
    it, all of the photo is modelled. amount: share of that ink, 0 (none) to 1.
    """
    share = np.uint8(np.rint(255 * amount * left_ink(foreground, 0.0)))
    if not share.any():
        return sketch
    share = cv2.resize(share, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    full = paper(sketch)

    def darker(sketch, pencil, share):
        left = pencil
        for _ in range(TIMES - 1):
            left = cv2.multiply(left, pencil, scale=1 / full)
        return cv2.min(sketch, full - cv2.multiply(full - left, share, scale=1 / 255, dtype=depth(sketch)))

    return in_bands(darker, BAND, 0, sketch, pencil, share)
