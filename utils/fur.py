"""Fur and hair: where the subject has them, strands are drawn on the paper that the network left.

A network that is taught by regression leaves soft fur blank, for it cannot tell where each strand goes; the photo can. The
lines are those of the guidance's strands, see data.strands, in the photo as it is. They are noise on lawns, floors and clothes,
so they are drawn on the foreground alone, and only where they are dense and in focus and the drawing has room.
"""
import cv2
import numpy as np

from data.filters import blur, focus, halved, ramp
from data.strands import pressed, traces
from utils.bands import in_bands
from utils.effects import check
from utils.sharp_steps import SCALE

FURS = (0.0, 1.0)  # allowed amounts; 0 draws none
DENSE = 14.0  # pixels: deviation of the Gaussian over which the ink of strands is averaged,
DENSITY = (0.05, 0.10)  # and that mean: fewer strands than the first are specks, more than the second are fur
NEAR = 3.0  # pixels: deviation of the Gaussian over which the drawing's own ink is averaged,
DRAWN = (0.10, 0.35)  # and that mean: up to the first there is room for strands, from the second on none
BAND, WIDE = 1024, 2048  # rows and columns at once, which bounds the memory: multiples of GRID
GRID = 4  # pixels: smaller images are of whole cells of it, so that parts of a picture give the same as the whole
MARGIN = 64  # pixels around a part that are looked at too, a multiple of GRID: what lies beyond hardly counts


def furred(sketch, working, foreground, amount):
    """The sketch with the strands of its subject, at the working size. Nothing gets lighter.

    sketch: uint8 (H, W), 255 = paper. working: the photo at this size, see utils.working. foreground: a
    utils.background.FoundForeground of the whole photo. amount: ink of the strands, 0 (none) to 1; ValueError beyond.
    """
    check("fur", amount, FURS)
    share = np.uint8(np.rint(255 * amount * foreground.subject))
    if not share.any():
        return sketch
    share = cv2.resize(share, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return in_bands(fur_band, BAND, MARGIN, sketch, working.gray, working.steps, share)


def around(share, margin, grid=1):
    """The box of what is not 0, which something is, and `margin` around it, as a pair of slices that begin with a multiple of `grid`."""
    box = []
    for axis in (1, 0):
        places = np.flatnonzero(share.any(axis))
        box.append(slice(max(0, (places[0] - margin) // grid * grid), min(places[-1] + margin + 1, share.shape[1 - axis])))
    return tuple(box)


def fur_band(sketch, gray, steps, share):
    """furred() of some rows. steps: see utils.sharp_steps. share: uint8 (H, W), ink of the strands."""
    if not share.any():
        return sketch
    result, (rows, columns) = sketch.copy(), around(share, MARGIN, GRID)
    for left in range(columns.start, columns.stop, WIDE):
        first, right = max(left - MARGIN, 0), min(left + WIDE, columns.stop)
        part = rows, slice(first, right + MARGIN)
        half = tuple(slice(one.start // 2, -(-one.stop // 2)) for one in part)
        result[rows, left:right] = fur_box(sketch[part], gray[part], steps[half], share[part])[:, left - first : right - first]
    return result


def fur_box(sketch, gray, steps, share):
    """fur_band() of some columns. Where strands belong is found at a quarter of the size."""
    height, width = sketch.shape
    edges, ink = (0, -height % GRID, 0, -width % GRID), 255 - sketch
    if any(edges):
        gray, ink, share = (cv2.copyMakeBorder(image, *edges, cv2.BORDER_REPLICATE) for image in (gray, ink, share))
    half = halved(gray.astype(np.float32)) / np.float32(255)
    drawn, asked = (halved(halved(image)) / np.float32(255) for image in (ink, share))
    focused = focus(halved(steps) / np.float32(255), SCALE / 2)
    lines, count = traces(half, (asked > 0) * focused * (1 - ramp(blur(drawn, NEAR / 4), *DRAWN)))
    count *= ramp(blur(halved(pressed(lines, count, half.shape)), DENSE / 4), *DENSITY) * asked
    if not count.any():
        return sketch
    cells = around(count, 1)
    scaled = lambda factor: tuple(slice(factor * one.start, factor * one.stop) for one in cells)
    place = scaled(GRID)
    left = 1 - pressed(lines[scaled(GRID // 2)], count[cells], gray[place].shape)
    result = sketch.copy()
    result[place] = cv2.multiply(sketch[place], left[: height - place[0].start, : width - place[1].start], dtype=cv2.CV_8U)
    return result
