"""Shading for the guidance: tone where a subject is dark, drawn with pencil strokes that follow the grain."""
import cv2
import numpy as np

from utils.strokes import ANGLES, PERIOD, stroke_field

from .filters import blur, form, ramp

CONTRAST = 0.65  # of strokes: their deviation relative to the tone that they make
TEXTURE = 0.15  # Sobel gradient from which on a pixel counts as texture


def stroke_textures(gray, origin):
    """Pencil strokes along the grain of hair or wood or, where there is none, at 45 degrees, and strokes across them.

    The grain is filters.form() in which a lone edge counts little and texture much: strokes that followed every edge would
    turn at its ends and corners, as in a maze.

    gray: float32 (H, W) in [0, 1]. origin: (y, x) of the first pixel in the stroke field. Returns two float32 arrays (H, W),
    mean 0.
    """
    shape = gray.shape
    c, s, coherence, energy = form(gray, 10.0, TEXTURE)
    trust = ramp(coherence, 0.25, 0.6) * ramp(energy / TEXTURE**2, 0.25, 0.5)  # the latter: the share of textured pixels
    angle = 0.5 * np.arctan2(trust * s - (1 - trust), trust * c)  # in (-pi/2, pi/2]
    step = np.float32(np.pi / len(ANGLES))
    rows, columns = ((np.arange(length) + start) % PERIOD for length, start in zip(shape, origin))
    field = [strokes[rows][:, columns] for strokes in stroke_field()]
    along, across = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for k, direction in enumerate(ANGLES):
        apart = np.abs(angle - np.float32(direction))
        apart = np.minimum(apart, np.abs(np.float32(np.pi) - apart))  # of directions that differ by up to 5/4 pi
        weight = blur(np.clip(1 - apart / step, 0, 1), 2.0)
        along += weight * field[k]
        across += weight * field[(k + len(ANGLES) // 2) % len(ANGLES)]
    return along, across


def hatching(tone, textures, contrast):
    """Ink of pencil strokes whose mean is about `tone`: one layer along the grain, a second across it where it is dark."""
    along, across = textures
    crossed = ramp(tone, 0.45, 0.75)
    return np.clip(tone * (1 + contrast * ((1 - 0.2 * crossed) * along + 0.35 * crossed * across)), 0, 1)


def softened(gray, texture):
    """The photo's tones without its small detail, and without its texture altogether."""
    soft = blur(cv2.bilateralFilter(gray, 7, 0.15, 5, borderType=cv2.BORDER_REFLECT), 1.5)
    return soft + texture * (blur(soft, 9) - soft)
