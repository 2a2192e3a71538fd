"""The black frame that a photo may have, such as the bars of a film still or the border of a scan: no draughtsman draws it."""
import numpy as np

BLACK = 48  # of 255: all channels of a bar's colour are darker
PLAIN = 16  # of 255: a pixel that differs from that colour by no more, in any channel, has it,
SHARE = 0.97  # share of each row of a bar that has that colour, at least: the rest is dust
STEP, ALONG = 24, 0.6  # of 255: in one of the rows beyond a bar, more than this share of the pixels differ from it by more
THIN = 0.025  # of the photo's height or width: narrower bars count alone,
MOST = 0.36  # and those up to this in pairs on opposite sides,
ALIKE = 0.75  # of which the narrower has at least this share of the other's width
BEYOND = 0.0104  # of the photo's height or width that goes with a bar: its border is soft, and so are the lines that are drawn there
BLOCK = 16  # rows looked at at once: most bars, and most that are none, are not broad
EVERY = 3  # pixels along a bar of which one is looked at


def without_frame(sketch, bars):
    """A sketch, uint8 (h, w), 255 = paper, with paper where its photo has a black frame: itself if there is none. bars: see widths()."""
    top, bottom, left, right = bars
    if not (top or bottom or left or right):
        return sketch
    height, width = sketch.shape
    drawn = np.full_like(sketch, 255)
    inner = np.s_[top : height - bottom, left : width - right]
    drawn[inner] = sketch[inner]
    return drawn


def widths(photo):
    """(top, bottom, left, right): pixels of a photo's black bars, with what goes with them; 0 for none. photo: uint8 (h, w, 3)."""
    turned = lambda image: image.swapaxes(0, 1)
    rows = pair(photo)
    columns = pair(turned(within(photo, rows)))
    if not any(rows):  # bars at the sides may have hidden them
        rows = pair(turned(within(turned(photo), columns)))
    height, width = (round(BEYOND * side) for side in photo.shape[:2])
    return tuple(found and found + more for found, more in zip((*rows, *columns), (height, height, width, width)))


def within(photo, bars):
    """The rows between bars of the first and the last ones."""
    return photo[bars[0] : len(photo) - bars[1]]


def pair(photo):
    """Pixels of the bars of the first and of the last rows."""
    bars = bar(photo), bar(photo[::-1])
    most = MOST if min(bars) >= ALIKE * max(bars) else THIN
    return tuple(rows if rows < most * len(photo) else 0 for rows in bars)


def bar(photo):
    """How many of the first rows are black up to an edge, 0 for none. photo: uint8 (h, w, 3), or a view of it from another side."""
    photo = photo[:, ::EVERY]
    if np.count_nonzero(photo[0] < BLACK + PLAIN) < SHARE * photo[0].size:  # most photos, at little cost
        return 0
    colour = np.uint8(np.median(photo[0], axis=0))
    differs = lambda rows: (np.maximum(rows, colour) - np.minimum(rows, colour)).max(-1)
    if colour.max() >= BLACK or np.mean(differs(photo[0]) <= PLAIN) < SHARE:
        return 0
    rows, most = 0, int(MOST * len(photo)) + 1
    for first in range(0, most, BLOCK):
        others = np.mean(differs(photo[first : min(first + BLOCK, most)]) <= PLAIN, axis=1) < SHARE
        if others.any():
            rows = first + int(others.argmax())
            break
    ends = np.mean(differs(photo[rows : rows + 1 + round(BEYOND * len(photo))]) > STEP, axis=1) > ALONG
    return rows if ends.any() else 0
