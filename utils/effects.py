"""Finishing touches to a drawing: line width, ink, inversion, transparency, the photo's colours, the photo beside it.

A sketch is float32 (H, W) in [0, 1], 1 = paper. Lengths are relative to the longer side of the picture, so that a
drawing and its enlargement look alike after the same settings.
"""
import math

import cv2
import numpy as np

LINE_WIDTHS = (0.25, 4.0)  # allowed line_width
INKS = (0.1, 4.0)  # allowed ink
LINE = 1 / 200  # width of a usual line, in parts of the longer side: what line_width multiplies
CREST = 0.85  # share of the local maximum of the blurred ink that counts as the crest of a line, which thinning spares
LIGHTEST = 50.0  # CIE L* that no line in colour exceeds: contrast 4.5 : 1 to white, as WCAG 2 asks of text
GAP = 1 / 50  # between photo and drawing, in parts of the longer side
BAND = 256  # rows whose colours are converted at once, which bounds the memory
DIAGONAL = math.sqrt(2) - 1  # share of square steps that makes repeated 3 x 3 dilations grow a regular octagon


def adjust(sketch, line_width=1.0, ink=1.0):
    """Thicker or thinner lines, then darker or lighter ones. float32 (H, W) in [0, 1] -> a new array of the same kind.

    line_width: factor of the width of a line that is LINE wide; others gain as many pixels, or are drawn in towards
    their crests, so that none vanishes. ink: factor of faint ink. Above 1 the transparency is raised to this power (as
    many layers of ink, by the law of Beer and Lambert), below 1 the ink is multiplied. Both leave the sketch as it is
    at 1, and less of either never gives more ink anywhere. ValueError outside LINE_WIDTHS and INKS.
    """
    check("line width", line_width, LINE_WIDTHS)
    check("ink", ink, INKS)
    drawn = 1 - np.asarray(sketch, np.float32)
    line = LINE * max(drawn.shape)
    if line_width > 1:
        drawn = dilate(drawn, (line_width - 1) * line / 2)
    elif line_width < 1:
        drawn = thin(drawn, line_width, line)
    if ink > 1:
        return (1 - drawn) ** np.float32(ink)
    return 1 - np.float32(ink) * drawn


def check(name, value, limits):
    if not limits[0] <= value <= limits[1]:
        raise ValueError(f"{name} must be between {limits[0]} and {limits[1]}, got {value}.")


def dilate(values, radius):
    """Grey dilation (a local maximum) by a regular octagon of `radius` pixels; fractions blend the two next steps."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    square = np.ones((3, 3), np.uint8)
    whole, fraction = int(radius), radius - int(radius)
    grow = lambda current, step: cv2.dilate(
        current, square if int((step + 1) * DIAGONAL) > int(step * DIAGONAL) else cross
    )
    for step in range(whole):
        values = grow(values, step)
    if fraction:
        values = values + np.float32(fraction) * (grow(values, whole) - values)
    return values


def thin(ink, factor, line):
    """Lines drawn in towards their crests: the ink times ratio ** (2 / factor**2 - 2).

    ratio: the blurred ink by CREST times its local maximum, at most 1. On a crest it is 1, so lines do not break, and
    none gets much thinner than two pixels. The exponent 1 / factor**2 - 1 would narrow a Gaussian profile by `factor`;
    the 2 makes up for the flat crest. line: width of a usual line in pixels.
    """
    blurred = cv2.GaussianBlur(ink, (0, 0), max(0.3 * line, 0.3))
    crest = dilate(blurred, max(line, 1.0))
    return ink * np.minimum(blurred / np.maximum(CREST * crest, 1e-6), 1) ** np.float32(2 / factor**2 - 2)


def transparent(sketch, colour=(0, 0, 0)):
    """Ink as opacity, on nothing: uint8 RGBA (H, W, 4). colour: RGB of the ink, 0 to 255.

    In black, laid over white, it is the drawing again.
    """
    rgba = np.empty((*np.shape(sketch), 4), np.uint8)
    rgba[..., :3] = colour
    rgba[..., 3] = np.rint(255 * (1 - np.clip(sketch, 0, 1)))
    return rgba


def colour(sketch, rgb):
    """Lines in the photo's own colours on white paper: sketch (H, W) and photo uint8 (H, W, 3) -> uint8 (H, W, 3).

    Lightness L* is compressed below LIGHTEST, hue and chroma (CIE a*, b*) stay, so that lines in light places can
    be seen.
    """
    same_size(sketch, rgb)
    drawing = np.empty(rgb.shape, np.uint8)
    smooth = cv2.GaussianBlur(rgb, (0, 0), max(LINE * max(rgb.shape[:2]) / 2, 0.3))
    for top in range(0, len(rgb), BAND):
        rows = slice(top, top + BAND)
        lab = cv2.cvtColor(np.float32(smooth[rows]) / 255, cv2.COLOR_RGB2LAB)
        lab[..., 0] = LIGHTEST * np.tanh(lab[..., 0] / LIGHTEST)
        line = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1)
        paper = np.clip(sketch[rows], 0, 1)[..., None]
        drawing[rows] = np.rint(255 * (paper + (1 - paper) * line))
    return drawing


def beside(rgb, drawing):
    """Photo uint8 (H, W, 3), a white gap, and the drawing, uint8 (H, W), (H, W, 3) or (H, W, 4) -> uint8 (H, W', 3).

    A drawing with alpha is laid over white.
    """
    same_size(drawing, rgb)
    if drawing.ndim == 2:
        drawing = np.broadcast_to(drawing[..., None], rgb.shape)
    elif drawing.shape[2] == 4:
        alpha = drawing[..., 3:] / np.float32(255)
        drawing = np.uint8(np.rint(255 + alpha * (np.float32(drawing[..., :3]) - 255)))
    gap = np.full((len(rgb), max(2, round(GAP * max(rgb.shape[:2]))), 3), 255, np.uint8)
    return np.concatenate([rgb, gap, drawing], 1)


def same_size(drawing, rgb):
    if np.shape(drawing)[:2] != np.shape(rgb)[:2]:
        sizes = f"{np.shape(drawing)[:2]} and {np.shape(rgb)[:2]}"
        raise ValueError(f"drawing and photo must have the same size, got {sizes}.")
