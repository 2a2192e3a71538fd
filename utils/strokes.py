"""The stroke field: a fixed, periodic pencil texture that shading is drawn with.

A regression network cannot invent strokes: their phase is arbitrary, so the best guess is their mean, a flat grey wash.
Both sides therefore share one texture. The guidance shades with it, and the soft weighted head adds it to the logits of
the shaded candidates with gains that the network predicts per pixel and direction.
"""
import functools
import math

import numpy as np

PERIOD = 256  # pixels after which the field repeats
ANGLES = (0.0, math.pi / 4, math.pi / 2, 3 * math.pi / 4)  # stroke directions, radians from the x axis to the y axis (down)
LENGTH = 17.0  # standard deviation along a stroke, pixels
PITCH = 4.5  # mean distance between strokes, pixels
SEED = 7


@functools.lru_cache(maxsize=1)
def stroke_field():
    """Noise filtered to strokes in each of ANGLES: read-only float32 (4, 256, 256), mean 0, deviation 1, clipped to ±2.5.

    Filtered in the Fourier domain, hence periodic: a Gaussian of deviation LENGTH along the stroke, a band around one
    stroke per PITCH pixels across it. Line integral convolution of noise (Cabral and Leedom, 1993) with straight lines.
    """
    noise = np.fft.fft2(np.random.RandomState(SEED).standard_normal((PERIOD, PERIOD)))
    fy, fx = np.fft.fftfreq(PERIOD)[:, None], np.fft.fftfreq(PERIOD)[None, :]
    field = []
    for angle in ANGLES:
        along = fx * math.cos(angle) + fy * math.sin(angle)
        across = -fx * math.sin(angle) + fy * math.cos(angle)
        band = np.exp(-0.5 * ((np.abs(across) - 1 / PITCH) / (0.45 / PITCH)) ** 2)
        strokes = np.fft.ifft2(noise * band * np.exp(-2 * (math.pi * LENGTH * along) ** 2)).real
        field.append(np.clip((strokes - strokes.mean()) / strokes.std(), -2.5, 2.5))
    field = np.stack(field).astype(np.float32)
    field.flags.writeable = False
    return field
