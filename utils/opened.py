"""Opened blacks: solid ink becomes hatching where the photo is not black.

A network that is taught with lines answers with one blot where a grey wing, a leaf or a pair of jeans is darker than what is around it,
and crisp strokes make it black. A draughtsman keeps black for what is black: the rest he hatches, so that the paper shows between the
strokes, the more, the lighter it is. Its rim stays, as the contour, and so does all ink that is no broader than a bold line.
"""
import cv2
import numpy as np

from utils.bands import in_bands
from utils.hatching import hatched
from utils.lightest_grey import DIMMEST, LIGHT, grey_at, up_to
from utils.reserve import rising, square
from utils.strokes import PERIOD

BROAD = 7, 13  # pixels of the working size: ink that a square of the first side fits into is opened by half, of the second wholly
RIM = 2  # pixels of its border, over which less is opened, and at the border itself nothing
SOLID = 0.35, 0.95  # ink that such a square has at least: up to the first nothing is opened, from the second on all
DARKEST, MOST_DARK = 2, 0.35  # percentile of the greys that counts as black, and most that it is, relative to the lightest
GREYS = 0.12, 0.5  # from black to the lightest: up to the first ink stays solid, from the second on the paper between strokes is
PAPER = 0.8  # of the whole, less what strokes have in common where they are dense
BAND, MARGIN = 512, 16  # rows at once, which bounds the memory, and beyond a band, on which its result may depend


def opened(sketch, working, amount):
    """The sketch with paper between the strokes of its solid ink, where the photo is grey. Nothing gets darker.

    sketch: uint8 (H, W), 255 = paper. working: the photo at its size, see utils.working. amount: factor of the paper's share, 0 (none) to 1;
    more counts as 1.
    """
    if not amount:
        return sketch
    ends, most = greys(working), PAPER * min(amount, 1)
    share = in_bands(lambda *bands: share_in_band(*bands, ends, most), BAND, MARGIN, sketch, working.gray)
    return in_bands(open_band, PERIOD, 0, sketch, share)


def greys(working):
    """GREYS of a photo, without its black frame, relative to 255."""
    counts = working.counts
    if any(working.bars):
        top, bottom, left, right = working.bars
        height, width = working.gray.shape
        counts = up_to(np.ascontiguousarray(working.gray[top : height - bottom, left : width - right]))
    lightest = max(DIMMEST, grey_at(counts, LIGHT))
    darkest = min(grey_at(counts, DARKEST), MOST_DARK * lightest)
    return [(darkest + share * (lightest - darkest)) / 255 for share in GREYS]


def share_in_band(sketch, gray, ends, most):
    """Some rows of the share of paper that solid ink gets, in bytes: uint8 (h, w). ends: see greys(). most: that share, at most."""
    first, second = BROAD
    cores = [cv2.erode(255 - sketch, square(first))]
    cores.append(cv2.erode(cores[0], square(second - first + 1)))
    narrow, broad = (rising(cv2.dilate(core, square(side - 2 * RIM)), SOLID, 255, 255) for core, side in zip(cores, BROAD))
    solid = cv2.blur(cv2.addWeighted(narrow, 0.5, broad, 0.5, 0), (3, 3))
    return cv2.multiply(solid, rising(cv2.blur(gray, (3, 3)), ends, 255, 255), scale=most / 255)


def open_band(sketch, share):
    """Some rows of a sketch, from a multiple of PERIOD on, with strokes of paper, whose share is in bytes."""
    return 255 - hatched(255 - sketch, share / np.float32(255)) if cv2.hasNonZero(share) else sketch
