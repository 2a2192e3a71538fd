"""The photos of a training: a COCO 2017 folder or any folder of pictures, with their edge maps and objects."""
import collections
import os

from .coco import read_annotations
from .edges import edges_from_photo
from .pictures import EXTENSIONS, find_pictures, held_out, read_gray, read_rgb, why_unusable

EDGE_FOLDERS = ("edge", "edge_fine")  # semantic and fine edges, white on black, named as the photos


class Photos:
    """The photos of one split ("train" or "val") below `root`.

    COCO layout: root/train2017, root/val2017, and optionally root/annotations/instances_*.json. Otherwise every picture
    below root. Maps in root/edge and root/edge_fine replace the edges that are computed from the photo.
    skipped: a Counter of reasons for which files were left out. FileNotFoundError says what was looked for.
    """

    def __init__(self, root, split="train", categories=None):
        coco = os.path.join(root, f"{split}2017")
        self.root = root
        self.annotations = None
        if os.path.isdir(os.path.join(root, "train2017")):
            self.folder, names = coco, find_pictures(coco)
            annotations = os.path.join(root, "annotations", f"instances_{split}2017.json")
            if os.path.isfile(annotations):
                self.annotations = read_annotations(annotations, categories)
        else:
            self.folder, names = root, find_pictures(root, leave_out=EDGE_FOLDERS)
            names = [name for name in names if held_out(name) == (split == "val")] or ([] if split == "val" else names)
        if categories and self.annotations is None:
            raise FileNotFoundError(f"categories need annotations/instances_{split}2017.json below {root}")
        self.place = {name: i for i, name in enumerate(self.annotations.names)} if self.annotations else {}
        if categories:
            starts = self.annotations.starts
            names = [n for n in names if n in self.place and starts[self.place[n]] < starts[self.place[n] + 1]]
        reasons = {name: why_unusable(os.path.join(self.folder, name)) for name in names}
        self.skipped = collections.Counter(reason for reason in reasons.values() if reason)
        self.names = [name for name in names if not reasons[name]]
        if not self.names and split == "train":
            raise FileNotFoundError(f"no usable pictures in {self.folder} (looked for {', '.join(EXTENSIONS)})")
        self.edge_files = [self._edge_files(name) for name in self.names]

    def __len__(self):
        return len(self.names)

    def _edge_files(self, name):
        """The paths of both maps of a photo, or None where one is missing."""
        stem = os.path.splitext(os.path.basename(name))[0]
        files = []
        for folder in EDGE_FOLDERS:
            choices = [os.path.join(self.root, folder, stem + end) for end in (".jpg", ".png")]
            files.append(next((path for path in choices if os.path.isfile(path)), None))
        return files if all(files) else None

    def objects(self, index):
        """Boxes (N, 4) of the annotated objects of a photo in pixels: left, top, width, height. Empty without annotations."""
        place = self.place.get(self.names[index])
        if place is None:
            return ()
        return self.annotations.boxes[self.annotations.starts[place] : self.annotations.starts[place + 1]]

    def read(self, index):
        """(rgb uint8 (H, W, 3), semantic, fine): a photo and its edge maps; None if the photo cannot be decoded."""
        rgb = read_rgb(os.path.join(self.folder, self.names[index]))
        if rgb is None:
            return None
        maps = [read_gray(path) for path in self.edge_files[index] or ()]
        if len(maps) == 2 and all(m is not None and m.shape == rgb.shape[:2] for m in maps):
            return rgb, *maps
        place = self.place.get(self.names[index])
        return rgb, *edges_from_photo(rgb, self.annotations.polygons(place) if place is not None else ())
