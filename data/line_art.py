"""Line art as a photo: a drawing that is given to the network stays what it is."""
import cv2
import numpy as np

from .filters import blur

MAX_INK = 0.2  # mean ink of a crop
MAX_GREY = 0.9  # share of its pixels that are neither ink nor paper, by that ink: the soft rims of lines
MAX_SOLID = 0.005  # share of its pixels in filled areas, which a drawing of lines lacks
SOLID = 11  # pixels: what is black over a square of this side is filled


def is_line_art(gray):
    """Whether a crop (H, W) in [0, 1], 1 = paper, has thin black lines on white paper and nothing else."""
    ink = 1 - gray
    grey = np.mean((ink > 0.08) & (ink < 0.7))
    solid = np.mean(cv2.erode((ink > 0.5).astype(np.uint8), np.ones((SOLID, SOLID))))
    return 0.003 < ink.mean() < MAX_INK and grey < MAX_GREY * ink.mean() and solid < MAX_SOLID


def line_art_item(gray, drawings, rng):
    """(photo uint8 (H, W, 3), ink (drawings, H, W)): line art on paper of a random light tint, and itself as every drawing.

    gray: float32 (H, W) in [0, 1], 1 = paper. rng: numpy Generator.
    """
    paper, pen = rng.uniform(0.8, 1, 3), rng.uniform(0, 0.25, 3)
    photo = pen + (paper - pen) * gray[..., None]
    ink = np.clip(1.15 * (1 - blur(gray, 0.5)), 0, 1)
    return np.uint8(255 * photo + 0.5), np.repeat(ink[None], drawings, 0).astype(np.float32)
