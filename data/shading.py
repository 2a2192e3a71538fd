"""Shading for the guidance: tone where a subject is dark, drawn with pencil strokes that follow the form."""
import cv2
import numpy as np

from utils.strokes import ANGLES, PERIOD, stroke_field

from .filters import blur, ramp


def stroke_textures(flow, shape, origin):
    """Pencil strokes along the form or, where it has no direction, at 45 degrees, and strokes across them.

    flow: what filters.form() returned. origin: (y, x) of the first pixel in the stroke field. Returns two float32 arrays
    of `shape`, mean 0.
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


def softened(gray, texture):
    """The photo's tones without its small detail, and without its texture altogether."""
    soft = blur(cv2.bilateralFilter(gray, 7, 0.15, 5, borderType=cv2.BORDER_REFLECT), 1.5)
    return soft + texture * (blur(soft, 9) - soft)
