"""The photos of a training: a COCO 2017 folder or any folder of pictures, with their edge maps and objects."""
import collections
import os

import numpy as np

from .coco import read_annotations
from .edges import edges_from_photo
from .pictures import EXTENSIONS, find_pictures, held_out, read_gray, read_rgb, usable

EDGE_FOLDERS = ("edge", "edge_fine")  # semantic and fine edges, white on black, named as the photos


class Photos:
    """The photos of one split ("train" or "val") below `root`.

    COCO layout: root/train2017, root/val2017, and optionally root/annotations/instances_*.json. Otherwise every picture
    below root. Maps in root/edge and root/edge_fine replace the edges that are computed from the photo. categories: names
    of the COCO categories whose photos and objects are kept.
    skipped: a Counter of reasons for which files were left out. FileNotFoundError says what was looked for.
    """

    def __init__(self, root, split="train", categories=None):
        self.root = root
        self.annotations = self.kept = None
        if os.path.isdir(os.path.join(root, "train2017")):
            self.folder = os.path.join(root, f"{split}2017")
            names = find_pictures(self.folder)
            annotations = os.path.join(root, "annotations", f"instances_{split}2017.json")
            if os.path.isfile(annotations):
                self.annotations = read_annotations(annotations)
        else:
            self.folder, names = root, find_pictures(root, leave_out=EDGE_FOLDERS)
            names = [name for name in names if held_out(name) == (split == "val")] or names
        if categories:
            if self.annotations is None:
                raise FileNotFoundError(f"categories need annotations/instances_{split}2017.json below {root}")
            self.kept = self.annotations.ids_of(categories)
            names = [name for name in names if len(self._objects_of(name))]
        names, self.skipped = usable(self.folder, names)
        if not names and split == "train":
            raise FileNotFoundError(f"no usable pictures in {self.folder} (looked for {', '.join(EXTENSIONS)})")
        self.names = np.array(names, dtype=np.str_)  # an array, which worker processes share, where a list is copied
        self.maps = [_files_by_stem(os.path.join(root, folder)) for folder in EDGE_FOLDERS]

    def __len__(self):
        return len(self.names)

    def edge_files(self, index):
        """The paths of both edge maps of a photo, or None where one is missing."""
        stem = os.path.splitext(os.path.basename(self.names[index]))[0]
        files = [os.path.join(self.root, folder, maps[stem]) for folder, maps in zip(EDGE_FOLDERS, self.maps) if stem in maps]
        return files if len(files) == len(EDGE_FOLDERS) else None

    def _objects_of(self, name):
        place = self.annotations.place(name) if self.annotations else None
        return () if place is None else self.annotations.objects(place, self.kept)

    def objects(self, index):
        """Boxes (N, 4) of the annotated objects of a photo in pixels: left, top, width, height. Empty without annotations."""
        return self._objects_of(str(self.names[index]))

    def read(self, index):
        """(rgb uint8 (H, W, 3), semantic, fine): a photo and its edge maps; None if the photo cannot be decoded."""
        name = str(self.names[index])
        rgb = read_rgb(os.path.join(self.folder, name))
        if rgb is None:
            return None
        maps = [read_gray(path) for path in self.edge_files(index) or ()]
        if len(maps) == len(EDGE_FOLDERS) and all(m is not None and m.shape == rgb.shape[:2] for m in maps):
            return rgb, *maps
        place = self.annotations.place(name) if self.annotations else None
        return rgb, *edges_from_photo(rgb, self.annotations.polygons(place) if place is not None else ())


def _files_by_stem(folder):
    """{name without extension: name} of the pictures in a folder; empty if there is no such folder."""
    if not os.path.isdir(folder):
        return {}
    return {os.path.splitext(name)[0]: name for name in os.listdir(folder) if name.lower().endswith(EXTENSIONS)}
