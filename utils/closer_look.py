"""A closer look at what a photo is of: where that is small, what is around it is seen once more, larger, and the map gets finer cells.

A map of few cells has a wide rim, in which ink behind the subject stays as dark as the subject's. All that decides where to look is
continuous in the map, so that roundings of the first look stay small in the second.
"""
import cv2
import numpy as np
from PIL import Image

from data.filters import ramp
from model.foreground import SIDE
from utils.background import by_surest

CELLS = 128  # along either side of a map after the second look
FOUND = (0.3, 0.7)  # relative to the surest: what is less counts as nothing found, what is more as surely found
AROUND = 0.2, 1 / 32  # what is seen around what was found: a share of that, and one of the photo, on each side
LEAST = 0.25  # share of the photo's side that is seen at least
MOST = (0.65, 0.8)  # share of the photo: from the first on a second look counts less and less, from the second on there is none
SOFT = 0.1  # of the part's sides: over this width the first map goes over into the second
RIM = np.ones((3, 3), np.uint8)  # cells of the first map that its foreground loses before it counts beside the second


def part_of(found):
    """((top, bottom), (left, right)), shares of the photo's sides, where a map asks for a second look; None = nowhere."""
    relative, sure = by_surest(found)
    surely = np.float32(ramp(relative, *FOUND))
    if not sure or surely.max() < 1:
        return None
    part = span(surely.max(1)), span(surely.max(0))
    return part if second_counts(*part) > 0 else None


def span(profile):
    """(first, last) in [0, 1]: where a profile (n,) with a largest value of 1 is not 0, with what is seen AROUND that."""
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
    """A part of a photo as the network sees it: uint8 (SIDE, SIDE, 3)."""
    (top, bottom), (left, right) = np.multiply(rows, photo.shape[0]), np.multiply(columns, photo.shape[1])
    return np.array(Image.fromarray(photo).resize((SIDE, SIDE), Image.Resampling.BILINEAR, (left, top, right, bottom)))


def together(found, closer, rows, columns):
    """float32 (CELLS, CELLS): the first map, and in a part of it the second, with what the first is sure of beyond its rim."""
    whole, inner = (cv2.resize(one, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR) for one in (found, cv2.erode(found, RIM)))
    places = (np.arange(CELLS, dtype=np.float32) + 0.5) / CELLS
    y, x = ((places - first) / (last - first) for first, last in (rows, columns))  # in the part: 0 to 1
    at = np.meshgrid(x * closer.shape[1] - 0.5, y * closer.shape[0] - 0.5)
    seen = np.maximum(inner, cv2.remap(closer, *map(np.float32, at), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    weight = second_counts(rows, columns) * inside(y, *rows)[:, None] * inside(x, *columns)
    return np.float32(whole + weight * (seen - whole))


def inside(places, first, last):
    """Of places in a part, 0 to 1 within it: 1, softly less towards its borders, but not at the photo's, and 0 beyond."""
    before, after = (min(SOFT, rest / (last - first)) for rest in (first, 1 - last))
    return np.clip(places / max(before, 1e-6), 0, 1) * np.clip((1 - places) / max(after, 1e-6), 0, 1)
