"""Guidance: the drawings that the candidates learn from, made of one photo and its edge maps.

Semantic edges say which lines matter, fine edges and the photo's own dark strokes say where ink goes, and the stroke
field turns tone into hatching that follows the form. Ink maps are float32 (H, W) in [0, 1], 1 = full ink.
"""
import cv2
import numpy as np

from .filters import blur, crest, dark_blobs, darker_than_surroundings, drop_specks, form, hysteresis, ramp, sharpness, valleys
from .light import denoised, evened, hollows, lit, modelling
from .overview import depth, overview
from .shading import hatching, softened, stroke_textures
from .skin import modelled_by_light, skin

DRAWINGS = ("outline", "contour", "detail", "shaded", "pencil", "blend")  # five candidates, sparse to dense, and the sketch


def unite(*inks):
    """Ink of several layers drawn over each other: 1 - the product of what each leaves of the paper."""
    paper = 1 - inks[0]
    for ink in inks[1:]:
        paper = paper * (1 - ink)
    return 1 - paper


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


def thinned(ink, bare):
    """Fewer, finer and fainter marks where they crowd: foliage is suggested, not filled with crumbs. bare: where no contour is near."""
    crowded = ramp(blur(ink, 9), 0.10, 0.26) * blur(bare, 3)
    few = 0.55 * drop_specks(ramp(ink, 0.45, 1), 0.2, 30)
    return ink + blur(crowded, 2) * (few - ink)


def drawings(rgb, semantic, fine, face=None, *, whole=None, origin=(0, 0)):
    """The guidance of one photo or crop.

    rgb: uint8 (H, W, 3). semantic, fine: edge maps, float32 (H, W), 1 = edge. face: face map, uint8 (H, W, 3), see
    data.faces, or None. whole: Overview of the photo of which this is a crop; None: this is the photo. origin: (y, x) of the
    first pixel in the stroke field. Returns float32 ink (6, H, W), see DRAWINGS.
    """
    if whole is None:
        whole = overview(rgb, semantic)
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    smooth = cv2.bilateralFilter(gray, 7, 0.08, 5, borderType=cv2.BORDER_REFLECT)
    lifted, relief = lit(gray)
    bright = denoised(lifted)
    even = evened(bright)
    flow = form(gray, 10.0)
    texture = texture_of(semantic, fine, flow[2])
    busy = ramp(blur(semantic, 8), 0.10, 0.26)  # many contours on small space: thin strokes
    skinned = blur(skin(rgb), 3)

    step, sharp = sharpness(gray)
    crisp = ramp(blur(step * sharp, 4), 0.12, 0.45)
    focused = 0.3 + 0.7 * crisp  # marks of blurred backgrounds are faint

    # Dark strokes of the photo itself. Beside a step, darkness is a rim, not a line: only narrow strokes are drawn there.
    gate = np.clip(0.12 + 2.2 * blur(semantic, 2.5) + 0.7 * blur(fine, 3), 0, 1.1) * (1 - 0.8 * texture)
    thin = ramp(cv2.dilate(valleys(bright, 9), np.ones((3, 3))), 0.02, 0.10)
    wide, narrow = darker_than_surroundings(smooth, 2.6) * (0.3 + 0.7 * thin), darker_than_surroundings(smooth, 1.4)
    dark = ramp((2.4 * (1 - busy) * wide + (0.8 + 2.0 * np.maximum(0.3 * busy, 1 - thin)) * narrow) * gate, 0.07, 0.9)
    spots = ramp(np.maximum(dark_blobs(gray, 1.6), dark_blobs(gray, 2.6)), 0.12, 0.45) * (1 - texture)
    spots *= 0.1 + 0.9 * ramp(blur(fine, 2), 0.02, 0.08)  # gaps between leaves have no edge: they stay faint
    drawn, faces, shade = (np.zeros((3, *gray.shape), np.float32) if face is None else face.transpose(2, 0, 1) / np.float32(255))
    dark = np.maximum.reduce([drop_specks(dark, 0.12, 12), 0.9 * spots]) * focused * (1 - 0.5 * faces)
    dark = np.maximum(dark, drawn)
    darker = darker_than_surroundings(even, 3)
    accents = ramp(darker - 0.7 * blur(darker, 9), 0.03, 0.25) * (1 - 0.85 * texture) * ramp(blur(fine, 2), 0.01, 0.08) * focused
    accents = drop_specks(accents, 0.1, 10)

    visible = step * (0.2 + 0.8 * sharp) * (1 - modelled_by_light(rgb, gray, semantic, skinned))
    outline, contour = lines(semantic, fine, visible, texture, busy)
    outline = np.maximum(outline * (1 - 0.4 * faces), ramp(drawn, 0.3, 0.9))
    contour = np.maximum(np.maximum(contour, 0.8 * spots) * (1 - 0.4 * faces), ramp(drawn, 0.1, 0.8))
    bare = 1 - ramp(blur(contour, 2), 0.08, 0.25)
    dark, accents = (thinned(ink, bare) for ink in (dark, accents))
    dim = ramp(blur(bright - gray, 3), 0.04, 0.12) * ramp(blur(semantic, 12), 0.02, 0.08)
    deep = accents * (0.3 + 0.7 * thin) * np.minimum(1.5 * gate + 0.6 * dim, 1)
    deep = np.maximum(deep, drop_specks(hollows(relief, dim * crisp * (1 - texture)), 0.12, 12))
    detail = np.clip(np.maximum.reduce([0.9 * contour, 1.05 * dark, deep]), 0, 1)

    strokes = stroke_textures(flow, gray.shape, origin)
    soft = softened(gray, texture)
    tone = whole.subject * depth(soft, whole.light, whole.deep) ** 1.1
    modelled = modelling(relief, texture)
    tone *= modelled
    tone += faces * (0.8 * shade - tone)
    broad = ramp(darker_than_surroundings(blur(smooth, 0.8), 10), 0.06, 0.7) * focused * (1 - 0.6 * texture)
    broad *= np.minimum(2 * whole.subject, 1)
    shaded = unite(detail, hatching(np.minimum(0.45 * tone + 0.15 * broad * gate, 0.5), strokes, 0.65))

    # Pencil: lines are thin and grey, tone is graded.
    even += texture * (blur(bright, 9) - even)
    graphite = 0.56 * whole.subject * ramp(whole.light_evened - even, 0.05, 0.5) * modelled + 0.2 * broad
    graphite += faces * (0.5 * shade - graphite)
    grey_lines = np.maximum.reduce([0.4 * contour, 0.64 * accents, 0.64 * narrow * gate, 0.72 * spots])
    grey_lines = np.maximum(grey_lines * (1 - 0.4 * faces), 0.8 * drawn)
    pencil = unite(grey_lines, hatching(np.clip(graphite, 0, 0.7), strokes, 0.6))

    focus = ramp(blur(semantic, 16), 0.02, 0.10)
    inner = np.maximum(dark, 0.9 * deep * (1 - 0.5 * ramp(blur(deep, 9), 0.06, 0.14)))  # in foliage, fewer
    blend = unite(contour, (0.35 + 0.65 * focus) * inner, hatching(0.3 * ramp(tone, 0.15, 1), strokes, 0.65))
    return np.stack([outline, contour, detail, shaded, pencil, blend]).astype(np.float32)
