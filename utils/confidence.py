"""The confidence maps as one picture, and the contact sheet that explains it."""
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from utils.contact_sheet import contact_sheet
from utils.resize import resize
from utils.style import CANDIDATES, NAMES

COLOUR_MAP = "viridis"
CELL = 400  # pixels of a picture in the contact sheet


def palette():
    """The colours of the candidates, evenly spaced on viridis from its dark end: uint8 RGB (CANDIDATES, 3)."""
    steps = np.uint8(np.linspace(0, 255, CANDIDATES).round())[:, None]
    return cv2.applyColorMap(steps, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]


def confidence_map(confidences):
    """Which candidate prevails where: (T, h, w), sums of 1 over T -> uint8 RGB (h, w, 3).

    The colour is that of the most confident candidate; it pales as its share sinks to 1 / T, where none prevails.
    """
    count = len(confidences)
    strength = np.clip((confidences.max(0) * count - 1) / (count - 1), 0, 1)[..., None]
    colours = palette()[confidences.argmax(0)].astype(np.float32)
    return np.uint8(np.rint(255 + strength * (colours - 255)))


def legend(side=CELL):
    """The colours of the confidence map with the candidates' numbers and names: uint8 RGB (side, side, 3)."""
    image = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(image)
    step = side // CANDIDATES
    font = ImageFont.load_default(step // 2)
    for index, (name, colour) in enumerate(zip(NAMES, palette())):
        top = index * step
        draw.rectangle((4, top + 4, step, top + step - 4), fill=tuple(int(value) for value in colour))
        draw.text((step + 12, top + step / 2), f"{index + 1} {name}", fill="black", font=font, anchor="lm")
    return np.asarray(image)


def sheet(photo, blend, candidates, confidences):
    """One labelled contact sheet of a photo: uint8 pictures of one size, (H, W) or (H, W, 3) -> uint8 (H', W', 3)."""
    drawings = [(f"{number} {name}", image) for number, (name, image) in enumerate(zip(NAMES, candidates), 1)]
    rows = [
        [("photo", photo), ("blend", blend), (f"prevailing candidate ({COLOUR_MAP})", confidence_map(confidences))],
        drawings[:3],
        [*drawings[3:], ("colours of the candidates", legend())],
    ]
    return contact_sheet(rows, cell=CELL)


def shrink(image, shape, side=CELL):
    """An (H, W) or (H, W, C) picture brought to fit the contact sheet's cell, as it would be at `shape` (h, w)."""
    scale = min(1, side / max(shape))
    return resize(image, max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
