"""Strands: hair and fur as a few strokes that run the way they grow.

A dark line is looked for along the direction that prevails around it, so that what is broken in the photo becomes one stroke.
Source: the flow-based line drawing of Kang, Lee and Chui (2007), with the structure tensor's direction in place of their
edge tangent flow, and a threshold relative to the neighbourhood: strands of hair in shadow count as much as in light.
"""
import cv2
import numpy as np

from .filters import blur, darker_than_surroundings, direction, drop_specks, halved, prevailing, ramp, structure

# Lengths are in pixels of the photo. All is computed at half its size, and what changes slowly at a quarter.
SAMPLES = 2  # to each side of a pixel along its line, in a triangular window,
STEP = 3.0  # and between them
WAY = 3.0  # deviation of the Gaussian over which the direction is averaged,
WIDER = 7.0  # and over which it must prevail: strands lie beside each other, pebbles and waves at random
LINE = 2.0  # deviation of the Gaussian beside which a line is darker
AROUND = 9.0  # deviation of the Gaussian over which the usual darkness of lines is averaged
USUAL = (0.005, 0.014)  # that darkness: up to the first there are no strands but noise
NOISE = 0.004  # added to it, so that noise is no line
PREVAILS = (0.2, 0.4)  # coherence of the direction: from the second on all strands count
PRESSED = (1.12, 1.7)  # darkness of a line by the usual one: up to the first it has no ink, from the second on full ink


def along(image, right, down, step):
    """The mean of an image along the lines of a flow, which count as straight over the window of SAMPLES to each side.

    image, right, down: float32 (H, W), the last two a unit vector along the flow, whose sign does not matter. step: pixels of the
    image between samples.
    """
    columns, rows = (np.arange(side, dtype=np.float32) for side in image.shape[::-1])
    total = (SAMPLES + 1) * image
    for sample in range(1, SAMPLES + 1):
        x, y = np.float32(sample * step) * right, np.float32(sample * step) * down
        for there in ((columns + x, rows[:, None] + y), (columns - x, rows[:, None] - y)):
            mean = cv2.remap(image, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
            total += np.float32(SAMPLES + 1 - sample) * mean
    return total / np.float32((SAMPLES + 1) ** 2)


def traces(half, where=1.0):
    """Lines of a grey photo in [0, 1] at half its size, float32 (h, w), and where they count.

    Returns (darkness of the lines by the usual one, float32 (h, w) from 0 on, see PRESSED; share that counts, float32
    (h / 2, w / 2), rounded up, in [0, 1]). where: a factor of the latter.
    """
    tensor = halved(structure(half, inner=0.5))
    dark = darker_than_surroundings(blur(half, 0.35), LINE / 2)
    usual = blur(halved(dark), AROUND / 4)
    count = ramp(usual, *USUAL) * ramp(prevailing(tensor, WIDER / 4)[2], *PREVAILS) * where
    if not count.any():
        return np.zeros_like(half), count
    angle = direction(tensor, WAY / 4)
    way = (part.repeat(2, 0).repeat(2, 1)[: half.shape[0], : half.shape[1]] for part in (np.cos(angle), np.sin(angle)))
    return along(dark, *way, STEP / 2) * cv2.resize(1 / (usual + NOISE), half.shape[::-1]), count


def pressed(lines, count, size):
    """Ink of lines that count in part, see traces(): float32 of `size` (H, W) in [0, 1].

    They are pressed once enlarged, which leaves them crisp.
    """
    enlarged = lambda image: cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    return ramp(enlarged(lines), *PRESSED) * enlarged(count)


def strands(bright):
    """Ink of strands, float32 (H, W) in [0, 1], of a grey photo in [0, 1], best lit up as by data.light.lit()."""
    return drop_specks(pressed(*traces(halved(bright)), bright.shape), 0.3, 18)
