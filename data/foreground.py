"""Items to learn from what a photo is of: whole photos, nearly, as small squares, with their foreground maps.

A map tells how surely a pixel belongs to what people would cut out of the photo. Networks for it: ISNet (Qin et al. 2022,
"Highly accurate dichotomous image segmentation"), which the maps are made with, or any for salient object detection.
"""
import cv2
import numpy as np
import torch

from .crops import squeezed
from .pictures import FOREGROUND_FOLDER
from .photos import Photos

LEAST = 0.6  # smallest size of a crop, relative to the photo's
STRETCH = 1.1  # of which a side differs by this factor at most
GREY = 0.15  # share of the photos that lose their colours
GAMMA, GAIN = 0.4, 0.2  # largest change of the tones: of the exponent's logarithm, and of a channel's gain


class ForegroundDataset(torch.utils.data.Dataset):
    """The photos of a split that have a foreground map. Items depend on (seed, epoch, index) alone.

    photos_dir, split: see data.photos.Photos. side: S in pixels. An item: "photo" uint8 (3, S, S), "foreground" uint8 (1, S, S),
    255 = foreground; of the split "train" cut, mirrored and in other tones, at random. FileNotFoundError without such photos.
    """

    def __init__(self, photos_dir, split, side, seed=0):
        self.photos, self.train, self.side, self.seed = Photos(photos_dir, split), split == "train", side, seed
        self.places = self.photos.with_foregrounds()
        if not len(self.places):
            raise FileNotFoundError(f"no photo in {self.photos.folder} has a map in {FOREGROUND_FOLDER}")
        self.epoch, self._order = 0, (None, None)

    def set_epoch(self, epoch):
        """Choose the epoch, which is part of the random state of every item."""
        self.epoch = epoch

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        rng = np.random.default_rng((self.seed, self.epoch, index))
        place = int(self.places[self._shuffled()[index] if self.train else index])
        rgb, foreground = self.photos.read_foreground(place, self.side) or (None, None)
        if foreground is None:
            raise OSError(f"{self.photos.names[place]} or its foreground map cannot be used. Repair both, or remove the map.")
        foreground = np.uint8(np.rint(255 * foreground))
        if self.train:
            rgb, foreground = cut(rgb, foreground, rng)
        rgb, foreground = squeezed(rgb, self.side), squeezed(foreground, self.side)
        if self.train:
            rgb = in_other_tones(rgb, rng)
        return {
            "photo": torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))),
            "foreground": torch.from_numpy(np.ascontiguousarray(foreground[None])),
        }

    def _shuffled(self):
        """The random order of this epoch."""
        if self._order[0] != self.epoch:
            self._order = self.epoch, np.random.default_rng((self.seed, self.epoch)).permutation(len(self))
        return self._order[1]


def cut(rgb, foreground, rng):
    """The same random part of a photo and its map, mirrored or not."""
    height, width = foreground.shape
    scale, stretch = rng.uniform(LEAST, 1), np.exp(rng.uniform(-1, 1) * np.log(STRETCH))
    rows, columns = (max(1, round(side * min(part, 1))) for side, part in ((height, scale * stretch), (width, scale / stretch)))
    top, left = rng.integers(height - rows + 1), rng.integers(width - columns + 1)
    step = -1 if rng.random() < 0.5 else 1
    return (image[top : top + rows, left : left + columns][:, ::step] for image in (rgb, foreground))


def in_other_tones(rgb, rng):
    """A photo with another gamma, other gains of its channels, or without its colours: uint8 (H, W, 3)."""
    if rng.random() < GREY:
        rgb = np.repeat(cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    gamma, gains = np.exp(rng.uniform(-GAMMA, GAMMA)), 1 + rng.uniform(-GAIN, GAIN, 3)
    tones = (np.arange(256) / 255) ** gamma
    return np.dstack([np.uint8(np.rint(255 * np.minimum(gain * tones, 1)))[rgb[..., c]] for c, gain in enumerate(gains)])
