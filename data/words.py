"""Words written onto photos, with their letter maps: few photos show lettering, and what they show is hard to find.

Source of the idea: Gupta, Vedaldi and Zisserman (2016), who trained detectors of text on words pasted into photos.
"""
import functools
import glob
import os

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .filters import blur

FONTS = ("DejaVuSans*", "DejaVuSerif*", "STIXGeneral*", "cmr10", "cmss10", "cmtt10")  # those of Matplotlib that have all letters
UNFIT = ("Display",)  # have few letters
HEIGHTS = (9.0, 44.0)  # pixels: sizes of the fonts, log-uniform
GROUNDED = 0.6  # share of the signs that have a ground and a rim; the others are letters upon the photo
LEAST_CONTRAST = 60  # grey levels between letters and ground, in full light
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"
TURN = 0.35  # radians: largest slant of a sign
SKEW = 0.12  # of a sign's sides: how far its corners move for perspective
FINE = 2  # signs are drawn this much larger


@functools.cache
def fonts():
    """Paths of the font files that come with Matplotlib and are fit for words."""
    from matplotlib import get_data_path

    folder = os.path.join(get_data_path(), "fonts", "ttf")
    found = [path for name in FONTS for path in sorted(glob.glob(os.path.join(folder, f"{name}.ttf")))]
    return [path for path in found if not any(part in path for part in UNFIT)]


def word(rng):
    """A made-up word: capitals, lower case, both, or a number."""
    kind, length = rng.random(), int(rng.integers(2, 10))
    letters = ["".join(rng.choice(list(characters), length)) for characters in CHARACTERS]
    if kind < 0.45:
        return letters[0]
    return letters[0][0] + letters[1][1:] if kind < 0.75 else letters[1] if kind < 0.85 else letters[2][:4]


def colour(rng, unlike=None):
    """A random RGB colour, float32, half of the time a grey; its grey differs by LEAST_CONTRAST or more from that of `unlike`."""
    while True:
        found = np.float32(rng.uniform(0, 255, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(0, 255)))
        if unlike is None or abs((found - unlike) @ (0.299, 0.587, 0.114)) >= LEAST_CONTRAST:
            return found


def sign(rng):
    """(letters, frame): one to three lines of words, masks float32 (H, W) in [0, 1]; frame is the rim of the sign."""
    font = ImageFont.truetype(str(rng.choice(fonts())), round(FINE * np.exp(rng.uniform(*np.log(HEIGHTS)))))
    text = "\n".join(" ".join(word(rng) for _ in range(rng.integers(1, 3))) for _ in range(rng.integers(1, 4)))
    spacing, margin = int(rng.integers(2, 5)) * FINE, int(0.35 * font.size) + 3 * FINE
    left, top, right, bottom = ImageDraw.Draw(Image.new("L", (1, 1))).multiline_textbbox((0, 0), text, font, spacing=spacing)
    image = Image.new("L", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin))
    ImageDraw.Draw(image).multiline_text((margin - left, margin - top), text, 255, font, spacing=spacing)
    letters = np.asarray(image, np.float32) / 255
    frame = np.zeros_like(letters)
    cv2.rectangle(frame, (0, 0), (frame.shape[1] - 1, frame.shape[0] - 1), 1, 2 * FINE)
    return letters, frame


def place(shape, size, rng):
    """The perspective map (3, 3) that puts a sign of `size` (H, W) somewhere into a photo of `shape` (H, W)."""
    (height, width), (sign_height, sign_width) = shape[:2], size
    middle = rng.uniform(0.1, 0.9, 2) * (width, height)
    half = np.array([sign_width, sign_height]) / 2 / FINE
    corners = np.float32([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    corners += rng.uniform(-SKEW, SKEW, (4, 2)) * half.min()
    turn = rng.uniform(-TURN, TURN) if rng.random() < 0.5 else 0.0
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + middle
    source = np.float32([(0, 0), (sign_width, 0), (sign_width, sign_height), (0, sign_height)])
    return cv2.getPerspectiveTransform(source, np.float32(turned))


def with_words(rgb, letters, rng):
    """(photo, letter map) with one or two signs written onto a uint8 (H, W, 3) photo.

    letters: the photo's letter map, see data.letters, or None. rng: numpy Generator.
    """
    photo = rgb.astype(np.float32)
    found = np.zeros(rgb.shape, np.float32) if letters is None else letters.astype(np.float32) / 255
    for _ in range(int(rng.integers(1, 3))):
        ink, frame = sign(rng)
        to_photo = place(rgb.shape, ink.shape, rng)
        warped = [cv2.warpPerspective(mask, to_photo, rgb.shape[1::-1], flags=cv2.INTER_LINEAR) for mask in (ink, frame, np.ones_like(ink))]
        ink, frame, inside = (blur(mask, 0.5)[..., None] for mask in warped)
        ground, drawn = (photo * inside).sum((0, 1)) / (inside.sum() + 1e-3), ink
        light = np.linspace(*rng.uniform(0.75, 1.0, 2), rgb.shape[1], dtype=np.float32)[None, :, None]
        if rng.random() < GROUNDED:
            ground, drawn = colour(rng), np.maximum(ink, frame)
            photo += inside * (light * ground - photo)
        else:
            light = 1  # the photo's own lies on the ground already
        photo += ink * (light * colour(rng, ground) - photo)
        found = found * (1 - inside) + np.dstack([drawn, inside, 0 * ink])
    return np.uint8(photo.clip(0, 255) + 0.5), np.uint8(255 * found.clip(0, 1) + 0.5)
