"""The foreground: what a photo is of. What lies behind it is drawn paler, as a draughtsman sets a figure off.

A foreground map tells how surely a pixel belongs to what people would cut out of the photo. Networks for it: ISNet (Qin et al.
2022, "Highly accurate dichotomous image segmentation"), or any for salient object detection.
"""
import cv2
import numpy as np

from .filters import blur, ramp

PALER = 0.45  # taken off the ink of what lies behind the foreground; crisp, toned strokes make 0.38 of it
RIM = 6  # pixels around the foreground that are not behind it: its outline stays whole
SOME = (0.01, 0.05)  # share of the photo: smaller foregrounds than the first count as none, larger ones than the second fully
MOST = (0.75, 0.95)  # from here on less again: what fills the photo has nothing behind it


def prominence(foreground):
    """How dark a photo's ink stays, in [1 - PALER, 1], float32 (H, W): 1 at its foreground, and everywhere where there is none.

    foreground: the map of the whole photo, float32 (H, W) in [0, 1], 1 = foreground.
    """
    share = np.float32(np.mean(foreground > 0.5))
    clear = ramp(share, *SOME) * (1 - ramp(share, *MOST))
    near = blur(cv2.dilate(foreground, np.ones((2 * RIM + 1, 2 * RIM + 1))), RIM / 3)
    return 1 - PALER * clear * (1 - np.clip(near, 0, 1))


def with_known(foreground, shape):
    """float32 (2, H, W): a map and where it is known, which is everywhere, or for None nowhere. shape: (H, W)."""
    known = np.full(shape, foreground is not None, np.float32)
    return np.stack([np.zeros(shape, np.float32) if foreground is None else foreground, known])
