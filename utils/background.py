"""The background: what lies behind the foreground is drawn paler, as a draughtsman sets a figure off."""
import functools

import cv2
import numpy as np

from data.filters import ramp
from utils.effects import check

BACKGROUNDS = (0.0, 1.0)  # allowed amounts: shares of the ink that is left behind the foreground
SUREST = 98  # percentile of a map that counts as its largest probability: 2 % of strays do not
SURE = (0.15, 0.6)  # that probability: up to the first the photo has no foreground, from the second on surely one
DOUBT = (0.05, 0.25), (0.02, 0.1)  # relative to it: what is surely behind, and what counts as foreground, for no part of that must fade,
UNDECIDED = (0.1, 0.35)  # by how undecided the map is, the mean of 4 p (1 - p): the first pair up to the first, the second from the second on
SOME = (0.02, 0.03)  # share of the photo: smaller foregrounds than the first count as none, larger ones than the second fully
MOST = (0.75, 0.95)  # from here on less again: what fills the photo has nothing behind it
SUBJECT = (0.3, 0.7)  # relative to the surest: what is less does not belong to the subject, what is more surely does
RIM = np.ones((3, 3), np.uint8)  # cells of the map: at the border of the foreground it tells of one more than there is


def surest_of(foreground):
    """The largest probability of a map, strays aside."""
    rank = int(SUREST / 100 * (foreground.size - 1))
    return float(np.partition(foreground, rank, axis=None)[rank])  # np.percentile takes several times as long


def by_surest(foreground):
    """A map by its largest probability, strays aside, and how surely that is a foreground, in [0, 1]."""
    surest = surest_of(foreground)
    return foreground / max(surest, SURE[0]), float(ramp(surest, *SURE))


def surely(foreground):
    """Where a map is sure of the subject, float32 (h, w) in [0, 1], if there is one, and how surely there is."""
    relative, sure = by_surest(foreground)
    return of_subject(relative), sure


def of_subject(relative):
    """Where a map by its surest is sure of the subject: float32 (h, w) in [0, 1]."""
    return np.float32(ramp(relative, *SUBJECT))


class FoundForeground:
    """What a photo is of, and what follows from that, each found when it is first asked for: several parts of the drawing ask.

    found: a map of the whole photo, float32 (h, w), probabilities.
    """

    def __init__(self, found):
        self.found = found

    @functools.cached_property
    def by_surest(self):
        """See by_surest()."""
        return by_surest(self.found)

    @functools.cached_property
    def subject(self):
        """How surely a cell belongs to the subject, float32 (h, w) in [0, 1]: 0 all over where the photo has none."""
        relative, sure = self.by_surest
        return np.float32(of_subject(relative) * sure)

    @functools.cached_property
    def in_front(self):
        """What is not behind the subject, and no part of its border, float32 (h, w) in [0, 1]: 1 all over where nothing is behind it."""
        found, clear = self.clearly
        return 1 - clear * (1 - cv2.erode(found, RIM))

    def left_ink(self, background):
        """The share of the ink that stays, float32 (h, w) in [background, 1]: 1 at the foreground, and all over where there is none.

        background: the share behind it.
        """
        found, clear = self.clearly
        return 1 - (1 - np.float32(background)) * clear * (1 - found)

    @functools.cached_property
    def clearly(self):
        """What counts as foreground, float32 (h, w) in [0, 1], and how clearly that is in front of something, a float32 in [0, 1].

        A figure that stands out has everything else behind it; where much may belong to the subject, as in a room or on a table, less is.
        """
        relative, sure = self.by_surest
        part = relative.clip(0, 1)
        undecided = float(ramp(np.mean(4 * part * (1 - part)), *UNDECIDED))
        found = np.float32(ramp(relative, *(one + undecided * (other - one) for one, other in zip(*DOUBT))))
        filled = np.count_nonzero(found > 0.5) / found.size
        return found, np.float32(sure * ramp(filled, *SOME) * (1 - ramp(filled, *MOST)))


def set_off(sketch, foreground, background):
    """uint8 (H, W), 255 = paper -> the same with paler ink behind the foreground. ValueError for a background out of range.

    foreground: a FoundForeground. background: the share of the ink that is left behind it.
    """
    check("background", background, BACKGROUNDS)
    if background == 1:
        return sketch
    left = np.uint8(np.rint(255 * foreground.left_ink(background)))
    if left.min() == 255:
        return sketch
    left = cv2.resize(left, sketch.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return 255 - cv2.multiply(255 - sketch, left, scale=1 / 255)
