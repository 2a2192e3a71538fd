"""Reference drawings: any folder tree of pictures, such as ImageNet-Sketch."""
import collections
import os

import numpy as np

from .crops import random_crop
from .pictures import find_pictures, held_out, read_gray, usable

MARGIN = 0.05  # share of each side that is cut off: signatures, notes and the rim of the sheet lie there
PAPER_PERCENTILE = 80  # the grey level taken for paper


def clean_paper(gray):
    """Map the paper to white and the darkest ink to black: float32 (H, W) in [0, 1] -> the same.

    Removes the sheet's tone and most of its grain, which are not part of the drawing.
    """
    paper, ink = np.percentile(gray, PAPER_PERCENTILE), np.percentile(gray, 0.5)
    return np.clip((gray - ink) / max(0.96 * paper - ink, 0.1), 0, 1).astype(np.float32)


class References:
    """Random crops of the drawings below `folders`: a folder first, then one of its drawings, so that small sets count.

    split: "train" or "val", for which some drawings are held back; a folder too small for that serves both.
    """

    def __init__(self, folders, split="train"):
        self.skipped = collections.Counter()
        self.groups = []
        for folder in folders:
            names, skipped = usable(folder, find_pictures(folder))
            names = [name for name in names if held_out(name) == (split == "val")] or names
            self.skipped.update(skipped if split == "train" else ())  # once for both splits
            if not names:
                raise FileNotFoundError(f"no usable drawings in {folder}")
            self.groups.append(np.array([os.path.join(folder, name) for name in names], np.str_))

    def __len__(self):
        return sum(map(len, self.groups))

    def crop(self, size, rng):
        """A random drawing's random crop: float32 (size, size) in [0, 1], 1 = paper; None if it cannot be decoded."""
        group = self.groups[rng.integers(len(self.groups))]
        gray = read_gray(str(group[rng.integers(len(group))]))
        if gray is None:
            return None
        rim = [int(MARGIN * side) for side in gray.shape]
        gray = clean_paper(gray[rim[0] : gray.shape[0] - rim[0], rim[1] : gray.shape[1] - rim[1]])
        return random_crop(gray.shape, size, (0.8, 1.3), rng).apply(gray)
