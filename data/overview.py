"""What shading takes from the whole photo: how light it is, and where there is something to shade.

A crop alone cannot tell: inside a dark coat nothing is darker than the rest, and no contour is near.
"""
import dataclasses

import cv2
import numpy as np

from .filters import blur, ramp, sharpness
from .light import denoised, evened, lit

SCALE = 0.5  # of the photo's size, at which it is looked over


@dataclasses.dataclass(frozen=True)
class Overview:
    """The tones of a photo that count as light and as deep, in [0, 1], and its subject."""

    light: float
    deep: float
    light_evened: float  # the light tone after data.light.evened()
    subject: np.ndarray  # float32 (H, W) in [0, 1]: where there is something to shade

    def cropped(self, crop):
        """The same for a data.crops.Crop of the photo."""
        return dataclasses.replace(self, subject=crop.apply(self.subject))


def overview(rgb, semantic):
    """The Overview of a uint8 (H, W, 3) photo with its semantic edge map (H, W). It is made at half the size."""
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    gray, edges = (cv2.resize(image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_AREA) for image in (gray, semantic))
    light, deep = light_tone(gray), np.percentile(gray, 2)
    light_evened = light_tone(evened(denoised(lit(gray)[0])))
    shaded = subject(gray, edges, depth(blur(gray, 1.5 * SCALE), light, deep))
    return Overview(light, deep, light_evened, cv2.resize(shaded, rgb.shape[1::-1]))


def light_tone(gray):
    """The tone that counts as light: most of a photo is not shaded, unless it is much darker than the rest, as a dark coat is."""
    middle, bright = np.percentile(gray, (60, 90))
    return max(middle, 0.65 * bright)


def depth(tone, light, deep):
    """How dark a tone is between the photo's lights and darks, in [0, 1]."""
    return ramp(light - tone, 0.12, max(light - deep, 0.35))


def subject(gray, semantic, depth):
    """Where there is something to shade, from images of SCALE times the photo's size: float32 (H, W) in [0, 1].

    Far from any contour lie sky, walls and backgrounds: paper, and so is what is blurred. Within something dark the shade is
    even, in wide bodies too. depth: see depth(); all float32 (H, W) in [0, 1].
    """
    step, sharp = sharpness(gray, SCALE)
    focus = ramp(blur(step * sharp * semantic, 12 * SCALE), 0.005, 0.04)
    found = ramp(blur(semantic, 14 * SCALE), 0.02, 0.10) * (0.3 + 0.7 * focus)
    around = blur(found * depth, 24 * SCALE) / (blur(depth, 24 * SCALE) + 1e-3)
    found = found + ramp(depth, 0, 0.3) * (around - found)
    wide = blur(found * depth, 60 * SCALE) / (blur(depth, 60 * SCALE) + 1e-3)
    body, ground = (blur(part, 2 * SCALE) for part in bodies((depth > 0.3) & (semantic < 0.3), found))
    found = np.maximum(found, ramp(depth, 0.3, 0.7) * np.minimum(np.maximum(1.4 * wide, body), 1))
    return found * (1 - ground)


def bodies(dark, near):
    """(body, ground): what connected dark parts are, float32 (H, W) in [0, 1], 0 where it is not dark.

    A ground fills much of the frame but for its lower edge, on which bodies stand, and is left as paper; a body does not, and
    has contours near it. dark: bool (H, W). near: float32 (H, W) in [0, 1], where contours are near.
    """
    count, labels = cv2.connectedComponents(dark.astype(np.uint8), connectivity=4)
    frame = np.ones(dark.shape, bool)
    rim = max(1, round(0.04 * min(dark.shape)))
    frame[rim:, rim:-rim] = False

    def share(weights, of):
        return np.bincount(labels.ravel(), weights.ravel(), count) / of

    body = ramp(share(near, np.maximum(share(dark, 1), 1)), 0.05, 0.2)
    ground = ramp(share(frame, frame.sum()), 0.22, 0.36)
    body[0] = ground[0] = 0
    return (body[labels] * (1 - ground[labels])).astype(np.float32), ground[labels].astype(np.float32)
