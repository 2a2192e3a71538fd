"""The background: what lies behind the foreground is drawn paler, as a draughtsman sets a figure off."""
import cv2
import numpy as np

from utils.effects import check

BACKGROUNDS = (0.0, 1.0)  # allowed amounts: shares of the ink that is left behind the foreground
DOUBT = (0.1, 0.5)  # probabilities: what is surely behind, and what counts as foreground, for a part of it must not fade
SURE = 0.3  # smallest probability that is taken for certainty, where nothing in the photo is surer
SOME = (0.01, 0.05)  # share of the photo: smaller foregrounds than the first count as none, larger ones than the second fully
MOST = (0.75, 0.95)  # from here on less again: what fills the photo has nothing behind it
RIM = np.ones((3, 3), np.uint8)  # cells of the map around the foreground that are not behind it: its outline stays whole


def rise(values, low, high):
    """0 up to low, 1 from high on, linear between."""
    return np.clip((values - low) / (high - low), 0, 1)


def left_ink(foreground, background):
    """The share of the ink that stays, float32 (h, w) in [background, 1]: 1 at the foreground, and all over where there is none.

    foreground: a map of the whole photo, float32 (h, w), probabilities. background: the share behind it.
    """
    surest = max(float(np.percentile(foreground, 98)), SURE)
    found = np.float32(rise(foreground / surest, *DOUBT))
    filled = float(np.mean(found > 0.5))
    clear = float(rise(filled, *SOME) * (1 - rise(filled, *MOST)))
    return 1 - np.float32((1 - background) * clear) * (1 - cv2.dilate(found, RIM))


def set_off(sketch, foreground, background):
    """uint8 (H, W), 255 = paper -> the same with paler ink behind the foreground. ValueError for a background out of range.

    foreground, background: as in left_ink().
    """
    check("background", background, BACKGROUNDS)
    if background == 1:
        return sketch
    left = np.uint8(np.rint(255 * left_ink(foreground, background)))
    left = cv2.resize(left, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return 255 - cv2.multiply(255 - sketch, left, scale=1 / 255)
