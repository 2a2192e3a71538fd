"""Shading: pale hatching by the photo's light, which gives faces their form and what was left blank its tone.

Outlines and half tones say what is dark. What is between, a cheek, a saucer, a trunk, stays paper, and a face is a mask without its
light and shadow. A draughtsman goes over it with pale strokes, as far as the light goes. So the photo is smoothed, but for its borders,
and where the drawing has less ink than follows from that, it gets what is missing, but for what lies behind the subject. A face is
measured by its own light, and a little by the photo's, for dark skin is darker; the strokes lie over its features, which stay readable,
for they are pale.
"""
import functools

import cv2
import numpy as np

from data.filters import blur, enlarged, guided, halved, ramp
from utils.bands import in_bands
from utils.close_ups import around, distance
from utils.effects import check
from utils.hatching import hatched
from utils.lightest_grey import DIMMEST
from utils.resize import reduced
from utils.strokes import PERIOD

SHADES = (0.0, 1.0)  # allowed amounts; 0 lays none
SIDE = 384  # pixels of the long side at which light is looked at, at most; maps have half of it
WINDOW, NOISE = 5, 0.003  # cells, and variance of the grey, for its smoothing: of smaller steps none is a border
COLOUR = 0.5  # share of its strongest channel in how light a colour is: a warm white is no grey
LIGHT, DEEP = 0.8, 0.8  # grey from which on there is no tone, and tone for each 1 of grey below it
FACE_LIGHT, FACE_DEEP, FACE_DARK = 0.94, 0.8, 0.25  # of faces, by their own light: the same, and tone for each 1 of grey below LIGHT besides
MOST = 0.4  # tone that is never reached, however dark the photo is
NEAR = 1.25  # cells, deviation of the Gaussian over which ink is averaged
BROAD = np.ones((5, 5), np.uint8)  # cells: ink that is not as broad as this, such as a line, does not count, for tone goes up to it
DARKEST = 0.1  # light of a face, at least
LEAST = 6.0  # cells of a face's height: smaller ones are no forms
LIT = 90  # percentile of the greys in a face that is its light
LIKE = 10.0, 20.0  # distance of colours, Cr and Cb from 0 to 255: up to the first they are a face's, from the second on they are not
MIDDLE = 0.75  # of a face's half axes: what is within has its colour
REACH = 1.0, 1.6  # of the half axes of a face with its neck: up to the first a place may belong to it, from the second on it does not
NECK = 0.15, 1.5, 1.6  # those are about a middle that is lower by this share of the height, and longer and wider by these factors
ROOM = 128  # share of 1 in the map of it, which goes up to 1 / (1 - MOST)
KINDS = np.int16, np.int16, np.uint8, np.uint8  # of the maps, see missing()
BAND = 4 * PERIOD  # rows at once, which bounds the memory


def shaded(sketch, working, foreground, amount):
    """The sketch with pale hatching on faces and where it was left blank, at the working size. Nothing gets lighter.

    sketch: uint8 (H, W), 255 = paper. working: the photo at this size with its faces, see utils.working. foreground: a
    utils.background.FoundForeground of the whole photo. amount: share of the tone, 0 (none) to 1; ValueError beyond.
    """
    check("shade", amount, SHADES)
    if not amount:
        return sketch
    maps = missing(sketch, working, foreground, amount)
    full = (cv2.resize(one, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR) for one in maps)
    return in_bands(shade_band, BAND, 0, sketch, working.gray, *full)


def missing(sketch, working, foreground, amount):
    """The tone that the sketch lacks, as shade_band() needs it: maps of up to SIDE / 2 cells.

    (offset, slope, ink, room): the tone asked for, in bytes, as what follows from the photo's grey, both int16; the drawing's ink where it
    is broader than a line and not in a face, in bytes; and of what is then missing the share that is laid on, on the paper that is left,
    in parts of ROOM. All as in shaded().
    """
    height, width = working.gray.shape
    scale = min(1.0, SIDE / max(height, width))
    small = working.smaller(min(SIDE, max(height, width)))
    white = np.float32(max(DIMMEST, working.lightest))
    photo, gray = small.photo, small.gray / white
    face, light = of_faces(photo, halved(gray), np.reshape(working.faces, (-1, 4)) * (scale / 2))
    colour = (functools.reduce(cv2.max, cv2.split(photo)) / white).clip(0, 1) - gray
    values = gray + COLOUR * (1 - enlarged(face, 2, gray.shape)) * colour
    a, b = guided(gray, values, np.ones_like(gray), WINDOW, NOISE)
    sized = lambda image: cv2.resize(image, face.shape[::-1], interpolation=cv2.INTER_LINEAR)
    share = np.float32(amount) * sized(np.maximum(foreground.subject, foreground.in_front))
    offset = DEEP * LIGHT + face * np.float32(FACE_DEEP * FACE_LIGHT + FACE_DARK * LIGHT - DEEP * LIGHT)
    slope = DEEP + face * (FACE_DEEP / light + np.float32(FACE_DARK - DEEP))
    ink = blur(1 - reduced(sketch, *a.shape) / np.float32(255), NEAR)
    ink = cv2.morphologyEx(ink, cv2.MORPH_OPEN, BROAD) * (1 - face)
    parts = 255 * (offset - slope * b), 255 * slope * a * (255 / white), 255 * ink, ROOM * share / (1 - np.minimum(ink, MOST))
    return [np.rint(part).clip(np.iinfo(kind).min, np.iinfo(kind).max).astype(kind) for part, kind in zip(parts, KINDS)]


def of_faces(photo, gray, boxes):
    """Where faces and their necks are, float32 (h, w) in [0, 1], and the light of each in its place, float32 (h, w), 1 elsewhere.

    photo: uint8 (2 h, 2 w, 3), or 1 less. gray: float32 (h, w), 1 = the photo's light. boxes: (n, 4), left, top, width and height in it.
    """
    share, light = np.zeros_like(gray), np.ones_like(gray)
    if not len(boxes):
        return share, light
    colours = np.float32(cv2.blur(halved(cv2.cvtColor(photo, cv2.COLOR_RGB2YCrCb)), (3, 3))[..., 1:])
    lower, longer, wider = NECK
    for left, top, width, height in boxes[boxes[:, 3] >= LEAST].tolist():
        x, y, neck = left + width / 2, top + height / 2, top + height / 2 + lower * height
        part = around(neck, x, REACH[1] * longer * height / 2, REACH[1] * wider * width / 2)
        far = lambda y, *sides: distance(share[part].shape, y - part[0].start, x - part[1].start, *sides)
        inner = far(y, height, width) < MIDDLE
        if not inner.any():
            continue
        near = 1 - ramp(far(neck, longer * height, wider * width), *REACH)
        rank = np.count_nonzero(inner) // 2
        usual = np.partition(colours[part][inner].T, rank)[:, rank]  # np.median takes several times as long
        unlike = cv2.magnitude(*cv2.split(colours[part] - usual))
        one = cv2.blur(np.float32(near * (1 - ramp(unlike, *LIKE))), (3, 3))
        skin = gray[part][inner & (unlike < LIKE[1])]
        own = max(DARKEST, np.percentile(skin, LIT)) if len(skin) else 1.0
        light[part][one > share[part]] = own
        np.maximum(share[part], one, out=share[part])
    return share, cv2.blur(light, (3, 3))


def shade_band(sketch, gray, offset, slope, ink, room):
    """Some rows of shaded(), from a multiple of PERIOD on. The rest: see missing(), in the size of the sketch."""
    if not cv2.hasNonZero(room):
        return sketch
    asked = cv2.subtract(offset, cv2.multiply(slope, np.int16(gray), scale=1 / 255), dtype=cv2.CV_8U)
    lacking = cv2.subtract(cv2.LUT(asked, limited()), ink)
    return hatched(sketch, cv2.multiply(lacking, room, scale=1 / (255 * ROOM), dtype=cv2.CV_32F))


@functools.lru_cache(maxsize=1)
def limited():
    """The tone for each that is asked for, in bytes: uint8 (256,). It rises and stays below MOST."""
    return np.uint8(np.rint(255 * MOST * (1 - np.exp(-np.arange(256) / (255 * MOST)))))
