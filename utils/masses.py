"""Dark masses, seen from afar: the middle of large dark things is hatched like their rim.

At the size at which lines are fine, a coat or a roof is larger than what the network takes in at once, and its hatching
fades towards the middle. Draughtsmen step back and squint. So the photo is drawn a second time, small, and where that
drawing has tone between its lines and the first one is paler, strokes of the same field fill the difference, up to the borders
that the photo has. The small drawing is filled in the same way from one of half its size, and so on. What no drawing has, the
photo's own darkness asks for.
"""
import cv2
import numpy as np

from data.filters import guided, halved, ramp
from model.head import SHADED
from utils.bands import in_bands
from utils.darkness import NOTHING
from utils.greys import paper
from utils.hatching import hatched
from utils.lightest_grey import DIMMEST
from utils.resize import reduced
from utils.strokes import PERIOD
from utils.style import CANDIDATES

SIDE = 384  # pixels of the second drawing's long side, at most,
SHARE = 0.5  # and at most this part of the first one's
SMALLEST = 64  # and at least: smaller ones hatch clean backgrounds
LINES = CANDIDATES - SHADED  # number of the candidate that has the lines of the denser ones, and no tone
HATCHED = (*range(LINES + 1, CANDIDATES + 1), None)  # numbers of the drawings that are filled, None = the blend
WINDOW = 7  # pairs of pixels of the second drawing, side of the square over which tone is compared, and fitted to the photo's grey
NOISE = 0.003  # variance of the grey, from 0 to 1, up to which a square counts as of one tone
NEAR = (0.1, 0.35)  # ink of lines around a pixel: up to the first its tone counts, from the second on it does not
FREE = (0.2, 0.5)  # mean of what counts: up to the first nothing is filled, for lines crowd, from the second on all
PALER = (0.03, 0.08)  # difference of tone: nothing is filled up to the first, all of it from the second on
STEPS, LIMIT = 2**12, 2**15 - 1  # per unit, and most of them: in which the fit is enlarged, for it takes half of the memory of floats
DARK = 0.4  # by the lightest greys: what is darker counts as dark,
AROUND = 11  # pixels of the second drawing, side of the square over which that is averaged,
PART = 0.01  # of the picture: a second drawing is made where more is dark
BAND = 2 * PERIOD  # rows at once, which bounds the memory: the stroke field begins anew with each band


def second_size(height, width):
    """Pixels of the long side of the second drawing of a photo that is drawn at height x width."""
    return max(1, min(SIDE, round(SHARE * max(height, width))))


def has_dark_masses(small):
    """Whether enough of a photo, a utils.working.Working as small as the second drawing, is dark, as a mass and not as lines, for that to pay."""
    if small.lightest <= DIMMEST:
        return False
    return np.count_nonzero(cv2.blur(small.gray, (AROUND, AROUND)) < DARK * small.lightest) > PART * small.gray.size


def filled(sketch, second, lines, gray, small, asked=NOTHING, spared=None):
    """The sketch with the tone of the second, small drawing, and with what the photo asks for, where it is paler.

    sketch: (H, W), uint8 or utils.greys. second, lines: the same drawing and candidate LINES of the small photo, (h, w). gray,
    small: of the photo and the small one, uint8 (H, W) and (h, w). asked: utils.darkness of the small one. spared: where nothing
    is filled, float32 (h, w) in [0, 1], for features of faces must not drown. Nothing gets lighter.
    """
    follows = missing_tone(sketch, second, lines, small, *asked, spared)
    if follows is None:
        return sketch
    steps = (np.int16(np.rint((STEPS * part).clip(-LIMIT, LIMIT))) for part in follows)
    steps = (cv2.resize(part, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR) for part in steps)
    return in_bands(fill_band, BAND, 0, sketch, cv2.blur(gray, (3, 3)), *steps)


def missing_tone(sketch, second, lines, gray, least, share, spared=None):
    """Tone that the sketch lacks, as what follows from the photo's grey in [0, 1]: a and b of data.filters.guided(), or None for none.

    What lies at lines is not looked at, for both drawings leave a margin of paper there. The photo tells how far the tone goes.
    gray: uint8 (h, w) as the second drawing. least, share: of the tone, see utils.darkness. spared: as in filled().
    """
    full = paper(sketch)
    ink = reduced(full - sketch, *second.shape)
    line = cv2.dilate(full - lines, np.ones((3, 3), np.uint8))
    full = np.float32(full)
    missing = np.maximum(cv2.subtract(lines, second) / full * share, least) - cv2.subtract(ink, line) / full
    free = 1 - ramp(cv2.boxFilter(line, cv2.CV_32F, (3, 3)) / full, *NEAR)
    a, b = guided(gray / np.float32(255), missing, free, WINDOW, NOISE)
    room = ramp(cv2.boxFilter(halved(free), cv2.CV_32F, (WINDOW, WINDOW)), *FREE) * (np.maximum(b, a + b) > PALER[0])
    if spared is not None:
        room *= 1 - halved(spared)
    return (a * room, b * room) if room.any() else None


def fill_band(sketch, gray, a, b):
    """Some rows of a sketch, from a multiple of PERIOD on, with strokes whose mean is about the missing tone, and less from 0.5 on.

    gray: of the photo, slightly blurred. a, b: of the missing tone, see missing_tone(), in steps.
    """
    if not (cv2.hasNonZero(a) or cv2.hasNonZero(b)):
        return sketch
    missing = cv2.add(cv2.multiply(a, np.int16(gray), scale=1 / 255), b) / np.float32(STEPS)
    missing *= ramp(missing, *PALER)
    return hatched(sketch, missing)
