"""The photos of a training: a COCO 2017 folder or any folder of pictures, with their edge maps and objects."""
import collections
import dataclasses
import os

import cv2
import numpy as np

from .coco import read_annotations
from .edges import edges_from_photo, strengthened
from .header import read_header
from .pictures import EDGE_FOLDERS, EXTENSIONS, FACE_FOLDER, FOREGROUND_FOLDER, LETTER_FOLDER, MAP_FOLDERS
from .pictures import find_pictures, held_out, read_gray, read_rgb, usable


@dataclasses.dataclass(frozen=True)
class Photo:
    """A photo as it was read, upright."""

    rgb: np.ndarray  # uint8 (H, W, 3)
    semantic: np.ndarray  # float32 (H, W) in [0, 1], 1 = edge: the edges that matter
    fine: np.ndarray  # float32 (H, W) in [0, 1], 1 = edge: all of them
    face: np.ndarray | None  # uint8 (H, W, 3), see data.faces, where the photo has such a map
    letters: np.ndarray | None  # likewise, see data.letters
    foreground: np.ndarray | None  # float32 (H, W) in [0, 1], see data.foreground, likewise
    centres: np.ndarray  # float32 (objects, 2): x, y of the annotated objects in pixels of `rgb`


class Photos:
    """The photos of one split ("train" or "val") below `root`.

    COCO layout: root/train2017, root/val2017, and optionally root/annotations/instances_*.json. Otherwise every picture
    below root. Maps in root/edge and root/edge_fine replace the edges that are computed from the photo, those in
    root/face_map, root/letter_map and root/foreground_map tell where faces, words and the foreground are. categories: names
    of the COCO categories whose photos and objects are kept. skipped: a Counter of reasons for which files were left out.
    FileNotFoundError says what was looked for, ValueError which two photos a map could be of.
    """

    def __init__(self, root, split="train", categories=None):
        self.root = root
        self.annotations = self.kept = None
        self.skipped = collections.Counter()
        self.shared = False  # whether these photos for validation are those of the training: too few to hold any back
        if os.path.isdir(os.path.join(root, "train2017")):
            self.folder = os.path.join(root, f"{split}2017")
            names = find_pictures(self.folder)
            annotations = os.path.join(root, "annotations", f"instances_{split}2017.json")
            if os.path.isfile(annotations):
                self.annotations = read_annotations(annotations)
        else:
            self.folder = root
            names, skipped = usable(root, find_pictures(root, leave_out=MAP_FOLDERS))
            self.skipped.update(skipped if split == "train" else ())  # once for both splits
            ours = [name for name in names if held_out(name) == (split == "val")]
            self.shared = split == "val" and not ours
            names = ours or names
        if categories:
            if self.annotations is None:
                raise FileNotFoundError(f"categories need annotations/instances_{split}2017.json below {root}")
            self.kept = self.annotations.ids_of(categories)
            names = [name for name in names if len(self._objects_of(name))]
        if self.folder != root:
            names, self.skipped = usable(self.folder, names)
        if not names and split == "train":
            raise FileNotFoundError(f"no usable pictures in {self.folder} (looked for {', '.join(EXTENSIONS)})")
        self.names = np.array(names, dtype=np.str_)  # an array, which worker processes share, where a list is copied
        self.maps = [self._maps_in(folder) for folder in EDGE_FOLDERS]
        self.face_maps, self.letter_maps = self._maps_in(FACE_FOLDER), self._maps_in(LETTER_FOLDER)
        self.foreground_maps = self._maps_in(FOREGROUND_FOLDER)

    def __len__(self):
        return len(self.names)

    def _maps_in(self, folder):
        """For every photo the name of its map in a folder, "" where there is none: an array, see `names`."""
        known, photos = _files_by_stem(os.path.join(self.root, folder)), {}
        stems = [os.path.splitext(os.path.basename(name))[0] for name in self.names.tolist()]
        for stem, name in zip(stems, self.names.tolist()):
            if stem in known and photos.setdefault(stem, name) != name:
                raise ValueError(
                    f"{folder}/{known[stem]} in {self.root} could be of {photos[stem]} or of {name}: give the photos names that differ."
                )
        return np.array([known.get(stem, "") for stem in stems], dtype=np.str_)

    def has_edges(self):
        """Which photos have both edge maps, bool (photos,)."""
        return np.logical_and(*(names != "" for names in self.maps))

    def with_faces(self):
        """Indices of the photos that have a face map."""
        return np.flatnonzero(self.face_maps != "")

    def with_letters(self):
        """Indices of the photos that have a letter map."""
        return np.flatnonzero(self.letter_maps != "")

    def with_foregrounds(self):
        """Indices of the photos that have a foreground map."""
        return np.flatnonzero(self.foreground_maps != "")

    def some(self, count):
        """Indices of `count` photos taken evenly, of all if there are fewer."""
        return np.linspace(0, len(self) - 1, min(count, len(self))).round().astype(int)

    def short_sides(self, count):
        """Pixels of the short sides of some(count): int array."""
        headers = [read_header(os.path.join(self.folder, str(self.names[i]))) for i in self.some(count)]
        return np.array([min(header.width, header.height) for header in headers if header], int)

    def misfits(self, count):
        """Names of the maps of some(count) that are not used, because they have another size than their photos."""
        folders = dict(zip(MAP_FOLDERS, (*self.maps, self.face_maps, self.letter_maps, self.foreground_maps)))
        found = []
        for i in self.some(count):
            photo = read_header(os.path.join(self.folder, str(self.names[i])))
            for folder, name in ((folder, str(names[i])) for folder, names in folders.items() if photo and names[i]):
                own = read_header(os.path.join(self.root, folder, name))
                if own is None or own.upright_shape() != photo.upright_shape():
                    found.append(f"{folder}/{name}")
        return found

    def _objects_of(self, name):
        place = self.annotations.place(name) if self.annotations else None
        return () if place is None else self.annotations.objects(place, self.kept)

    def objects(self, index):
        """Boxes (N, 4) of the annotated objects of a photo: left, top, width, height in pixels of the file as it is stored.
        Empty without annotations.
        """
        return self._objects_of(str(self.names[index]))

    def read(self, index, least=0):
        """The Photo at `index`; None if it cannot be decoded.

        least: photos whose short side is at least twice, four or eight times this long are read at a half, a quarter or an
        eighth of their size; 0 reads all as they are.
        """
        name = str(self.names[index])
        header, factor, rgb = self._picture(name, least)
        if rgb is None:
            return None
        place = self.annotations.place(name) if self.annotations else None
        outlines = self.annotations.polygons(place, self.kept) if place is not None else ()
        outlines = [header.upright(outline, factor) for outline in outlines]
        maps = self._edges(index, header, factor, rgb.shape[:2])
        if maps is None:
            maps = edges_from_photo(rgb, outlines)
        else:
            maps = strengthened(maps[0], outlines), maps[1]
        boxes = np.reshape(self.objects(index), (-1, 4))
        centres = header.upright(boxes[:, :2] + boxes[:, 2:] / 2, factor)
        face = self._map(FACE_FOLDER, self.face_maps[index], header, factor, rgb.shape)
        letters = self._map(LETTER_FOLDER, self.letter_maps[index], header, factor, rgb.shape)
        foreground = self._foreground(index, header, factor, rgb.shape[:2])
        return Photo(rgb, *maps, face, letters, foreground, centres)

    def read_foreground(self, index, least=0):
        """(rgb, foreground) of the Photo at `index`, without all else that read() takes time for; None as there.

        The second is None where the photo has no such map.
        """
        header, factor, rgb = self._picture(str(self.names[index]), least)
        return None if rgb is None else (rgb, self._foreground(index, header, factor, rgb.shape[:2]))

    def _picture(self, name, least):
        """(header, factor, pixels) of a photo, see read(); the pixels are None if it cannot be decoded."""
        path = os.path.join(self.folder, name)
        header = read_header(path)
        factor = header.factor(least) if header and least else 1
        return header, factor, read_rgb(path, factor) if header else None

    def _foreground(self, index, header, factor, shape):
        """The foreground map of a photo of `shape` (H, W), as _plane()."""
        shrink = lambda plane, _: cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_AREA)
        return self._plane(FOREGROUND_FOLDER, self.foreground_maps[index], header, factor, shape, shrink)

    def _map(self, folder, name, header, factor, shape):
        """A face or letter map of a photo of `shape` (H, W, 3); None if its name is "" or it does not fit the photo."""
        found = read_rgb(os.path.join(self.root, folder, str(name))) if name else None
        if found is not None and factor > 1 and found.shape[:2] == header.upright_shape():
            ink = shrink_edges(found[..., 0], factor)
            found = cv2.resize(found, shape[1::-1], interpolation=cv2.INTER_AREA)
            found[..., 0] = ink
        return found if found is not None and found.shape == shape else None

    def _plane(self, folder, name, header, factor, shape, shrink):
        """A map of one plane of a photo of `shape` (H, W), float32 in [0, 1]; None if its name is "" or it does not fit the photo.

        shrink: map, factor -> the map at 1/factor of its size.
        """
        found = read_gray(os.path.join(self.root, folder, str(name))) if name else None
        if found is not None and factor > 1 and found.shape == header.upright_shape():
            found = shrink(found, factor)
        return found if found is not None and found.shape == shape else None

    def _edges(self, index, header, factor, shape):
        """Both edge maps of a photo of `shape` (H, W) from their files; None if one is missing or does not fit the photo."""
        files = zip(EDGE_FOLDERS, self.maps)
        found = [self._plane(folder, names[index], header, factor, shape, shrink_edges) for folder, names in files]
        return None if any(edges is None for edges in found) else found


def shrink_edges(edges, factor):
    """An edge map (H, W) at 1/factor of its size, sides rounded up: the strongest edge of every block.

    Lines of one pixel keep their strength, which a mean would take from them.
    """
    height, width = edges.shape
    whole = np.pad(edges, ((0, -height % factor), (0, -width % factor)))
    return np.ascontiguousarray(whole.reshape(len(whole) // factor, factor, -1, factor).max((1, 3)))


def _files_by_stem(folder):
    """{name without extension: name} of the pictures in a folder; empty if there is no such folder."""
    if not os.path.isdir(folder):
        return {}
    return {os.path.splitext(name)[0]: name for name in sorted(os.listdir(folder)) if name.lower().endswith(EXTENSIONS)}
