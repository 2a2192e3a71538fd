"""Guidance: the drawings that the candidates learn from, made of one photo and its edge maps.

Semantic edges say which lines matter, fine edges and the photo's own dark strokes say where ink goes, and the stroke
field turns tone into hatching that follows the form. Ink maps are float32 (H, W) in [0, 1], 1 = full ink.
"""
import cv2
import numpy as np

from utils.strokes import ANGLES, PERIOD, stroke_field

DRAWINGS = ("outline", "contour", "detail", "shaded", "pencil", "blend")  # five candidates, sparse to dense, and the sketch


def blur(image, sigma):
    """Gaussian blur with reflected borders."""
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def ramp(values, low, high):
    """0 below `low`, 1 above `high`, linear between."""
    return np.clip((values - low) / (high - low), 0, 1)


def crest(edges, sigma):
    """The edge map on the ridges of its lines, 0 elsewhere: non-maximum suppression across the Hessian's main direction.

    Source: Canny (1986), with the direction of the second derivative as for ridges in Steger (1998).
    """
    smooth = blur(edges, sigma)
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((2, 0), (0, 2), (1, 1)))
    along = 0.5 * np.arctan2(2 * xy, xx - yy)
    nx, ny = -np.sin(along), np.cos(along)
    v, u = np.mgrid[0 : edges.shape[0], 0 : edges.shape[1]].astype(np.float32)
    beside = [cv2.remap(smooth, u + s * nx, v + s * ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for s in (1, -1)]
    return edges * ((smooth >= beside[0]) & (smooth >= beside[1]))


def hysteresis(lines, low, high, length):
    """The connected lines above `low` that reach `high` somewhere and have at least `length` pixels: a bool mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((lines > low).astype(np.uint8), connectivity=8)
    strong = np.zeros(count, bool)
    strong[np.unique(labels[lines > high])] = True
    keep = strong & (stats[:, cv2.CC_STAT_AREA] >= length)
    keep[0] = False
    return keep[labels]


def drop_specks(ink, level, area):
    """`ink` without its blots above `level` that have fewer than `area` pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > level).astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False
    return ink * (1 - blur(cv2.dilate(small[labels].astype(np.float32), np.ones((3, 3))), 0.7))


def darker_than_surroundings(gray, sigma):
    """How much darker a pixel is than its neighbourhood, relative to it: the inverse of the colour-dodge pencil effect."""
    return 1 - np.clip((gray + 0.02) / (blur(gray, sigma) + 0.02), 0, 1)


def form(gray, sigma):
    """Direction and coherence of the form from the structure tensor, averaged over `sigma` pixels.

    Returns (c, s, coherence, energy): the unit double-angle vector of the direction along the lines; coherence in [0, 1],
    0 where no direction prevails; the tensor's trace. Source: Bigun and Granlund (1987).
    """
    smooth = blur(gray, 1.2)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    xx, yy, xy = blur(gx * gx, sigma), blur(gy * gy, sigma), blur(gx * gy, sigma)
    c, s, energy = yy - xx, -2 * xy, xx + yy
    norm = np.hypot(c, s) + 1e-9
    return c / norm, s / norm, norm / (energy + 1e-4), energy


def stroke_texture(flow, shape, origin):
    """Pencil strokes along the form or, where it has no direction, at 45 degrees: float32 of `shape`, mean 0.

    flow: what form() returned. origin: (y, x) of the first pixel in the stroke field.
    """
    c, s, coherence, energy = flow
    trust = coherence * ramp(energy, 0.002, 0.02)
    angle = 0.5 * np.arctan2(trust * s - (1 - trust), trust * c)  # in (-pi/2, pi/2]
    step = np.float32(np.pi / len(ANGLES))
    rows, columns = ((np.arange(length) + start) % PERIOD for length, start in zip(shape, origin))
    texture = np.zeros(shape, np.float32)
    for direction, strokes in zip(ANGLES, stroke_field()):
        apart = np.abs(angle - np.float32(direction))
        weight = np.clip(1 - np.minimum(apart, np.float32(np.pi) - apart) / step, 0, 1)
        texture += blur(weight, 2.0) * strokes[rows][:, columns]
    return texture


def hatching(tone, texture, contrast):
    """Ink of pencil strokes whose mean is about `tone`."""
    return np.clip(tone * (1 + contrast * texture), 0, 1)


def drawings(rgb, semantic, fine, origin=(0, 0)):
    """The guidance of one photo.

    rgb: uint8 (H, W, 3). semantic, fine: edge maps, float32 (H, W), 1 = edge. origin: (y, x) of the first pixel
    in the stroke field. Returns float32 ink (6, H, W), see DRAWINGS.
    """
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    smooth = cv2.bilateralFilter(gray, 7, 0.08, 5, borderType=cv2.BORDER_REFLECT)
    near = blur(semantic, 2.5)
    flow = form(gray, 5.0)
    ridge, thin_ridge = crest(semantic, 1.5), crest(fine, 1.0)

    # Texture: many fine lines where the semantic detectors see few. Drawn with a few strokes only.
    density = blur((thin_ridge > 0.2).astype(np.float32), 7)
    texture = ramp(density, 0.06, 0.14) * (1 - ramp(blur(semantic, 5), 0.10, 0.30))
    texture *= 1 - ramp(flow[2], 0.35, 0.65)  # stripes have a direction: they are a pattern to draw

    main = hysteresis(ridge, 0.16, 0.42, 26)
    weight = ramp(semantic, 0.12, 0.60) * main
    outline = np.clip(np.maximum(1.9 * blur(weight, 0.75), 2.6 * blur(weight * (semantic > 0.5), 1.15)), 0, 1)

    inner = hysteresis(thin_ridge * ramp(near, 0.02, 0.14) * (1 - texture), 0.12, 0.30, 14)
    thin = 1.8 * blur(ramp(thin_ridge, 0.08, 0.5) * inner, 0.7)
    contour = np.clip(np.maximum(outline, thin), 0, 1)

    gate = np.clip(0.15 + 2.2 * near + 0.7 * blur(fine, 3), 0, 1.15) * (1 - 0.75 * texture)
    dark = drop_specks(ramp(2.4 * darker_than_surroundings(smooth, 3) * gate, 0.06, 0.9), 0.12, 14)
    detail = np.clip(np.maximum(0.92 * contour, 1.1 * dark), 0, 1)

    strokes = stroke_texture(flow, gray.shape, origin)
    light, deep = np.percentile(gray, (60, 2))
    soft = blur(cv2.bilateralFilter(gray, 7, 0.15, 5, borderType=cv2.BORDER_REFLECT), 1.5)
    soft += texture * (blur(soft, 9) - soft)
    subject = ramp(blur(semantic, 20), 0.01, 0.08)  # far from any contour lie sky, walls and backgrounds: paper
    tone = (0.1 + 0.9 * subject) * ramp(light - soft, 0.04, max(light - deep, 0.35)) ** 1.2
    broad = ramp(darker_than_surroundings(blur(smooth, 0.8), 10), 0.04, 0.7) * (1 - 0.6 * texture)
    shaded = 1 - (1 - detail) * (1 - hatching(0.42 * tone + 0.25 * broad * gate, strokes, 0.7))
    # Pencil: local contrast is evened out, so that dark fur and shadows keep their drawing.
    even = 0.6 * gray + 0.4 * cv2.createCLAHE(2.0, (4, 4)).apply(np.uint8(gray * 255)).astype(np.float32) / 255
    even = cv2.bilateralFilter(even, 5, 0.12, 3, borderType=cv2.BORDER_REFLECT)
    accents = drop_specks(ramp(darker_than_surroundings(even, 4), 0.05, 0.5) * (1 - 0.85 * texture), 0.1, 10)
    even += texture * (soft - even)
    graphite = 0.5 * (0.2 + 0.8 * subject) * ramp(np.percentile(even, 65) - even, 0.03, 0.5) ** 1.1 + 0.45 * broad
    lines = 0.85 * np.maximum(0.6 * contour, np.maximum(dark, 0.8 * accents))
    pencil = 1 - (1 - lines) * (1 - hatching(np.clip(graphite, 0, 0.85), strokes, 0.55))

    focus = ramp(blur(semantic, 16), 0.02, 0.10)
    blend = 1 - (1 - contour) * (1 - focus * dark) * (1 - hatching(0.22 * tone * focus, strokes, 0.7))
    return np.stack([outline, contour, detail, shaded, pencil, blend]).astype(np.float32)
