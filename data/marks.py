"""The lines and marks of the guidance: which of a photo's edges and dark strokes are drawn, and how wide and dark.

Semantic edges say which lines matter, fine edges and the photo's own dark strokes say where ink goes. Ink maps are float32
(H, W) in [0, 1], 1 = full ink.
"""
import dataclasses

import cv2
import numpy as np

from .filters import blur, crest, dark_blobs, darker_than_surroundings, drop_specks, focus, form, hysteresis, ramp, sharpness, valleys
from .light import denoised, evened, hollows, lit
from .skin import modelled_by_light, skin
from .strands import strands

FAINT = 0.35  # share of the strands that are neither of the foreground nor near a contour: grass and ripples, hardly pressed


class Measures:
    """What marks and shading take from a photo or crop: maps float32 (H, W), in [0, 1] where nothing else is said.

    rgb: uint8 (H, W, 3). semantic, fine: edge maps, float32 (H, W), 1 = edge. foreground: float32 (H, W) in [0, 1], 1 = what the photo
    is of, None for nothing.
    """

    def __init__(self, rgb, semantic, fine, foreground=None):
        self.rgb, self.semantic, self.fine = rgb, semantic, fine
        self.gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
        self.foreground = np.zeros_like(self.gray) if foreground is None else foreground
        self.smooth = cv2.bilateralFilter(self.gray, 7, 0.08, 5, borderType=cv2.BORDER_REFLECT)
        lifted, self.relief = lit(self.gray)  # relief: about -1 to 1
        self.lifted, self.bright = lifted, denoised(lifted)
        self.even = evened(self.bright)
        self.texture = texture_of(semantic, fine, form(self.gray, 10.0)[2])
        self.step, self.sharp = sharpness(self.gray)
        self.crisp = focus(self.step * self.sharp)
        self.focused = 0.3 + 0.7 * self.crisp  # marks of blurred backgrounds are faint
        # Where a detector sees anything, up to 1.1: there, dark strokes of the photo are drawn.
        self.gate = np.clip(0.12 + 2.2 * blur(semantic, 2.5) + 0.7 * blur(fine, 3), 0, 1.1) * (1 - 0.8 * self.texture)


@dataclasses.dataclass(frozen=True)
class Marks:
    """Ink of the lines and marks that the drawings are composed of."""

    outline: np.ndarray  # the main contours
    contour: np.ndarray  # and the thin inner lines
    detail: np.ndarray  # and dark strokes, spots and accents
    inner: np.ndarray  # what the blend has beside contours
    grey: np.ndarray  # the thin grey lines of the pencil drawing

    def map(self, change):
        """The Marks whose maps are change(map)."""
        return Marks(*(change(ink) for ink in dataclasses.astuple(self)))

    def mixed(self, other, share):
        """These marks where `share`, float32 (H, W) in [0, 1], is 0, the other ones where it is 1."""
        return Marks(*(a + share * (b - a) for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other))))


def lines(semantic, fine, visible, texture, busy):
    """(outline, contour): the main contours, and those with the thin inner lines. Weight follows importance.

    visible: where the photo shows a line at all, in [0, 1].
    """
    ridge, thin_ridge = crest(semantic, 1.5) * visible, crest(fine, 1.0) * visible
    main = hysteresis(ridge, 0.22, 0.55, 36)
    weight = (0.4 + 0.6 * ramp(semantic, 0.2, 0.9)) * main
    bold = ramp(semantic, 0.4, 0.9) * main * (1 - 0.8 * busy)
    outline = np.clip(np.maximum(1.9 * blur(weight, 0.75), 2.5 * blur(bold, 1.1)), 0, 1)

    second = ramp(semantic, 0.12, 0.5) * hysteresis(ridge, 0.14, 0.32, 22)
    inner = ramp(thin_ridge, 0.06, 0.45) * hysteresis(
        thin_ridge * ramp(blur(semantic, 2.5), 0.01, 0.10) * (1 - texture), 0.13, 0.32, 16
    )
    thin = np.maximum(1.85 * blur(second, 0.7), 2.0 * blur(inner, 0.65)) * (1 - 0.15 * busy)
    return outline, np.clip(np.maximum(outline, thin), 0, 1)


def texture_of(semantic, fine, coherence):
    """Where many fine lines are and the semantic detectors see few: grass, gravel, fur. Drawn with a few strokes only."""
    density = blur((crest(fine, 1.0) > 0.2).astype(np.float32), 7)
    texture = ramp(density, 0.06, 0.14) * (1 - ramp(blur(semantic, 5), 0.10, 0.30))
    return texture * (1 - ramp(coherence, 0.35, 0.65))  # stripes have a direction: they are a pattern to draw


def thinned(ink, strokes, bare):
    """A few `strokes` in place of marks that crowd: foliage is suggested, not filled with crumbs. bare: where no contour is near."""
    crowded = ramp(blur(ink, 9), 0.10, 0.26) * blur(bare, 3)
    return ink + blur(crowded, 2) * (0.6 * strokes - ink)


def marks(measures, faces, drawn):
    """The Marks of a photo or crop.

    faces, drawn: where faces are and the ink of their features, float32 (H, W), see data.faces.
    """
    m, semantic, fine = measures, measures.semantic, measures.fine
    busy = ramp(blur(semantic, 8), 0.10, 0.26)  # many contours on small space: thin strokes

    # Dark strokes of the photo itself. Beside a step, darkness is a rim, not a line: only narrow strokes are drawn there.
    thin = ramp(cv2.dilate(valleys(m.bright, 9), np.ones((3, 3))), 0.02, 0.10)
    wide, narrow = darker_than_surroundings(m.smooth, 2.6) * (0.3 + 0.7 * thin), darker_than_surroundings(m.smooth, 1.4)
    dark = ramp((2.4 * (1 - busy) * wide + (0.8 + 2.0 * np.maximum(0.3 * busy, 1 - thin)) * narrow) * m.gate, 0.07, 0.9)
    spots = ramp(np.maximum(dark_blobs(m.gray, 1.6), dark_blobs(m.gray, 2.6)), 0.12, 0.45) * (1 - m.texture)
    spots *= 0.1 + 0.9 * ramp(blur(fine, 2), 0.02, 0.08)  # gaps between leaves have no edge: they stay faint
    # The photo's strokes count less in faces, and near features that a face map draws hardly at all: they would fill the eyes.
    featured = blur(cv2.dilate(drawn, np.ones((7, 7))), 1.5)
    beside = 1 - faces * (0.4 + 0.5 * featured)
    naked = blur(skin(m.rgb), 3)
    near = m.focused * ramp(blur(semantic, 12), 0.015, 0.05)
    strokes = strands(m.lifted) * np.maximum(near, m.crisp * np.maximum(m.foreground, FAINT))  # faint on lawns and sand
    dark = np.maximum.reduce([drop_specks(dark, 0.12, 12), 0.9 * spots]) * m.focused * beside
    dark = np.maximum(dark, drawn)
    darker = darker_than_surroundings(m.even, 3)
    accents = ramp(darker - 0.7 * blur(darker, 9), 0.03, 0.25) * (1 - 0.85 * m.texture) * ramp(blur(fine, 2), 0.01, 0.08) * m.focused
    accents = drop_specks(accents, 0.1, 10)

    visible = m.step * (0.2 + 0.8 * m.sharp) * (1 - modelled_by_light(m.rgb, m.gray, semantic, naked))
    outline, contour = lines(semantic, fine, visible, m.texture, busy)
    outline = np.maximum(outline * beside, ramp(drawn, 0.15, 0.65))
    contour = np.maximum(np.maximum(contour, 0.8 * spots) * beside, ramp(drawn, 0.3, 0.8))
    bare = 1 - ramp(blur(contour, 2), 0.08, 0.25)
    dark, accents = (thinned(ink, strokes, bare) for ink in (dark, accents))
    dark = np.maximum(dark, bare * strokes * (0.7 - faces * (0.4 * naked + 0.25 * featured)))
    dim = ramp(blur(m.bright - m.gray, 3), 0.04, 0.12) * ramp(blur(semantic, 12), 0.02, 0.08)
    deep = accents * (0.3 + 0.7 * thin) * np.minimum(1.5 * m.gate + 0.6 * dim, 1)
    deep = np.maximum(deep, drop_specks(hollows(m.relief, dim * m.crisp * (1 - m.texture)), 0.12, 12)) * beside
    detail = np.clip(np.maximum.reduce([0.9 * contour, 1.05 * dark, deep]), 0, 1)
    inner = np.maximum(dark, 0.9 * deep * (1 - 0.5 * ramp(blur(deep, 9), 0.06, 0.14)))  # in foliage, fewer
    grey = np.maximum.reduce([0.4 * contour, 0.64 * accents, 0.64 * narrow * m.gate, 0.72 * spots, 0.45 * bare * strokes])
    return Marks(outline, contour, detail, inner, np.maximum(grey * beside, 0.8 * drawn))
