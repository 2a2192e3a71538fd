"""The black frame that a photo may have, such as the bars of a film still or the border of a scan: no draughtsman draws it."""
import numpy as np

BLACK = 48  # of 255: all channels of a bar's colour are darker
PLAIN = 16  # of 255: a pixel that differs from that colour by no more, in any channel, has it,
SHARE = 0.97  # as at least this share of each of a bar's rows has: the rest is dust
STEP, ALONG = 24, 0.6  # of 255: in one of the rows beyond a bar, more than this share of the pixels differ from it by more
THIN = 0.025  # of the photo's height or width: what is narrower is a bar by itself,
MOST = 0.36  # and what is narrower than this where the opposite side has one as well,
ALIKE = 0.75  # whose width is at least this share of its own, or the other way round
BEYOND = 0.0104  # of the photo's height or width that goes with a bar: its border is soft, and so are the lines that are drawn there
EVERY = 3  # pixels along a bar of which one is looked at


def without_frame(sketch, photo):
    """A sketch, uint8 (h, w), 255 = paper, with paper where its photo, uint8 (h, w, 3), has a black frame: itself if there is none."""
    top, bottom, left, right = widths(photo)
    if not (top or bottom or left or right):
        return sketch
    height, width = sketch.shape
    drawn = np.full_like(sketch, 255)
    inner = np.s_[top : height - bottom, left : width - right]
    drawn[inner] = sketch[inner]
    return drawn


def widths(photo):
    """(top, bottom, left, right): pixels of the photo's black bars, with what goes with them; 0 for none."""
    return *of_two_sides(photo), *of_two_sides(photo.swapaxes(0, 1))


def of_two_sides(photo):
    """widths() of the first and the last rows."""
    bars = bar(photo), bar(photo[::-1])
    most = MOST if min(bars) >= ALIKE * max(bars) else THIN
    return [rows + beyond(photo) if 0 < rows < most * len(photo) else 0 for rows in bars]


def beyond(photo):
    """Pixels beyond a bar of the first rows that go with it."""
    return round(BEYOND * len(photo))


def bar(photo):
    """How many of the first rows are black up to an edge, 0 for none. photo: uint8 (h, w, 3), or a view of it from another side."""
    colour = np.median(photo[0, ::EVERY], axis=0)
    differs = lambda rows: np.abs(rows[:, ::EVERY] - np.float32(colour)).max(-1)
    if colour.max() >= BLACK or np.mean(differs(photo[:1]) <= PLAIN) < SHARE:
        return 0
    others = np.mean(differs(photo[: int(MOST * len(photo)) + 1]) <= PLAIN, axis=1) < SHARE
    rows = int(others.argmax())
    ends = np.mean(differs(photo[rows : rows + 1 + beyond(photo)]) > STEP, axis=1) > ALONG
    return rows if ends.any() else 0
