"""A closer look at what a photo is of: where that is small, what is around it is seen once more, larger, and the map gets finer cells.

A map of few cells has a wide rim, in which ink behind the subject stays as dark as the subject's. Where the second look goes, and how
far it counts, changes little where the first map does.
"""
import math

import cv2
import numpy as np
from PIL import Image

from data.filters import ramp
from model.foreground import SIDE
from utils.background import by_surest, surely

CELLS = 128  # along either side of a map after the second look, and of any that is made even, see utils.whole_objects
COMPANY = (1.5, 3.0)  # sure cells in a square of 3 x 3 around one and with it: up to the first it is a stray, from the second on it is none
AROUND = 0.2, 1 / 32  # what is seen around what was found: a share of that, and one of the photo, on each side
LEAST = 0.25  # share of the photo's side that is seen at least, but for what lies beyond the photo's border
MOST = (0.65, 0.8)  # share of the photo: from the first on a second look counts less and less, from the second on there is none
SOFT = 0.1  # of the part's sides: over this width the first map goes over into the second
RIM = np.ones((3, 3), np.uint8)  # cells of the first map that its foreground loses before it counts beside the second


def part_of(found):
    """((top, bottom), (left, right)), shares of the photo's sides, where a map asks for a second look; None = nowhere."""
    cells, sure = surely(found)
    cells *= ramp(cv2.boxFilter(cells, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT), *COMPANY)
    if not sure or not cells.any():
        return None
    part = tuple(span(cells.max(axis) / cells.max()) for axis in (1, 0))
    return part if second_counts(*part) > 0 else None


def span(profile):
    """(first, last) in [0, 1]: from where to where a profile (n,) with a largest value of 1 goes, with what is seen AROUND that.

    What comes before a larger value counts by its own: 0.5 as half of a cell.
    """
    cells = len(profile)
    first, last = (np.sum(1 - np.maximum.accumulate(values)) / cells for values in (profile, profile[::-1]))
    last = 1 - last
    more = AROUND[0] * (last - first) + AROUND[1]
    more += max(0, LEAST - (last - first + 2 * more)) / 2
    return max(0.0, float(first - more)), min(1.0, float(last + more))


def second_counts(rows, columns):
    """How far the second map replaces the first, in [0, 1]: 0 where the part is nearly the whole photo."""
    return float(1 - ramp((rows[1] - rows[0]) * (columns[1] - columns[0]), *MOST))


def cut(photo, rows, columns):
    """A part of a photo as the network sees it: uint8 (SIDE, SIDE, 3). Its bounds may lie within pixels."""
    slices, bounds = [], []
    for (first, last), side in zip((rows, columns), photo.shape):
        first, last = first * side, last * side
        more = math.ceil((last - first) / SIDE) + 1  # as far as the filter reaches
        begin = max(0, math.floor(first) - more)
        slices.append(slice(begin, math.ceil(last) + more))
        bounds.append((first - begin, last - begin))
    (top, bottom), (left, right) = bounds
    around = Image.fromarray(np.ascontiguousarray(photo[tuple(slices)]))
    return np.array(around.resize((SIDE, SIDE), Image.Resampling.BILINEAR, (left, top, right, bottom)))


def together(found, closer, rows, columns):
    """float32 (CELLS, CELLS): the first map, and in a part of it the second, with what the first is sure of, but for that's rim.

    The second counts as far as both are sure that there is a foreground.
    """
    cells, sure = surely(found)
    kept = cv2.erode(found * cells, RIM)
    whole, kept = (cv2.resize(one, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR) for one in (found, kept))
    places = (np.arange(CELLS) + 0.5) / CELLS
    y, x = ((places - first) / (last - first) for first, last in (rows, columns))  # in the part: 0 to 1
    at = np.meshgrid(x * closer.shape[1] - 0.5, y * closer.shape[0] - 0.5)
    seen = np.maximum(kept, cv2.remap(closer, *map(np.float32, at), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    change = second_counts(rows, columns) * inside(y, *rows)[:, None] * inside(x, *columns) * (seen - whole)
    return np.float32(whole + min(sure, by_surest(whole + change)[1]) * change)


def inside(places, first, last):
    """Of places in a part, 0 to 1 within it: 1, softly less towards its borders, but not at the photo's, and 0 beyond."""
    before, after = (min(SOFT, rest / (last - first)) for rest in (first, 1 - last))
    return np.clip(places / max(before, 1e-6), 0, 1) * np.clip((1 - places) / max(after, 1e-6), 0, 1)
