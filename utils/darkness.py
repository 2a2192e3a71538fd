"""What a photo itself says of dark masses: the tone that they have at least, and behind the subject where they are any.

A network that sees a part of a black coat at a time leaves its middle blank at every size. But black is black: so the photo's
own grey asks for tone, of the subject more than of the rest, for clothes and hair give a figure its weight. A coat that shines
somewhat on one side is still one coat, which gets one tone, and so do, paler, dark things elsewhere that are in focus. Behind the
subject a draughtsman hatches a dark, even backdrop as a whole, up to its borders, or not at all: what merely is out of focus stays
paper.
"""
import functools

import cv2
import numpy as np

from data.filters import blur, halved, ramp, slope
from data.skin import skin
from utils.sharp_steps import sharp_steps_of_half

SMOOTH = 1.5  # pixels, deviation of the Gaussian that takes texture away
DARKEST = 0.64  # tone that black asks for; the mean ink is a little less, for strokes so dense overlap
BLACK = (0.06, 0.22)  # grey: up to the first it is black, from the second on no tone is asked for,
DARK = (0.18, 0.37)  # and the same of the subject, for the mean of its grey and its strongest channel: colours are not dark,
SKIN = 0.1  # and skin counts as lighter by this: a shadow on a face is none of its tones
ONE = (0.18, 0.45)  # the same measure, blurred: connected places of the subject, or of the rest, below the second are a part, and its
# average gives it one tone, DARKEST up to the first, none from the second on,
BRIGHTER = (0.16, 0.26)  # but where it is lighter than that average: all of it up to the first, none from the second on
FOLDS = 1.5  # pairs of pixels, deviation of that blur
LEAST = 25  # squares of 2 x 2 pixels that a part has at least
REST = 0.7  # share of that tone for parts that are not of the subject
WHOLE = (0.75, 0.9)  # share of their rim at borders: up to the first none, from the second on all of it, for light on a floor ends nowhere
SEEN = (0.1, 0.25)  # the same of the mean of sharp steps on and around them, for what is blurred is a backdrop or paper
BEHIND = (0.5, 0.9)  # of utils.background: up to the first a place is not behind the subject, from the second on it is
WIDE = 2.5  # pairs of pixels, deviation of the Gaussian over what counts as one backdrop,
DIM = 0.5  # and the grey that it leaves, from which on there is none
BACKDROP = 0.33  # tone of a black backdrop,
PALEST = (0.08, 0.5)  # greys between which that of its mean becomes paper,
LIT = (0.3, 0.45)  # and greys between which it does so place by place
SHARP, STEP = 0.7, 0.06  # pairs of pixels, deviation of a Gaussian, and the slope in one that then counts as a border
BOUND = (0.35, 0.6)  # share of a backdrop's rim that lies at borders or the subject: from the second on what is drawn there counts
FIRM = (0.6, 0.85)  # the same share: up to the first a backdrop, or a part of the subject, is not hatched as a whole, from the second on it is
EVEN = (0.28, 0.4)  # mean of sharp steps: less of it from the first on, none from the second, for a backdrop in focus has a drawing of its own
KNIT = (0.4, 0.55)  # the same for parts of one tone, which are in focus: from the second on they are all pattern
AROUND, FOCUS = 8.0, (0.1, 0.25)  # pairs of pixels, deviation of a Gaussian: what is drawn counts, too, where sharp steps have such a mean,
NIGHT = (0.15, 0.3)  # and where the wide grey is less than these
NEAR = np.ones((3, 3), np.uint8)  # pairs of pixels around a rim in which borders and the subject are looked for
EDGE = 5  # pairs of pixels over which a backdrop's end is softened
NOTHING = np.float32(0), np.float32(1)  # what darkness() gives for a photo that asks for nothing: no tone, and all that is drawn counts


def asked_of(small, foreground):
    """darkness() of a small Working, with the sharp steps that a photo of twice its size has, whatever that of the photo itself."""
    return darkness(small) if foreground is None else darkness(small, foreground, sharp_steps_of_half(small.gray))


def darkness(small, foreground=None, steps=None):
    """(least, share): the tone that a small photo asks for at least, and the share that the tone of its drawing counts for.

    small: it as a utils.working.Working, with a long side of up to some 400 pixels. foreground: a utils.background.FoundForeground of the
    photo; without one there are no backdrops and no parts of one tone. steps: utils.sharp_steps of the photo at twice the
    size, needed with a foreground. Returns float32 (h, w) in [0, 1]; share can be a number.
    """
    light = np.float32(max(1, small.lightest))
    gray = small.gray / light
    least = DARKEST * (1 - ramp(blur(gray, SMOOTH), *BLACK))
    if foreground is None:
        return least, NOTHING[1]
    strongest = functools.reduce(cv2.max, cv2.split(small.photo))
    coloured = cv2.addWeighted(gray, 0.5, strongest, 0.5 / light, 0, dtype=cv2.CV_32F) + SKIN * skin(small.photo)
    halves = halved(gray), halved(coloured)
    sized = lambda image, like: cv2.resize(image, like.shape[::-1], interpolation=cv2.INTER_LINEAR)
    of_subject = foreground.subject
    behind, within = ramp(sized(1 - foreground.left_ink(0.0), halves[0]), *BEHIND), sized(of_subject, halves[0])
    steps = cv2.resize(steps, halves[0].shape[::-1], interpolation=cv2.INTER_AREA) / np.float32(255)
    rest, tone, share = (sized(part, gray) for part in (1 - behind, *backdrops(halves[0], steps, behind)))
    of_subject = DARKEST * (1 - ramp(blur(coloured, SMOOTH), *DARK)) * sized(of_subject, gray)
    parts = sized(one_tone(halves[1], steps, within), gray)
    return functools.reduce(np.maximum, (rest * least, of_subject, parts, tone)), share


class Parts:
    """The connected parts of some places, and what holds of each as a whole, by its number; 0 is what belongs to none.

    where: bool (h, w).
    """

    def __init__(self, where):
        self.where = where
        self.count, self.labels = cv2.connectedComponents(np.uint8(where))
        self.sizes = np.maximum(self.number(where), 1)

    def number(self, where, weights=None):
        """How many of some places, bool (h, w), are in each part, or the sum of their weights."""
        return np.bincount(self.labels[where], weights, self.count)

    def mean(self, image):
        """The average of an image over each part."""
        return self.number(self.where, image[self.where]) / self.sizes

    def bounded(self, border, outside):
        """The share of each part's rim that lies at a border or at what is outside, bool (h, w); where the photo ends is no rim."""
        rim = self.where & (cv2.erode(np.uint8(self.where), NEAR) == 0)
        firm = border | (cv2.dilate(np.uint8(outside), NEAR) > 0)
        return self.number(rim & firm) / np.maximum(self.number(rim), 1)

    def spread(self, values):
        """Values of the parts at their places: float32 (h, w)."""
        return np.float32(values)[self.labels]


def borders(gray):
    """Where the grey has steps, or next to them: bool (h, w)."""
    return cv2.dilate(slope(gray, SHARP), NEAR) > STEP


def one_tone(gray, steps, within):
    """Dark connected parts of the subject and of the rest, one by one: the tone of each, float32 (h, w) in [0, 1].

    gray: float32 (h, w), relative to what is light; a colour counts as lighter than its grey. steps: the photo's sharp steps, float32
    (h, w) in [0, 1]. within: how surely a place is the subject's, float32 (h, w) in [0, 1].
    """
    smooth, border = blur(gray, FOLDS), borders(gray)

    def tones(inside, rest):
        parts = Parts((smooth < ONE[1]) & inside)
        mean, bounded = parts.mean(smooth), parts.bounded(border, ~inside)
        tone = DARKEST * (1 - ramp(mean, *ONE)) * ramp(bounded, *(WHOLE if rest else FIRM)) * (1 - ramp(parts.mean(steps), *KNIT))
        tone *= parts.sizes >= LEAST
        if rest:
            tone *= REST * ramp(parts.mean(blur(steps, AROUND)), *SEEN)
        return parts.spread(tone) * (1 - ramp(smooth - parts.spread(mean), *BRIGHTER))

    return np.maximum(within * tones(within > 0.5, False), tones(within <= 0.5, True))


def backdrops(gray, steps, behind):
    """Dark backdrops, one by one: (their tone, share of the drawing's tone that counts), float32 (h, w) in [0, 1].

    gray: float32 (h, w), relative to what is light. steps: its sharp steps, float32 (h, w) in [0, 1]. behind: float32 (h, w) in [0, 1],
    1 behind the subject.
    """
    wide = blur(gray, WIDE)
    parts = Parts((wide < DIM) & (behind > 0))
    bounded = parts.bounded(borders(gray), behind == 0)
    tone = ramp(bounded, *FIRM) * (1 - ramp(parts.mean(steps), *EVEN)) * BACKDROP * (1 - ramp(parts.mean(gray), *PALEST))
    lit = ramp(np.maximum(wide, blur(gray, SHARP)), *LIT)
    bound = cv2.blur(cv2.dilate(parts.spread(ramp(bounded, *BOUND)), NEAR), (EDGE, EDGE))
    counts = np.maximum(np.maximum(bound, ramp(blur(steps, AROUND), *FOCUS)), 1 - ramp(wide, *NIGHT))
    return behind * parts.spread(tone) * (1 - lit), 1 - behind * (1 - counts)
