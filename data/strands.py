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

ROW = 1024  # points that OpenCV gets in a row: with few in a row it is slow, and it takes 32,767 at most


def along(image, x, y, right, down, step):
    """The mean of an image (H, W) along lines through some points, which count as straight over the window of SAMPLES to each side.

    x, y: columns and rows of the points. right, down: a unit vector along each line, whose sign does not matter. All are float32
    of one shape (h, w), as the result. step: pixels of the image between samples.
    """
    total = np.zeros_like(x)
    for sample in range(-SAMPLES, SAMPLES + 1):
        way = np.float32(sample * step)
        there = cv2.remap(image, x + way * right, y + way * down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        total += np.float32(SAMPLES + 1 - abs(sample)) * there
    return total / np.float32((SAMPLES + 1) ** 2)


def along_cells(image, angle, where, step):
    """along() at the pixels of the cells of 2 x 2 pixels that are asked for, 0 elsewhere: float32 (H, W) as the image.

    angle: radians from the rows, float32 (H / 2, W / 2), rounded up. where: which cells, bool, of that shape.
    """
    rows, columns = np.nonzero(where)
    count, width = 4 * len(rows), 2 * where.shape[1]
    in_rows = lambda values: np.resize(values, (-(-count // ROW), ROW))  # the last one is filled up
    turned = angle[rows, columns]
    corners = (np.float32(2 * first)[:, None] + np.float32(more) for first, more in ((columns, (0, 1, 0, 1)), (rows, (0, 0, 1, 1))))
    x, y, right, down = map(in_rows, (*corners, np.cos(turned).repeat(4), np.sin(turned).repeat(4)))
    result = np.zeros((2 * where.shape[0], width), np.float32)
    place = (width * 2 * rows + 2 * columns)[:, None] + (0, 1, width, width + 1)
    result.ravel()[place.ravel()] = along(image, x, y, right, down, step).ravel()[:count]
    return result[: image.shape[0], : image.shape[1]]


def traces(half, where=1.0):
    """Lines of a grey photo in [0, 1] at half its size, float32 (h, w), and where they count.

    Returns (darkness of the lines by the usual one, float32 (h, w) from 0 on, see PRESSED; share that counts, float32
    (h / 2, w / 2), rounded up, in [0, 1]). The first is 0 where no line near counts. where: a factor of the latter.
    """
    tensor = halved(structure(half, inner=0.5))
    dark = darker_than_surroundings(blur(half, 0.35), LINE / 2)
    usual = blur(halved(dark), AROUND / 4)
    count = ramp(usual, *USUAL) * ramp(prevailing(tensor, WIDER / 4)[2], *PREVAILS) * where
    if not count.any():
        return np.zeros_like(half), count
    near = cv2.dilate(np.uint8(count > 0), np.ones((3, 3), np.uint8)) > 0  # pressed() interpolates
    lines = along_cells(dark, direction(tensor, WAY / 4), near, STEP / 2)
    return lines * cv2.resize(1 / (usual + NOISE), half.shape[::-1]), count


def pressed(lines, count, size):
    """Ink of lines that count in part, see traces(): float32 of `size` (H, W) in [0, 1].

    They are pressed once enlarged, which leaves them crisp.
    """
    enlarged = lambda image: cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR)
    return ramp(enlarged(lines), *PRESSED) * enlarged(count)


def strands(bright):
    """Ink of strands, float32 (H, W) in [0, 1], of a grey photo in [0, 1], best lit up as by data.light.lit()."""
    return drop_specks(pressed(*traces(halved(bright)), bright.shape), 0.3, 18)
