"""Clean paper: faint little strokes that stand alone are taken away.

On lawns, skies, walls and sand a network is never quite sure, and leaves a dash here and there that belongs to nothing.
What is small, faint and far from all other ink is such a speck. Small strokes near others stay, for they may be an eyelid, a
tuft of grass or hatching, and so do dark ones, which may be a bird.
"""
import cv2
import numpy as np

INK = 0.08  # from which a pixel belongs to a stroke
AREA = 100  # pixels that a speck has at most,
SIDE = 32  # and pixels along either side
DARK = 0.55  # ink that it has nowhere
AROUND = 31  # pixels, side of the square that is looked at around each of its pixels
LONELY = 3.0  # ink of other strokes that it holds at most, in pixels of full ink, as a mean over the speck's pixels
BAND = 512  # rows at once, which bounds the memory
MARGIN = 2 * SIDE + AROUND // 2 + 1  # rows beyond a band on which its specks may depend


def without_specks(sketch):
    """uint8 (H, W), 255 = paper, at the working size -> the same with paper in place of specks."""
    result = np.empty_like(sketch)
    for top in range(0, len(sketch), BAND):
        above = max(top - MARGIN, 0)
        band = clear_band(sketch[above : top + BAND + MARGIN])
        result[top : top + BAND] = band[top - above : top - above + BAND]
    return result


def clear_band(sketch):
    """without_specks() of some rows."""
    ink = (255 - sketch) * np.float32(1 / 255)
    stroke = np.uint8(ink >= INK)
    ink *= stroke
    _, label, boxes, _ = cv2.connectedComponentsWithStats(stroke, connectivity=8)
    width, height, area = boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT], boxes[:, cv2.CC_STAT_AREA]
    small = (area <= AREA) & (np.maximum(width, height) <= SIDE)
    small[0] = False  # the paper
    place = np.flatnonzero(small[label])
    number = label.ravel()[place]
    own = ink.ravel()[place]
    darkest = np.zeros(len(small), np.float32)
    np.maximum.at(darkest, number, own)
    near = cv2.boxFilter(ink, -1, (AROUND, AROUND), normalize=False, borderType=cv2.BORDER_CONSTANT)
    others = np.bincount(number, near.ravel()[place], len(small)) / area - np.bincount(number, own, len(small))
    speck = np.uint8((small & (darkest < DARK) & (others <= LONELY))[label])
    rim = cv2.dilate(speck, np.ones((3, 3), np.uint8)) & (1 - stroke)  # too pale to count, but seen
    return np.where(speck | rim, np.uint8(255), sketch)
