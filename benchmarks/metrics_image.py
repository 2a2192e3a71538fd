"""Figures of single drawings, all float32 (H, W) in [0, 1], 1 = paper or white."""
import cv2
import numpy as np

FLAT_SIGMA = 1.5  # pixels, of the Gaussian whose derivative measures the photo's gradient
FLAT_GRADIENT = 0.006  # grey levels (white = 1) per pixel: below it nothing is there to be drawn
FLAT_RADIUS = 6  # pixels around an edge that are not flat either: a line may lie there


def ink(drawing):
    """Mean ink: 0 for blank paper, 1 for black."""
    return float(1 - np.mean(drawing, dtype=np.float64))


def flat_regions(luminance):
    """Where the photo has no gradient near: bool (H, W), true on clear sky, walls and blurred backgrounds."""
    smooth = cv2.GaussianBlur(luminance, (0, 0), FLAT_SIGMA, borderType=cv2.BORDER_REFLECT)
    dy, dx = np.gradient(smooth)
    window = np.ones((2 * FLAT_RADIUS + 1,) * 2, np.uint8)
    return cv2.dilate(np.float32(np.hypot(dx, dy)), window) < FLAT_GRADIENT


def ink_on_flat(drawing, flat):
    """(sum of ink on the flat regions, their number of pixels): sums, so that photos weigh by their flat area."""
    return float((1 - drawing[flat]).sum(dtype=np.float64)), int(flat.sum())
