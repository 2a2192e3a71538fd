"""Guidance: the drawings that the candidates learn from, made of one photo and its maps.

Lines and marks are those of data.marks, and the stroke field turns tone into hatching. Ink maps are float32 (H, W) in [0, 1],
1 = full ink.
"""
import cv2
import numpy as np

from .blacks import blacks
from .filters import blur, darker_than_surroundings, ramp
from .light import modelling
from .marks import Marks, Measures, marks
from .overview import depth, overview
from .shading import CONTRAST, hatching, softened, stroke_textures

DRAWINGS = ("outline", "contour", "detail", "shaded", "pencil", "blend")  # five candidates, sparse to dense, and the sketch
SPOTTED = (0.0, 0.0, 0.0, 1.0, 0.6, 1.0)  # share of the spotted blacks in each of them
FINER = 1.5  # where lines crowd, they are this much thinner than where there is space
CROWDED = (0.14, 0.24)  # mean ink of the contours around a pixel: from the first on lines are thinner, from the second on by FINER
AROUND = 14  # pixels: deviation of the Gaussian that this mean is taken with, wide enough for a lone bold line to be no crowd
DEEP = 0.1  # added to the blend's hatching where it is darkest


def unite(*inks):
    """Ink of several layers drawn over each other: 1 - the product of what each leaves of the paper."""
    paper = 1 - inks[0]
    for ink in inks[1:]:
        paper = paper * (1 - ink)
    return 1 - paper


def planes(shown, shape):
    """The three planes of a map uint8 (H, W, 3) in [0, 1], float32 (3, H, W); zeros of `shape` (H, W) for None."""
    return np.zeros((3, *shape), np.float32) if shown is None else shown.transpose(2, 0, 1) / np.float32(255)


def finer(found, measures, faces, drawn):
    """The Marks `found` with thinner lines where they crowd, as with a finer pen: small faces, far things.

    The finer ones are the marks of the photo enlarged by FINER, reduced again, somewhat darker, for a thin line is pale.
    """
    crowd = blur(ramp(blur(found.contour, AROUND), *CROWDED), 5)
    if crowd.max() < 0.02:
        return found
    height, width = crowd.shape
    size = round(FINER * width), round(FINER * height)

    def enlarged(image):
        return cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)

    maps = measures.semantic, measures.fine, measures.foreground
    large = Measures(enlarged(measures.rgb), *(enlarged(one).clip(0, 1) for one in maps))
    thin = marks(large, *(enlarged(plane).clip(0, 1) for plane in (faces, drawn)))
    reduced = thin.map(lambda ink: np.minimum(1.15 * cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA), 1))
    return found.mixed(reduced, crowd)


def lettered(found, letters):
    """The Marks `found` with words written as in a letter map in [0, 1], (3, H, W), in place of what else is drawn there."""
    ink, where, _ = letters
    return found.mixed(Marks(outline=0.9 * ink, contour=ink, detail=ink, inner=ink, grey=0.75 * ink), where)


def spotted(measures, found, white, allowed, strokes):
    """Ink of spotted blacks where lines are near and `allowed`, in [0, 1], float32 (H, W); greys are strokes. white: of the photo."""
    near = ramp(blur(found.detail, 12), 0.02, 0.07) * ramp(blur(measures.step * measures.sharp, 12), 0.03, 0.12)
    ink = blacks(measures.gray, white) * near * allowed
    return hatching(ink, strokes, CONTRAST * np.minimum(2 * (1 - ink), 1))


def drawings(rgb, semantic, fine, face=None, letters=None, foreground=None, *, whole=None, origin=(0, 0)):
    """The guidance of one photo or crop.

    rgb: uint8 (H, W, 3). semantic, fine: edge maps, float32 (H, W), 1 = edge. face, letters: face map and letter map, uint8
    (H, W, 3), see data.faces and data.letters, or None. foreground: float32 (H, W) in [0, 1], 1 = what the photo is of, or
    None: strands are drawn on it. whole: Overview of the photo of which this is a crop; None: this is the photo.
    origin: (y, x) of the first pixel in the stroke field. Returns float32 ink (6, H, W), see DRAWINGS.
    """
    if whole is None:
        whole = overview(rgb, semantic)
    m = Measures(rgb, semantic, fine, foreground)
    drawn, faces, shade = planes(face, m.gray.shape)
    letters = planes(letters, m.gray.shape)
    found = lettered(finer(marks(m, faces, drawn), m, faces, drawn), letters)
    bare = 1 - letters[1]  # words are not hatched

    strokes = stroke_textures(m.gray, origin)
    tone = whole.subject * depth(softened(m.gray, m.texture), whole.light, whole.deep) ** 1.1
    modelled = modelling(m.relief, m.texture)
    tone *= modelled
    tone = bare * (tone + faces * (0.8 * shade - tone))
    broad = ramp(darker_than_surroundings(blur(m.smooth, 0.8), 10), 0.06, 0.7) * m.focused * (1 - 0.6 * m.texture)
    broad *= np.minimum(2 * whole.subject, 1) * bare
    shaded = unite(found.detail, hatching(np.minimum(0.45 * tone + 0.15 * broad * m.gate, 0.5), strokes, CONTRAST))

    # Pencil: lines are thin and grey, tone is graded.
    even = m.even + m.texture * (blur(m.bright, 9) - m.even)
    graphite = 0.56 * whole.subject * ramp(whole.light_evened - even, 0.05, 0.5) * modelled + 0.2 * broad
    graphite = bare * (graphite + faces * (0.5 * shade - graphite))
    pencil = unite(found.grey, hatching(np.clip(graphite, 0, 0.7), strokes, 0.6))

    focus = ramp(blur(semantic, 16), 0.02, 0.10)
    hatch = 0.3 * ramp(tone, 0.15, 1) + DEEP * ramp(tone, 0.6, 1)
    blend = unite(found.contour, (0.35 + 0.65 * focus) * found.inner, hatching(hatch, strokes, CONTRAST))
    spots = spotted(m, found, whole.white, bare * (1 - 0.85 * faces), strokes)
    plain = np.stack([found.outline, found.contour, found.detail, shaded, pencil, blend]).astype(np.float32)
    return np.maximum(plain, np.float32(SPOTTED)[:, None, None] * spots)
