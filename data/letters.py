"""Lettering as a draughtsman writes it: the strokes of the letters in ink on paper, whatever their colours are in the photo.

Edge detectors see both sides of every stroke of a letter, and small words become scribbles. Boxes around words say where
letters are, and the two tones inside which of them is the letters'.
"""
import cv2
import numpy as np

from .filters import blur, ramp

SMALLEST, LARGEST = 7, 40  # pixels: heights of words that are written; larger letters have outlines that can be drawn
HEIGHT = 64  # pixels: height to which a word is enlarged, without its margin
MARGIN = 10  # pixels of the enlarged word around its box
TWO_TONES = 0.6  # share of the variance of a word's colours that lies between its two tones: below it they are no letters
MOST = 0.6  # share of a box that letters fill at most
RIM = 0.25  # share of a box's rim that may have the letters' tone: above it the ground has two tones itself, such as a plate's edge


def upright(rgb, box):
    """(word, back): what is in a box, enlarged, and the map of its pixels to the photo's.

    box: float32 (4, 2), x and y of its corners in pixels, clockwise from the top left as one reads. word: uint8
    (HEIGHT + 2 MARGIN, W, 3). back: (3, 3), for cv2.warpPerspective.
    """
    width, height = (np.hypot(*(box[1] - box[0])) + np.hypot(*(box[2] - box[3]))) / 2, height_of(box)
    width = max(round(width * HEIGHT / height), 1)
    corners = np.float32([[0, 0], [width, 0], [width, HEIGHT], [0, HEIGHT]]) + MARGIN
    back = cv2.getPerspectiveTransform(corners, np.float32(box))
    size = width + 2 * MARGIN, HEIGHT + 2 * MARGIN
    word = cv2.warpPerspective(rgb, back, size, flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)
    return word, back


def height_of(box):
    """The height of a box, float32 (4, 2), in pixels."""
    return (np.hypot(*(box[3] - box[0])) + np.hypot(*(box[2] - box[1]))) / 2


def written(word):
    """Ink of the letters of a uint8 (H, W, 3) word: float32 (H, W) in [0, 1]; None if there are no two tones in it.

    The colours are projected on the direction in which they vary most and split in two tones (Otsu, 1979). Letters are
    what the rim of the box has less of.
    """
    colours = cv2.cvtColor(word, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float32)
    colours -= colours.mean(0)
    _, axes = np.linalg.eigh(colours.T @ colours)
    tone = (colours @ axes[:, -1]).reshape(word.shape[:2])
    low, high = np.percentile(tone, (1, 99))
    tone = ramp(tone, low, max(high, low + 1))
    threshold, _ = cv2.threshold(np.uint8(255 * tone), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    light = tone > threshold / 255
    if not 0 < light.mean() < 1:
        return None
    dark_tone, light_tone = tone[~light].mean(), tone[light].mean()
    between = light.mean() * (1 - light.mean()) * (light_tone - dark_tone) ** 2
    rim = np.concatenate([light[:MARGIN].ravel(), light[-MARGIN:].ravel()])
    letters = ~light if rim.mean() > 0.5 else light
    clear = min(rim.mean(), 1 - rim.mean()) < RIM
    if not clear or between < TWO_TONES * tone.var() or letters.mean() > MOST:
        return None
    ink = ramp(tone, dark_tone + 0.15 * (light_tone - dark_tone), light_tone - 0.15 * (light_tone - dark_tone))
    return ink if letters is light else 1 - ink


def letter_map(rgb, boxes):
    """The letter map of a photo: uint8 (H, W, 3), ink of the letters, where words are, nothing.

    rgb: uint8 (H, W, 3). boxes: of the words, float32 (N, 4, 2), see `upright`. Words without two tones, and those lower than
    SMALLEST or higher than LARGEST pixels, are left out.
    """
    found = np.zeros((*rgb.shape[:2], 3), np.uint8)
    for box in np.float32(boxes):
        height = height_of(box)
        if not SMALLEST <= height <= LARGEST:
            continue
        word, back = upright(rgb, box)
        ink = written(word)
        if ink is None:
            continue
        place = np.zeros(ink.shape, np.float32)
        place[MARGIN // 2 : -MARGIN // 2, MARGIN // 2 : -MARGIN // 2] = 1
        scale = HEIGHT / height  # pixels of the word per pixel of the photo
        planes = np.dstack([blur(ink * place, max(0.4 * scale, 0.1)), blur(place, max(0.4 * scale, 2.0)), 0 * place])
        planes = cv2.warpPerspective(planes, back, rgb.shape[1::-1], flags=cv2.INTER_LINEAR)
        found = np.maximum(found, np.uint8(255 * planes.clip(0, 1) + 0.5))
    return found
