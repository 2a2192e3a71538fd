"""What shading takes from the whole photo: how light it is, and where there is something to shade.

A crop alone cannot tell: inside a dark coat nothing is darker than the rest, and no contour is near.
"""
import dataclasses

import cv2
import numpy as np

from .blacks import white
from .filters import blur, ramp, sharpness
from .light import denoised, evened, lit

SCALE = 0.5  # of the photo's size, at which it is looked over


@dataclasses.dataclass(frozen=True)
class Overview:
    """What the shading of a crop is measured by."""

    light: float  # the tone that counts as light, in [0, 1]
    deep: float  # the tone that counts as dark, in [0, 1]
    white: float  # the grey that counts as white, in [0, 1]: data.blacks.white()
    light_evened: float  # the light tone of the photo lit up, denoised and evened as in data.light
    subject: np.ndarray  # float32 (H, W) in [0, 1]: where there is something to shade

    def cropped(self, crop):
        """The same for a data.crops.Crop of the photo."""
        return dataclasses.replace(self, subject=crop.apply(self.subject))


def overview(rgb, semantic):
    """The Overview of a uint8 (H, W, 3) photo with its semantic edge map (H, W), each side of at least 6 pixels."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    lightest = white(gray)
    gray, edges = (cv2.resize(image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA) for image in (gray, semantic))
    light, deep = light_tone(gray), float(np.percentile(gray, 2))
    dark = depth(blur(gray, 1.5 * SCALE), light, deep)
    found = cv2.resize(shaded_where(gray, edges, dark), rgb.shape[1::-1])
    return Overview(light, deep, lightest, light_tone(evened(denoised(lit(gray)[0]))), found)


def light_tone(gray):
    """The tone that counts as light, of an image in [0, 1]: the 60th percentile, so that most of a photo is not shaded, but at
    least a share of the brightest tones, for a dark coat may fill the photo.
    """
    middle, bright = np.percentile(gray, (60, 90))
    return float(max(middle, 0.65 * bright))


def depth(tone, light, deep):
    """How dark a tone is between the photo's lights and darks, in [0, 1]."""
    return ramp(light - tone, 0.12, max(light - deep, 0.35))


def shaded_where(gray, semantic, dark):
    """Where there is something to shade, float32 (H, W) in [0, 1], from images of SCALE times the photo's size.

    Far from any contour lie sky, walls and backgrounds: paper, and so is what is blurred, unless all of the photo is. Within
    something dark the shade is even, in wide bodies too. dark: its depth(); all float32 (H, W) in [0, 1].
    """
    step, sharp = sharpness(gray, SCALE)
    crisp = blur(step * sharp * semantic, 12 * SCALE)
    soft = 0.3 * (1 - float(ramp(np.percentile(crisp, 98), 0.02, 0.06)))
    near = ramp(blur(semantic, 14 * SCALE), 0.02, 0.10) * (soft + (1 - soft) * ramp(crisp, 0.005, 0.04))
    around = blur(near * dark, 24 * SCALE) / (blur(dark, 24 * SCALE) + 1e-3)
    found = near + ramp(dark, 0, 0.3) * (around - near)
    wide = blur(found * dark, 60 * SCALE) / (blur(dark, 60 * SCALE) + 1e-3)
    body, ground = (blur(part, 2 * SCALE) for part in bodies(dark > 0.3, semantic > 0.3, near))
    found = np.maximum(found, ramp(dark, 0.3, 0.7) * np.minimum(np.maximum(1.4 * wide, body), 1))
    return found * (1 - ground)


def bodies(dark, contour, near):
    """(body, ground): what the dark parts between contours are, float32 (H, W) in [0, 1], 0 where it is not dark.

    A ground lies along much of the picture's border, of which the lower edge does not count, for bodies stand there; it is
    left as paper. A body does not, and has contours along its rim. dark, contour: bool (H, W). near: float32 (H, W) in [0, 1],
    where contours are near.
    """
    count, labels = cv2.connectedComponents((dark & ~contour).astype(np.uint8), connectivity=4)
    border = np.ones(dark.shape, bool)
    rim = max(1, round(0.04 * min(dark.shape)))
    border[rim:, rim:-rim] = False

    def total(weights):
        return np.bincount(labels.ravel(), weights.ravel(), count)

    outer = cv2.morphologyEx(labels.astype(np.float32), cv2.MORPH_GRADIENT, np.ones((3, 3))) > 0
    body = ramp(total(near * outer) / np.maximum(total(outer), 1), 0.1, 0.3)
    ground = ramp(total(border) / border.sum(), 0.2, 0.3)
    body[0] = ground[0] = 0
    body, ground = (part[labels].astype(np.float32) for part in (body * (1 - ground), ground))
    rest = dark & contour  # the dark side of a contour goes with the ground that it borders on, but for a body's
    ground += rest * cv2.dilate(ground, np.ones((9, 9))) * (1 - cv2.dilate(body, np.ones((9, 9))))
    return body, ground
