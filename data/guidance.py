"""Guidance: the drawings that the candidates learn from, made of one photo and its edge maps.

Semantic edges say which lines matter, fine edges and the photo's own dark strokes say where ink goes, and the stroke
field turns tone into hatching that follows the form. Ink maps are float32 (H, W) in [0, 1], 1 = full ink.
"""
import cv2
import numpy as np

from utils.strokes import ANGLES, PERIOD, stroke_field

from .filters import blur, chroma_step, crest, dark_blobs, darker_than_surroundings, drop_specks, form, hysteresis, ramp, skin, slope, valleys

DRAWINGS = ("outline", "contour", "detail", "shaded", "pencil", "blend")  # five candidates, sparse to dense, and the sketch


def stroke_textures(flow, shape, origin):
    """Pencil strokes along the form or, where it has no direction, at 45 degrees, and strokes across them.

    flow: what form() returned. origin: (y, x) of the first pixel in the stroke field. Returns two float32 arrays of
    `shape`, mean 0.
    """
    c, s, coherence, energy = flow
    trust = ramp(coherence, 0.25, 0.6) * ramp(energy, 0.003, 0.015)
    angle = 0.5 * np.arctan2(trust * s - (1 - trust), trust * c)  # in (-pi/2, pi/2]
    step = np.float32(np.pi / len(ANGLES))
    rows, columns = ((np.arange(length) + start) % PERIOD for length, start in zip(shape, origin))
    field = [strokes[rows][:, columns] for strokes in stroke_field()]
    along, across = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for k, direction in enumerate(ANGLES):
        apart = np.abs(angle - np.float32(direction))
        weight = blur(np.clip(1 - np.minimum(apart, np.float32(np.pi) - apart) / step, 0, 1), 2.0)
        along += weight * field[k]
        across += weight * field[(k + len(ANGLES) // 2) % len(ANGLES)]
    return along, across


def hatching(tone, textures, contrast):
    """Ink of pencil strokes whose mean is about `tone`: one layer along the form, a second across it where it is dark."""
    along, across = textures
    crossed = ramp(tone, 0.45, 0.75)
    return np.clip(tone * (1 + contrast * ((1 - 0.2 * crossed) * along + 0.35 * crossed * across)), 0, 1)


def unite(*inks):
    """Ink of several layers drawn over each other: 1 - the product of what each leaves of the paper."""
    paper = 1 - inks[0]
    for ink in inks[1:]:
        paper = paper * (1 - ink)
    return 1 - paper


def lines(gray, semantic, fine, texture, busy, modelled):
    """(outline, contour): the main contours, and those with the thin inner lines. Weight follows importance."""
    step, coarse = (cv2.dilate(slope(gray, sigma), np.ones((5, 5))) for sigma in (1.2, 3.0))
    sharp = ramp(step / (coarse + 1e-4), 1.15, 1.5)  # clouds, soft shadows and blurred backgrounds have no lines
    visible = ramp(step, 0.006, 0.018) * (0.2 + 0.8 * sharp) * (1 - modelled)
    ridge, thin_ridge = crest(semantic, 1.5) * visible, crest(fine, 1.0) * visible
    main = hysteresis(ridge, 0.22, 0.55, 36)
    weight = ramp(semantic, 0.18, 0.65) * main
    bold = weight * ramp(semantic, 0.45, 0.7) * (1 - 0.8 * busy)
    outline = np.clip(np.maximum(1.9 * blur(weight, 0.75), 2.5 * blur(bold, 1.1)), 0, 1)

    second = ramp(semantic, 0.12, 0.5) * hysteresis(ridge, 0.14, 0.32, 22)
    inner = ramp(thin_ridge, 0.06, 0.45) * hysteresis(
        thin_ridge * ramp(blur(semantic, 2.5), 0.01, 0.10) * (1 - texture), 0.13, 0.32, 16
    )
    thin = np.maximum(1.5 * blur(second, 0.7), 1.6 * blur(inner, 0.65)) * (1 - 0.15 * busy)
    return outline, np.clip(np.maximum(outline * (1 - 0.1 * busy), thin), 0, 1)


def drawings(rgb, semantic, fine, origin=(0, 0)):
    """The guidance of one photo.

    rgb: uint8 (H, W, 3). semantic, fine: edge maps, float32 (H, W), 1 = edge. origin: (y, x) of the first pixel in the
    stroke field. Returns float32 ink (6, H, W), see DRAWINGS.
    """
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    smooth = cv2.bilateralFilter(gray, 7, 0.08, 5, borderType=cv2.BORDER_REFLECT)
    near = blur(semantic, 2.5)
    flow = form(gray, 10.0)
    busy = ramp(blur(semantic, 8), 0.10, 0.26)  # many contours on small space: thin strokes

    # Texture: many fine lines where the semantic detectors see few. Drawn with a few strokes only.
    density = blur((crest(fine, 1.0) > 0.2).astype(np.float32), 7)
    texture = ramp(density, 0.06, 0.14) * (1 - ramp(blur(semantic, 5), 0.10, 0.30))
    texture *= 1 - ramp(flow[2], 0.35, 0.65)  # stripes have a direction: they are a pattern to draw

    # Local contrast is evened out, so that dark fur and shadows keep their drawing.
    even = 0.6 * gray + 0.4 * cv2.createCLAHE(2.0, (4, 4)).apply(np.uint8(gray * 255)).astype(np.float32) / 255
    even = cv2.bilateralFilter(even, 5, 0.12, 3, borderType=cv2.BORDER_REFLECT)
    accents = drop_specks(ramp(darker_than_surroundings(even, 3), 0.05, 0.5) * (1 - 0.85 * texture), 0.1, 10)

    # On skin, light models the form: only dark creases (eyes, nostrils, lips) are lines there.
    creases = cv2.dilate(ramp(valleys(gray, 13), 0.05, 0.14), np.ones((5, 5)))
    borders = np.maximum(ramp(chroma_step(rgb, 2.0), 0.006, 0.014), ramp(semantic, 0.55, 0.8))
    skinned = blur(skin(rgb), 3)
    modelled = ramp(skinned, 0.75, 0.95) * (1 - blur(np.maximum(creases, borders), 1.5))
    # Faces are small and their features faint: dark spots on skin count far more than elsewhere.
    light_around = blur(gray, 4)
    faint = valleys(blur(gray, 0.5), 9) / (light_around + 0.05)
    faint *= ramp(skinned, 0.4, 0.7) * ramp(light_around, 0.15, 0.3) * ramp(blur(semantic, 12), 0.02, 0.08)
    features = drop_specks(ramp(faint, 0.05, 0.3), 0.15, 5)

    outline, contour = lines(gray, semantic, fine, texture, busy, modelled)
    gate = np.clip(0.12 + 2.2 * near + 0.7 * blur(fine, 3), 0, 1.1) * (1 - 0.8 * texture)
    wide, narrow = darker_than_surroundings(smooth, 2.6), darker_than_surroundings(smooth, 1.4)
    thin = ramp(cv2.dilate(valleys(smooth, 9), np.ones((3, 3))), 0.02, 0.10)  # beside a step, darkness is a rim, not a line
    wide *= 0.3 + 0.7 * thin
    dark = ramp((2.4 * (1 - busy) * wide + (0.8 + 2.0 * np.maximum(busy, 1 - thin)) * narrow) * gate, 0.07, 0.9)
    spots = ramp(np.maximum(dark_blobs(gray, 1.6), dark_blobs(gray, 2.6)), 0.12, 0.45) * (1 - texture)
    dark = np.maximum(drop_specks(dark, 0.12, 12), 0.9 * spots)
    contour = np.maximum(contour, np.maximum(0.8 * spots, 0.9 * ramp(features, 0.3, 1)))
    outline = np.maximum(outline, 0.9 * ramp(features, 0.6, 1) * (1 - busy))
    dark = np.maximum(dark, features)
    detail = np.clip(np.maximum(np.maximum(0.9 * contour, 1.05 * dark), accents * (0.3 + 0.7 * thin) * np.minimum(1.5 * gate, 1)), 0, 1)

    strokes = stroke_textures(flow, gray.shape, origin)
    light, deep = np.percentile(gray, (60, 2))
    soft = blur(cv2.bilateralFilter(gray, 7, 0.15, 5, borderType=cv2.BORDER_REFLECT), 1.5)
    soft += texture * (blur(soft, 9) - soft)
    depth = ramp(light - soft, 0.12, max(light - deep, 0.35))
    # Far from any contour lie sky, walls and backgrounds: paper. Within something dark the shade is even.
    subject = ramp(blur(semantic, 14), 0.02, 0.10)
    dark_around = blur(depth, 24) + 1e-3
    subject = subject + ramp(depth, 0, 0.3) * (blur(subject * depth, 24) / dark_around - subject)
    tone = subject * depth**1.1
    broad = ramp(darker_than_surroundings(blur(smooth, 0.8), 10), 0.06, 0.7) * (1 - 0.6 * texture)
    shaded = unite(detail, hatching(np.minimum(0.45 * tone + 0.15 * broad * gate, 0.5), strokes, 0.65))

    # Pencil: lines are thin and grey, tone is graded.
    even += texture * (soft - even)
    graphite = 0.55 * (0.08 + 0.92 * subject) * ramp(np.percentile(even, 60) - even, 0.05, 0.5) + 0.2 * broad
    grey_lines = np.maximum(0.45 * contour, 0.8 * np.maximum(0.8 * np.maximum(accents, narrow * gate), 0.9 * np.maximum(spots, features)))
    pencil = unite(grey_lines, hatching(np.clip(graphite, 0, 0.7), strokes, 0.6))

    focus = ramp(blur(semantic, 16), 0.02, 0.10)
    blend = unite(contour, (0.35 + 0.65 * focus) * dark, hatching(0.2 * ramp(tone, 0.25, 1), strokes, 0.65))
    return np.stack([outline, contour, detail, shaded, pencil, blend]).astype(np.float32)
