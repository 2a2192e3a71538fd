"""Training items: a photo crop, its guidance and a random reference crop, unpaired."""
import math

import cv2
import numpy as np
import torch

from .crops import random_crop
from .degrade import degrade
from .faces import around_features
from .guidance import DRAWINGS, drawings
from .line_art import is_line_art, line_art_item
from .overview import overview
from .photos import Photos
from .pictures import skipped_line
from .references import References
from .words import with_words

SURROUNDINGS = 40  # pixels around a crop that the guidance's filters see; spotted blacks see furthest
LEAST = 480  # pixels of the short side, COCO's own: photos are not decoded smaller than this
ENLARGED = 1.4  # crops on faces and words may be scaled up by this much more: photos of few pixels have small ones
LOOKED_AT = 200  # photos at most whose size is compared with that of the crops and of their maps
ATTEMPTS = 10  # other pictures tried when one cannot be decoded


class SketchDataset(torch.utils.data.Dataset):
    """Items that depend on (seed, epoch, index) alone, so that a resumed training sees what it would have seen.

    photos_dir: see data.photos.Photos. references: a folder or a list of folders of drawings, None for none (the item's
    reference is blank paper then). split: "train" (random crops, mirrored, damaged input) or "val" (one crop per photo,
    clean, its place and mirroring by the seed). size: crop side S in pixels. reference_size: side R of the references'
    crops, 0 for the same: small drawings are not blown up for wide crops. length: items per epoch, None for one per photo.
    scales: (low, high) result pixels per photo pixel, where photos much larger than the largest crop count at a half, a
    quarter or an eighth of their size, at which they are decoded. object_crops: share of the crops centred on an annotated
    object. face_crops: share of the items that show a photo with a face map, centred on a face. letter_crops: share of the
    others that show one with a letter map, centred on a word. words: share of the photos onto which words are written, see
    data.words. line_art: share of the items that are a reference of lines alone in place of a photo, whose drawings are itself.
    categories: names of the COCO categories whose photos and objects are used. guided: False leaves the guidance of photos
    blank, for whoever brings another: it takes most of an item's time.

    An item is a dict: "photo" uint8 (3, S, S), what the network sees; "clean" uint8 (3, S, S), the same undamaged;
    "guidance" uint8 (6, S, S), 255 = paper, see data.guidance.DRAWINGS; "importance" uint8 (1, S, S), 255 at the features of
    faces and at letters; "edges" uint8 (1, S, S), 255 = semantic edge, feature of a face or letter; "reference" uint8
    (1, R, R); "name" str.
    """

    def __init__(
        self,
        photos_dir,
        references=None,
        split="train",
        size=256,
        reference_size=0,
        length=None,
        scales=(0.6, 1.25),
        object_crops=0.0,
        face_crops=0.0,
        letter_crops=0.0,
        words=0.0,
        line_art=0.0,
        categories=None,
        guided=True,
        seed=0,
    ):
        self.photos = Photos(photos_dir, split, categories)
        folders = [references] if isinstance(references, str) else list(references or ())
        self.references = References(folders, split) if folders else None
        self.train = split == "train"
        self.size, self.reference_size = size, reference_size or size
        self.scales, self.object_crops, self.guided, self.seed = scales, object_crops, guided, seed
        self.least = max(LEAST, math.ceil((size + 2 * SURROUNDINGS) / min(scales)))  # the largest crop still fits
        self.faces, self.letters = self.photos.with_faces(), self.photos.with_letters()
        self.face_crops, self.letter_crops, self.words = (face_crops, letter_crops, words) if self.train else (0, 0, 0)
        self.length = length or len(self.photos)
        self.epoch = 0
        self.line_art = line_art if self.train and self.references else 0
        self._pass = None

    def set_epoch(self, epoch):
        """Choose the epoch, which is part of the random state of every item."""
        self.epoch = epoch

    def __len__(self):
        return self.length

    def describe(self):
        """One or more lines: how many photos and drawings there are, what was skipped and why."""
        foregrounds = len(self.photos.with_foregrounds())
        counts = dict(edge=self.photos.has_edges().sum(), face=len(self.faces), letter=len(self.letters), foreground=foregrounds)
        maps = ", ".join(f"{count} with {kind} maps" for kind, count in counts.items())
        lines = [f"{len(self.photos)} photos in {self.photos.folder} ({maps})"]
        if self.object_crops and self.photos.annotations is None:
            lines.append("no annotations: no crop is centred on an object")
        if self.face_crops and not len(self.faces):
            lines.append("no face maps: no crop is centred on a face (python -m utils.training.face_maps makes them)")
        if self.letter_crops and not len(self.letters):
            lines.append("no letter maps: no crop is centred on a word (python -m utils.training.letter_maps makes them)")
        if self.train and 0 < foregrounds < len(self.photos):
            lines.append(
                "some photos have no foreground map: in their guidance fur is faint "
                "(python -m utils.training.foreground_maps makes the rest)"
            )
        if misfits := self.photos.misfits(LOOKED_AT):
            count = f"{len(misfits)} maps of {len(self.photos.some(LOOKED_AT))} photos looked at"
            lines.append(f"{count} have another size than their photo and are not used, such as {misfits[0]}: make them anew")
        if self.photos.shared:
            lines.append("too few photos to hold any back: these are the training's own")
        sides = self.photos.short_sides(LOOKED_AT) if self.train else np.array([], int)
        if np.count_nonzero(sides < self.size) > len(sides) / 2:
            lines.append(
                f"crops of {self.size} pixels are larger than most photos, which are enlarged for them: "
                f"--size {int(np.median(sides))} would not"
            )
        if self.references:
            lines.append(f"{len(self.references)} reference drawings")
        skipped = self.photos.skipped + (self.references.skipped if self.references else type(self.photos.skipped)())
        if skipped:
            lines.append(skipped_line(skipped))
        return "\n".join(lines)

    def __getitem__(self, index):
        if not 0 <= index < self.length:
            raise IndexError(index)
        cv2.setNumThreads(0)  # the loader's workers are the threads
        rng = np.random.default_rng((self.seed, self.epoch, index))
        clean, ink, important, edges, name = self._line_art(rng) or self._photo(index, rng)
        return {
            "photo": _to_tensor(degrade(clean, rng) if self.train else clean),
            "clean": _to_tensor(clean),
            "guidance": torch.from_numpy(np.uint8(255 * (1 - ink) + 0.5)),
            "importance": torch.from_numpy(np.uint8(255 * important + 0.5))[None],
            "edges": torch.from_numpy(np.uint8(255 * edges.clip(0, 1) + 0.5))[None],
            "reference": self._reference(rng),
            "name": name,
        }

    def _photo(self, index, rng):
        """(crop, ink of its guidance, importance, edges, name) of the photo for an index, or of one of the next where it
        cannot be decoded.
        """
        place = index % len(self.photos)
        if self.train:
            place = int(self._order(index // len(self.photos))[place])
        target = self._target(rng)
        if target:
            place = int(rng.choice(self.faces if target == "face" else self.letters))
        for _ in range(ATTEMPTS):
            photo = self.photos.read(place, self.least)
            if photo is not None:
                break
            place = (place + 1) % len(self.photos)
        else:
            raise OSError(
                f"{ATTEMPTS} photos in a row cannot be decoded, the last one {self.photos.names[place]}. "
                f"Repair or remove the damaged files in {self.photos.folder}."
            )
        crop = self._crop(photo, place, rng, target)
        rgb, semantic, fine = (crop.apply(part) for part in (photo.rgb, photo.semantic, photo.fine))
        maps = photo.face, photo.letters, photo.foreground
        face, letters, foreground = (None if part is None else crop.apply(part) for part in maps)
        if self.words and rng.random() < self.words:
            rgb, letters = with_words(rgb, letters, rng)
        rim = slice(SURROUNDINGS, -SURROUNDINGS)
        ink = np.zeros((len(DRAWINGS), self.size, self.size), np.float32)
        if self.guided:
            whole = overview(photo.rgb, photo.semantic).cropped(crop)
            corner = -SURROUNDINGS, -SURROUNDINGS
            ink = drawings(rgb, semantic, fine, face, letters, foreground, whole=whole, origin=corner)[:, rim, rim]
        important, edges = np.zeros(rgb.shape[:2], np.float32), semantic
        if face is not None:
            important, edges = around_features(face), np.maximum(edges, face[..., 0] / np.float32(255))
        if letters is not None:
            written, where = letters[..., 0] / np.float32(255), letters[..., 1] / np.float32(255)
            important, edges = np.maximum(important, around_features(letters)), edges + where * (written - edges)
        return rgb[rim, rim], ink, important[rim, rim], edges[rim, rim], str(self.photos.names[place])

    def _target(self, rng):
        """What the crop of an item is centred on: "face" or "letters", by their shares; "" for neither."""
        on_face = bool(self.face_crops) and len(self.faces) > 0 and rng.random() < self.face_crops
        if on_face:
            return "face"
        return "letters" if self.letter_crops and len(self.letters) and rng.random() < self.letter_crops else ""

    def _line_art(self, rng):
        """(crop, ink, importance, edges, name) of a reference of lines alone, for the share of items that are one; else None."""
        if self.line_art and rng.random() < self.line_art:
            for _ in range(ATTEMPTS):
                drawing = self.references.crop(self.size, rng)
                if drawing is not None and is_line_art(drawing):
                    return *line_art_item(drawing, len(DRAWINGS), rng), np.zeros_like(drawing), 1 - drawing, "a reference drawing"
        return None

    def _order(self, turn):
        """The random order in which the `turn`-th pass of this epoch goes through the photos: none comes twice in a pass."""
        key = (self.seed, self.epoch, turn)
        if self._pass is None or self._pass[0] != key:
            self._pass = key, np.random.default_rng((*key, 1)).permutation(len(self.photos))
        return self._pass[1]

    def _crop(self, photo, place, rng, target):
        shape, size = photo.rgb.shape, self.size + 2 * SURROUNDINGS
        if not self.train:
            rng = np.random.default_rng((self.seed, place))
            return random_crop(shape, size, (0.8, 0.8), rng, SURROUNDINGS)
        shown = getattr(photo, target) if target else None
        if shown is not None:
            rows, columns = np.nonzero(shown[..., 1] > 127)
            if len(rows):
                pixel = rng.integers(len(rows))
                scales = (self.scales[0], ENLARGED * self.scales[1])
                return random_crop(shape, size, scales, rng, SURROUNDINGS, (columns[pixel], rows[pixel]))
        centre = None
        if len(photo.centres) and rng.random() < self.object_crops:
            centre = photo.centres[rng.integers(len(photo.centres))]
        return random_crop(shape, size, self.scales, rng, SURROUNDINGS, centre)

    def _reference(self, rng):
        size = self.reference_size
        for _ in range(ATTEMPTS):
            crop = self.references.crop(size, rng) if self.references else np.ones((size, size), np.float32)
            if crop is not None:
                return torch.from_numpy(np.uint8(255 * crop + 0.5))[None]
        raise OSError(f"{ATTEMPTS} reference drawings in a row cannot be decoded. Repair or remove the damaged files.")


def _to_tensor(rgb):
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))
