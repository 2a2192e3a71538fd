"""Half tones: the blend's subject is modelled with the shading of the pencil drawing.

The blend has firm outlines and shades what is dark. What is between dark and light, a grey animal or a red saucer, it leaves as an empty
shape, which the pencil drawing shades, if palely. So that goes over its own strokes again, up to the darkness that the photo has, and
the darker ink of the two is taken. Faces get what the pencil drawing has, for more would bury their features, and what lies
behind the subject stays as it is, to set it off: the map of the subject is brought to the photo's own borders, or a dark rim would
surround what is light.
"""
import cv2
import numpy as np

from data.filters import guided, halved
from utils.background import in_front
from utils.bands import in_bands
from utils.close_ups import in_faces
from utils.darkness import lightest
from utils.greys import paper
from utils.style import CANDIDATES

MODEL = CANDIDATES  # number of the pencil drawing
TIMES = 3  # that its strokes are drawn at most, one over the other: of two, surfaces stay pale, of more than three, textures clot
DARKER = 1.4, 0.15  # most ink, of the photo's darkness, which is 1 at black, and in addition to it
DIMMEST = 16  # grey from 0 to 255 that is as light as a photo's lightest at least: in the dark, noise has no tones
SOFT = 2.0  # CELLs, deviation of the Gaussian over which ink and greys are averaged, wider than the strokes
LEAST, FULL = 0.02, 0.97  # ink that counts as none, and as all
WINDOW = 9  # CELLs, side of the square over which the map of the subject is fitted to the photo's grey
NOISE = 0.004  # variance of the grey, from 0 to 1, up to which such a square counts as of one tone
CELL = 4  # pixels: what belongs to the photo and not to single strokes is found for squares of this side
BAND = 512  # rows at once, which bounds the memory


def modelled(sketch, pencil, working, foreground, amount=1.0):
    """The sketch with the ink of the pencil drawing, up to TIMES times over, where that is darker. Nothing gets lighter.

    sketch, pencil: (H, W), uint8 or utils.greys. working: the photo at their size, see utils.working. foreground: its map, see
    utils.background; without a subject in it, all of the photo is modelled. amount: share of that ink, 0 (none) to 1.
    """
    full = paper(sketch)

    def darker(sketch, pencil, *parts):
        share, more = (cv2.resize(part, None, fx=CELL, fy=CELL, interpolation=cv2.INTER_LINEAR)[: len(sketch), : sketch.shape[1]] for part in parts)
        layer = full - cv2.multiply(full - pencil, more, scale=1 / full)
        left = pencil
        for _ in range(TIMES - 1):
            left = cv2.multiply(left, layer, scale=1 / full)
        return cv2.min(sketch, full - cv2.multiply(full - left, share, scale=1 / full))

    parts = amount * front(foreground, working.gray), again(pencil, working)
    return in_bands(darker, BAND, CELL, sketch, pencil, *(np.rint(full * part).astype(sketch.dtype) for part in parts))


def front(foreground, gray):
    """Where the subject is, by the photo's own borders: float32 (h, w) in [0, 1] for the CELLs of the grey, uint8 (H, W)."""
    found = in_front(foreground)
    half = halved(gray)
    quarter = halved(half)
    if found.min() == 1:
        return np.ones(quarter.shape, np.float32)
    found = cv2.resize(found, half.shape[::-1], interpolation=cv2.INTER_LINEAR)
    a, b = guided(half / np.float32(255), found, np.ones_like(found), WINDOW, NOISE)
    return (a * quarter / np.float32(255) + b).clip(0, 1)


def again(pencil, working):
    """How strong the layers of strokes over the first are, float32 (h, w) in [0, 1] for CELLs. Arguments as in modelled().

    Of n layers of the mean ink m, 1 - (1 - m)^n of the paper is covered: from that follows how many reach the darkness of the photo.
    """
    smooth = lambda image: cv2.GaussianBlur(np.float32(halved(halved(image))), (0, 0), SOFT, borderType=cv2.BORDER_REFLECT)
    darkness = 1 - smooth(working.gray) / max(DIMMEST, lightest(working.gray))
    most = (DARKER[0] * darkness + DARKER[1]).clip(LEAST / 2, FULL)
    ink = (1 - smooth(pencil) / paper(pencil)).clip(LEAST, FULL)
    layers = np.log1p(-most) / np.log1p(-ink)
    more = ((layers - 1) / (TIMES - 1)).clip(0, 1)
    if len(working.faces):
        more *= 1 - in_faces(working.faces, more.shape, 1 / CELL)
    return more
