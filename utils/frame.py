"""The plain frame that a photo may have, such as the black bars of a film still or the border of a scan: no draughtsman draws it."""
import numpy as np

from utils.greys import paper

PLAIN = 16  # of 255: a pixel that differs by no more from a bar's colour, in any channel, has it,
SHARE = 0.97  # as this share of a bar's row has: the rest may be dust
STEP, ALONG = 24, 0.6  # of 255: the photo differs by more from the bar, along this share of its inner edge at least
BLACK = 48  # of 255: a bar all of whose channels are darker may be on any side; others are a frame if they are on all four
THIN = 0.025  # of the photo's side: what is narrower is a bar by itself,
MOST = 0.15  # and what is narrower than this where another side has one, too
EDGE = 8  # pixels beyond a bar that go with it: its border is soft, and so are the lines that are drawn there
EVERY = 3  # pixels along a bar of which one is looked at


def without_frame(sketch, photo):
    """A sketch (h, w), uint8 or utils.greys, with paper where its photo, uint8 (h, w, 3), has a plain frame: the same if it has none."""
    top, bottom, left, right = widths(photo)
    if not (top or bottom or left or right):
        return sketch
    height, width = sketch.shape
    framed = np.full_like(sketch, paper(sketch))
    inner = np.s_[top : height - bottom, left : width - right]
    framed[inner] = sketch[inner]
    return framed


def widths(photo):
    """(top, bottom, left, right): pixels of the photo's plain bars with what is drawn at their inner edges, 0 for none."""
    turned = photo.swapaxes(0, 1)
    sides = photo, photo[::-1], turned, turned[::-1]
    bars = [bar(side) for side in sides]
    if not all(bars):
        bars = [rows if dark(side) else 0 for rows, side in zip(bars, sides)]
    most = MOST if np.count_nonzero(bars) > 1 else THIN
    return tuple(rows + EDGE if 0 < rows < most * len(side) else 0 for rows, side in zip(bars, sides))


def colour(photo):
    """The prevailing colour of the first row: float32 (3,)."""
    return np.float32(np.median(photo[0, ::EVERY], axis=0))


def dark(photo):
    return colour(photo).max() < BLACK


def bar(photo):
    """How many of the first rows are of one colour up to an edge, 0 for none. photo: uint8 (h, w, 3), rows and columns in any order."""
    differs = lambda rows: np.abs(rows[:, ::EVERY] - colour(photo)).max(-1)
    if np.mean(differs(photo[:1]) <= PLAIN) < SHARE:
        return 0
    others = np.mean(differs(photo[: int(MOST * len(photo)) + 1]) <= PLAIN, axis=1) < SHARE
    rows = int(others.argmax())
    ends = rows and (np.mean(differs(photo[rows : rows + EDGE]) > STEP, axis=1) > ALONG).any()
    return rows if ends else 0
