"""Dark masses, seen from afar: the middle of large dark things is hatched like their rim.

At the size at which lines are fine, a coat or a roof is larger than what the network takes in at once, and its hatching
fades towards the middle. Draughtsmen step back and squint. So the photo is drawn a second time, small, and where that
drawing has tone between its lines and the first one is paler, strokes of the same field fill the difference.
"""
import cv2
import numpy as np

from data.filters import ramp
from data.shading import CONTRAST
from model.head import SHADED
from utils.bands import in_bands
from utils.strokes import ANGLES, PERIOD, stroke_field
from utils.style import CANDIDATES

SIDE = 384  # pixels of the second drawing's long side, at most,
SHARE = 0.5  # and at most this part of the first one's
LINES = CANDIDATES - SHADED  # number of the candidate that has the lines of the denser ones, and no tone
WINDOW = 11  # pixels of the second drawing, side of the square over which ink is averaged
NEAR = (0.1, 0.35)  # ink of lines around a pixel: up to the first all of the tone counts, from the second on none
PALER = (0.03, 0.08)  # difference of tone: nothing is filled up to the first, all of it from the second on
DARK = 0.4  # by the lightest greys: what is darker counts as dark,
BLANK = 0.15  # mean ink: what has less counts as blank,
PART = 0.01  # of the picture: a second drawing is made where more is both. Of 110 photos 35 have not, and lose nothing visible
SOFT = 1.5  # pixels of the second drawing, deviation of the blur of what is filled
DIRECTION = ANGLES.index(3 * np.pi / 4)  # of the strokes: the network's own where a form has no direction
BAND = 2 * PERIOD  # rows at once, which bounds the memory: the stroke field begins anew with each band


def second_size(height, width):
    """Pixels of the long side of the second drawing of a photo that is drawn at height x width."""
    return max(1, min(SIDE, round(SHARE * max(height, width))))


def has_blank_masses(sketch, photo, detail=0.0):
    """Whether enough of a photo, uint8 RGB (H, W, 3), is dark and left blank by its sketch (H, W) for a second drawing to pay.

    detail: that of the sketch. At any but 0 all that is dark counts as blank: else the second drawing would be left out from some
    detail on, and the ink fall there where it should rise.
    """
    height, width = sketch.shape
    scale = second_size(height, width) / max(height, width)
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = lambda image: cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    gray = small(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY))
    dark = cv2.blur(gray, (WINDOW, WINDOW)) < DARK * np.percentile(gray[::2, ::2], 95)
    blank = True if detail else cv2.blur(small(sketch), (WINDOW, WINDOW)) > 255 * (1 - BLANK)
    return bool((dark & blank).mean() > PART)


def filled(sketch, second, lines):
    """The sketch with the tone of the second, small drawing where it is paler.

    sketch: uint8 (H, W), 255 = paper. second, lines: the same drawing and candidate LINES of the small photo, uint8 (h, w).
    Nothing gets lighter.
    """
    missing = missing_tone(sketch, second, lines)
    if not missing.any():
        return sketch
    missing = cv2.resize(missing, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return in_bands(fill_band, BAND, 0, sketch, missing)


def missing_tone(sketch, second, lines):
    """Tone that the sketch lacks, at the size of the second drawing: uint16 (h, w), 65535 = black."""
    window = (WINDOW, WINDOW)
    tone = cv2.boxFilter(cv2.subtract(lines, second), cv2.CV_32F, window) / 255
    near = cv2.boxFilter(cv2.dilate(255 - lines, np.ones((3, 3), np.uint8)), cv2.CV_32F, (3, 3)) / 255
    drawn = cv2.boxFilter(cv2.resize(255 - sketch, second.shape[::-1], interpolation=cv2.INTER_AREA), cv2.CV_32F, window) / 255
    missing = (tone * (1 - ramp(near, *NEAR)) - drawn).clip(0)
    return np.uint16(np.rint(65535 * cv2.GaussianBlur(missing * ramp(missing, *PALER), (0, 0), SOFT).clip(0, 1)))


def fill_band(sketch, missing):
    """Some rows of a sketch, from a multiple of PERIOD on, with strokes whose mean is about the missing tone, and less from 0.5 on."""
    if not missing.any():
        return sketch
    height, width = sketch.shape
    strokes = stroke_field()[DIRECTION]
    strokes = np.tile(strokes, (-(-height // PERIOD), -(-width // PERIOD)))[:height, :width]
    ink = (missing / np.float32(65535) * (1 + CONTRAST * strokes)).clip(0, 1)
    return np.uint8(np.rint(sketch * (1 - ink)))
