"""Half tones: the blend, its subject above all, is modelled with the shading of the pencil drawing.

The blend has firm outlines and shades what is dark. What is between dark and light, a grey animal or a red saucer, it leaves as an empty
shape, which the pencil drawing shades, if palely. So that goes over its own strokes again, until they are somewhat darker than the photo,
for hatching stands for tone and is seen beside white paper, and the darker ink of the two is taken. Faces get what the pencil drawing has,
for more would bury their features, and what lies behind the subject gets a share of that ink, to set the subject off: none where the photo
is out of focus, for smudges there are no things.
"""
import cv2
import numpy as np

from data.filters import blur, enlarged, halved, ramp
from utils.bands import in_bands
from utils.close_ups import in_faces
from utils.greys import paper
from utils.lightest_grey import DIMMEST
from utils.style import CANDIDATES

MODEL = CANDIDATES  # number of the pencil drawing
TIMES = 3  # that its strokes are drawn at most, one over the other: of two, surfaces stay pale, of more than three, textures clot
DARKER = 1.4, 0.15  # most ink, of the photo's darkness, which is 1 at black, and in addition to it: found by what is liked
ELSEWHERE = 0.6  # share of that ink behind the subject: with none things there are empty, with all their tone is often flat,
AROUND, FOCUS = 0.04, (0.1, 0.25)  # photo's sides, deviation of a Gaussian: in focus is where sharp steps have such a mean
CELL = 4  # pixels: what belongs to the photo and not to single strokes is found for squares of this side, see cells()
SOFT = 2.0  # CELLs, deviation of the Gaussian over which ink and greys are averaged, wider than the strokes
LEAST, FULL = 0.02, 0.97  # ink that counts as none, and as all
BAND = 512  # rows at once, which bounds the memory


def modelled(sketch, pencil, working, foreground, detail=0.0):
    """The sketch with the ink of the pencil drawing, up to TIMES times over, where that is darker. Nothing gets lighter.

    sketch, pencil: (H, W), both uint8 or both utils.greys. working: the photo at their size, see utils.working. foreground: a
    utils.background.FoundForeground; without a subject in it, all of the photo is modelled. detail: as in utils.style: below 0 less
    of that ink, none at -1; above 0 more layers than the photo is dark, all TIMES at 1, and more of it behind the subject, at 1 all.
    Returns (H, W) as the sketch.
    """
    full = paper(sketch)

    def darker(sketch, pencil, *parts):
        share, more = (enlarged(part, CELL, sketch.shape) for part in parts)
        layer = full - cv2.multiply(full - pencil, more, scale=1 / full)
        left = pencil
        for _ in range(TIMES - 1):
            left = cv2.multiply(left, layer, scale=1 / full)
        return cv2.min(sketch, full - cv2.multiply(full - left, share, scale=1 / full))

    more = again(pencil, working, max(0, detail))
    share = cv2.resize(shares(working.steps, foreground, detail), more.shape[::-1], interpolation=cv2.INTER_LINEAR)
    parts = (np.rint(full * part).astype(sketch.dtype) for part in (share, more))
    return in_bands(darker, BAND, CELL, sketch, pencil, *parts)


def shares(steps, foreground, detail):
    """The share of the pencil drawing's ink for each cell of the map of the foreground: float32 (h, w) in [0, 1].

    steps: the sharp ones of the photo, uint8 (h', w'), see utils.sharp_steps. foreground, detail: as in modelled().
    """
    found = foreground.in_front
    sharp = cv2.resize(steps, found.shape[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
    focus = ramp(blur(sharp, AROUND * max(found.shape)), *FOCUS)
    left_out = (1 - found) * np.float32(1 - ELSEWHERE * focus)
    return min(1, 1 + detail) * (1 - (1 - max(0, detail)) * left_out)


def cells(image):
    """An image (H, W) averaged over squares of CELL x CELL pixels: (H / 4, W / 4), rounded up."""
    return halved(halved(image))


def again(pencil, working, least=0.0):
    """How strong the layers of strokes over the first are, float32 in [0, 1] for cells(). pencil, working: as in modelled().

    least: share of what is missing to 1 that comes on top. Of n layers of the mean ink m, 1 - (1 - m)^n of the paper would be covered if
    each had strokes of its own; over the same strokes it is less. From that follows how many may at most reach the darkness of the photo.
    """
    smooth = lambda image: cv2.GaussianBlur(np.float32(cells(image)), (0, 0), SOFT, borderType=cv2.BORDER_REFLECT)
    darkness = 1 - smooth(working.gray) / max(DIMMEST, working.lightest)
    most = (DARKER[0] * darkness + DARKER[1]).clip(0, FULL)
    ink = (1 - smooth(pencil) / paper(pencil)).clip(LEAST, FULL)
    layers = np.log(1 - most) / np.log(1 - ink)
    more = 1 - (1 - least) * (1 - ((layers - 1) / (TIMES - 1)).clip(0, 1))
    if len(working.faces):
        more *= 1 - in_faces(working.faces, more.shape, 1 / CELL)
    return more
