"""What a portraitist draws of a face, from its landmarks and the photo: lines of the features, and shade on the face.

Landmarks are the 478 points of the face mesh of Kartynnik et al. (2019) with the irises of Ablavatski et al. (2020), in
MediaPipe's order. Detectors of edges miss eyes and mouths that are small or weakly lit; landmarks say where they are.
"""
from typing import NamedTuple

import cv2
import numpy as np

from .filters import blur, ramp, valleys

DARK_GLASSES = 0.33  # grey around an eye relative to the cheek's: darker is no shadow
LINES = (0.9, 2.2)  # pixels of the photo: widths of the lines of small and of large faces
IRISES = (0.1, 0.4)  # ink of light and of dark ones, between their rim and the pupil
CANONICAL, LARGEST = 256, 512  # pixels: faces are enlarged to about this width to be drawn, or reduced to this one


def closed(halves):
    """The outline made of an upper and a lower line with the same ends, which share the direction."""
    upper, lower = halves
    return (*upper, *lower[-2:0:-1])


class Eye(NamedTuple):
    """Landmarks around one eye, lids from corner to corner."""

    upper: tuple  # lid
    lower: tuple  # lid
    brow: tuple  # its outline
    iris: tuple  # its centre, then four points of its rim
    cheek: tuple  # below the eye

    @property
    def opening(self):
        """The outline of what lies between the lids."""
        return closed((self.upper, self.lower))


EYES = (
    Eye(
        upper=(33, 246, 161, 160, 159, 158, 157, 173, 133),
        lower=(33, 7, 163, 144, 145, 153, 154, 155, 133),
        brow=(70, 63, 105, 66, 107, 55, 65, 52, 53, 46),
        iris=(468, 469, 470, 471, 472),
        cheek=(50, 101, 36),
    ),
    Eye(
        upper=(263, 466, 388, 387, 386, 385, 384, 398, 362),
        lower=(263, 249, 390, 373, 374, 380, 381, 382, 362),
        brow=(300, 293, 334, 296, 336, 285, 295, 282, 283, 276),
        iris=(473, 474, 475, 476, 477),
        cheek=(280, 330, 266),
    ),
)
NOSE = (98, 97, 2, 326, 327)
INNER_LIPS = ((78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308), (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308))
OUTER_LIPS = ((61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291), (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291))
OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)


class Patch:
    """One face, enlarged: its grey photo, its landmarks and what is drawn of it."""

    def __init__(self, gray, points):
        low, high = points[list(OVAL)].min(0), points[list(OVAL)].max(0)
        width = float(max(high - low))
        self.factor = max(1, round(CANONICAL / width)) if width <= LARGEST else LARGEST / width
        self.size = width * self.factor  # of the face, in pixels of the patch; all measures are relative to it
        margin = 0.15 * width
        self.left, self.top = np.maximum(np.floor(low - margin), 0).astype(int)
        self.right, self.bottom = np.minimum(np.ceil(high + margin), gray.shape[::-1]).astype(int)
        part = gray[self.top : self.bottom, self.left : self.right]
        shape = (round(part.shape[1] * self.factor), round(part.shape[0] * self.factor))
        method = cv2.INTER_CUBIC if self.factor >= 1 else cv2.INTER_AREA
        self.gray = np.clip(cv2.resize(part, shape, interpolation=method), 0, 1)
        self.points = (points - (self.left, self.top) + 0.5) * self.factor - 0.5
        self.ink = np.zeros(self.gray.shape, np.float32)

    def _at(self, indices):
        return np.int32(np.round(16 * self.points[list(indices)]))

    def area(self, indices):
        """Mask of the polygon through landmarks, float32 in [0, 1]."""
        mask = np.zeros(self.gray.shape, np.uint8)
        cv2.fillPoly(mask, [self._at(indices)], 255, cv2.LINE_AA, 4)
        return mask.astype(np.float32) / 255

    def line(self, indices, width, strength):
        """Draw a line through landmarks. width: relative to the face, but within LINES."""
        thick = max(1, round(float(np.clip(width * self.size, *np.multiply(LINES, self.factor)))))
        mask = np.zeros(self.gray.shape, np.uint8)
        cv2.polylines(mask, [self._at(indices)], False, 255, thick, cv2.LINE_AA, 4)
        self.ink = np.maximum(self.ink, strength * mask.astype(np.float32) / 255)

    def disk(self, centre, radius):
        """Mask of a disk around a point (x, y), float32 in [0, 1]."""
        mask = np.zeros(self.gray.shape, np.uint8)
        cv2.circle(mask, np.int32(np.round(16 * centre)), round(16 * radius), 255, -1, cv2.LINE_AA, 4)
        return mask.astype(np.float32) / 255

    def fill(self, mask, strength):
        """Draw an area."""
        self.ink = np.maximum(self.ink, strength * mask)

    def length(self, first, second):
        """Distance of two landmarks, relative to the face."""
        return float(np.hypot(*(self.points[first] - self.points[second]))) / self.size

    def mean(self, mask):
        """Mean grey in a mask."""
        return float((self.gray * mask).sum() / (mask.sum() + 1e-3))

    def spread(self, mask, width):
        """A mask, wider by `width` relative to the face on all sides, with soft rims."""
        side = 2 * max(1, round(width * self.size)) + 1
        wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        return blur(wide, max(0.4 * width * self.size, 0.5))


def behind_glasses(patch, eye):
    """Whether all around an eye is far darker than the cheek below it."""
    between = patch.area(eye.opening)
    around = patch.spread(between, 0.05) * (1 - patch.spread(between, 0.015))
    return patch.mean(around) < DARK_GLASSES * patch.mean(patch.spread(patch.area(eye.cheek), 0.02))


def draw_eye(patch, eye):
    """Draw lids and iris of one eye unless it is turned away. Returns where the photo may add to eye and brow."""
    if patch.length(eye.upper[0], eye.upper[-1]) < 0.09:
        return np.zeros_like(patch.gray)
    between = patch.area(eye.opening)
    patch.line(eye.upper, 0.014, 1.0)
    patch.line(eye.lower, 0.006, 0.4)
    centre, rim = patch.points[eye.iris[0]], patch.points[list(eye.iris[1:])]
    radius = float(np.hypot(*(rim - centre).T).mean())
    iris, within, pupil = (between * patch.disk(centre, share * radius) for share in (0.95, 0.78, 0.42))
    cheek = max(patch.mean(patch.spread(patch.area(eye.cheek), 0.02)), 0.1)
    patch.fill(iris - within, 0.7)
    patch.fill(within, float(np.clip(1.1 - 0.9 * patch.mean(iris * (1 - pupil)) / cheek, *IRISES)))
    patch.fill(pupil, 1.0)
    return np.maximum(patch.spread(between, 0.03), patch.spread(patch.area(eye.brow), 0.02))


def draw_face(patch):
    """Draw the features of a patch: strokes along the landmarks, and dark creases of the photo near them."""
    near = [] if any(behind_glasses(patch, eye) for eye in EYES) else [draw_eye(patch, eye) for eye in EYES]
    open_mouth = patch.length(13, 14) > 0.035
    patch.line(INNER_LIPS[0], 0.010, 0.9)
    if open_mouth:
        patch.line(INNER_LIPS[1], 0.008, 0.6)
    patch.line(OUTER_LIPS[1][2:-2], 0.006, 0.35)
    patch.line(NOSE, 0.007, 0.5)
    near += [patch.spread(patch.area(closed(OUTER_LIPS)), 0.02), patch.spread(patch.area(NOSE), 0.04)]
    near = np.maximum.reduce(near)
    free = 1 - np.maximum.reduce([patch.area(eye.opening) for eye in EYES])  # the iris is drawn, and the white stays paper
    if open_mouth:
        free *= 1 - 0.5 * patch.area(closed(INNER_LIPS))  # shade, not a hole
    width = 2 * round(0.05 * patch.size) + 1
    light = blur(patch.gray, 0.1 * patch.size)
    creases = valleys(blur(patch.gray, 0.006 * patch.size), width) / (light + 0.05) * near
    strongest = max(float(np.percentile(creases[near > 0.5], 95)) if (near > 0.5).any() else 0, 0.08)
    patch.fill(free * ramp(creases / strongest, 0.3, 0.9), 0.75)


def shade_face(patch, oval):
    """How much darker than its lit side a face is, float32 in [0, 1]: broad shadows only."""
    inside = patch.gray[oval > 0.5]
    if not len(inside):
        return np.zeros_like(patch.gray)
    lit, deep = np.percentile(inside, (75, 4))
    soft = blur(patch.gray, 0.02 * patch.size)
    return ramp((lit - soft) / (lit + 0.02), 0.12, max((lit - deep) / (lit + 0.02), 0.5))


def around_features(shown):
    """Where the features of a face map, or the letters of a letter map, are, and a little around them.

    shown: uint8 (H, W, 3). Returns float32 (H, W) in [0, 1].
    """
    near = cv2.dilate(shown[..., 0], np.ones((5, 5), np.uint8))
    return np.minimum(1.5 * blur(near.astype(np.float32) / 255, 1.5), 1)


def face_map(rgb, faces):
    """The face map of a photo: uint8 (H, W, 3).

    rgb: uint8 (H, W, 3). faces: list of landmarks, float (478, 2): x, y in pixels. Channels: ink of the features, where
    faces are, shade on them; 255 = all.
    """
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    result = np.zeros((3, *gray.shape), np.float32)
    for points in faces:
        points = np.float32(points)
        rim = points[list(OVAL)]
        if (rim.max(0) < 1).any() or (rim.min(0) > np.subtract(gray.shape[::-1], 2)).any():
            continue  # beyond the border
        patch = Patch(gray, points)
        oval = patch.area(OVAL)
        draw_face(patch)
        part = np.stack([patch.ink, blur(oval, 0.02 * patch.size), oval * shade_face(patch, oval)], 2)
        shape = (patch.right - patch.left, patch.bottom - patch.top)
        method = cv2.INTER_AREA if patch.factor >= 1 else cv2.INTER_LINEAR
        part = cv2.resize(part, shape, interpolation=method).transpose(2, 0, 1)
        window = (slice(None), slice(patch.top, patch.bottom), slice(patch.left, patch.right))
        result[window] = np.maximum(result[window], part)
    return np.uint8(255 * np.clip(result, 0, 1) + 0.5).transpose(1, 2, 0)
