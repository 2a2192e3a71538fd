"""What a COCO annotation file says about the photos, packed into a few arrays that workers share."""
import array
import dataclasses
import mmap
import os
from typing import Any

import cv2
import msgspec
import numpy as np
from pycocotools import mask as coco_mask

from .cache import cached

VERSION = 2  # of the packing: older cached arrays are not used


class _Image(msgspec.Struct):
    id: int
    file_name: str
    width: int = 0
    height: int = 0


class _Object(msgspec.Struct):
    image_id: int
    category_id: int
    bbox: list[float]
    segmentation: msgspec.Raw = msgspec.Raw(b"[]")
    iscrowd: int = 0


class _Category(msgspec.Struct):
    id: int
    name: str


class _Instances(msgspec.Struct):
    images: list[_Image]
    annotations: list[_Object] = []
    categories: list[_Category] = []


@dataclasses.dataclass(frozen=True)
class Annotations:
    """The annotated objects of photos. Photos are sorted by file name; those of photo i are starts[i] .. starts[i + 1].

    A pickle, which some platforms start worker processes from, holds the path alone: they map the same arrays.
    """

    path: str  # of the file
    names: np.ndarray  # (photos,) bytes: file names, sorted
    sizes: np.ndarray  # (photos, 2) int32: width, height in pixels, 0 where the file does not say
    starts: np.ndarray  # (photos + 1,) int64
    boxes: np.ndarray  # (objects, 4) float32: left, top, width, height in pixels
    categories: np.ndarray  # (objects,) int32: COCO category ids
    crowds: np.ndarray  # (objects,) bool: one outline for many
    corner_starts: np.ndarray  # (objects + 1,) int64: the object's rows in `corners`
    ring_ends: np.ndarray  # (corners,) bool: a polygon of the object ends here
    corners: np.ndarray  # (corners, 2) float32: x, y of the outlines
    category_names: np.ndarray  # (categories,) str
    category_ids: np.ndarray  # (categories,) int32

    def __reduce__(self):
        return read_annotations, (self.path,)

    def place(self, name):
        """The photo's index, or None if the file does not know it."""
        key = np.bytes_(name.encode(errors="surrogateescape"))
        place = int(np.searchsorted(self.names, key))
        return place if place < len(self.names) and self.names[place] == key else None

    def objects(self, place, categories=None):
        """Boxes (N, 4) of the objects of the photo at `place`; categories: an array of ids to keep, None for all."""
        span = slice(self.starts[place], self.starts[place + 1])
        if categories is None:
            return self.boxes[span]
        return self.boxes[span][np.isin(self.categories[span], categories)]

    def outlines(self, place, categories=None):
        """(crowd, polygons) of each object of a photo: bool, and a list of (N, 2) arrays, inside by the even-odd rule.

        categories: as in objects().
        """
        for i in range(self.starts[place], self.starts[place + 1]):
            if categories is not None and self.categories[i] not in categories:
                continue
            first, last = self.corner_starts[i], self.corner_starts[i + 1]
            cuts = np.flatnonzero(self.ring_ends[first:last]) + 1
            yield bool(self.crowds[i]), np.split(np.asarray(self.corners[first:last]), cuts[:-1]) if len(cuts) else []

    def polygons(self, place, categories=None):
        """Outlines of all objects of a photo but crowds: a list of (N, 2) arrays. categories: as in objects()."""
        return [polygon for crowd, polygons in self.outlines(place, categories) if not crowd for polygon in polygons]

    def ids_of(self, names):
        """The ids of categories by name. ValueError names the unknown ones and those there are."""
        known = dict(zip(self.category_names.tolist(), self.category_ids.tolist()))
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise ValueError(f"no category {', '.join(unknown)} in the annotations. They have: {', '.join(sorted(known))}.")
        return np.array([known[name] for name in names])


def read_annotations(path):
    """Annotations of an `instances_*.json`: parsed once, cached, memory-mapped. ValueError if the file is malformed.

    The file is mapped and decoded into typed records, which keeps the whole of COCO (860,000 objects) within memory that
    parsing into Python objects exceeds several times.
    """
    state = os.stat(path)
    key = repr((VERSION, os.path.abspath(path), state.st_size, state.st_mtime_ns)).encode()
    return Annotations(path, **cached(key, lambda: _pack(path)))


def _pack(path):
    """The fields of Annotations as a dict of arrays."""
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            with memoryview(content) as view:
                return _pack_records(msgspec.json.decode(view, type=_Instances))
    except (msgspec.MsgspecError, KeyError, ValueError) as error:  # ValueError: the file is empty
        raise ValueError(f"{path} is not a COCO instances file ({error}). Download the annotations again.") from error


def _pack_records(records):
    names = np.array([image.file_name.encode() for image in records.images] or [b""])
    order = np.argsort(names, kind="stable")
    rank = {records.images[k].id: i for i, k in enumerate(order.tolist())}
    photos = np.array([rank[thing.image_id] for thing in records.annotations], np.int64)
    sequence = np.argsort(photos, kind="stable")
    corners, ring_ends, corner_starts = array.array("f"), array.array("B"), [0]
    for k in sequence.tolist():
        for ring in _rings(records.annotations[k].segmentation):
            corners.extend(ring)
            ring_ends.extend(bytes(len(ring) // 2 - 1) + b"\x01")
        corner_starts.append(len(ring_ends))
    boxes = np.array([thing.bbox for thing in records.annotations], np.float32).reshape(-1, 4)
    crowds = np.array([thing.iscrowd for thing in records.annotations], bool)
    sizes = np.array([(image.width, image.height) for image in records.images], np.int32).reshape(-1, 2)
    labels = np.array([thing.category_id for thing in records.annotations], np.int32)
    return {
        "names": names[order] if records.images else names[:0],
        "sizes": sizes[order] if records.images else sizes,
        "starts": np.searchsorted(photos[sequence], np.arange(len(records.images) + 1)),
        "boxes": boxes[sequence],
        "categories": labels[sequence],
        "crowds": crowds[sequence],
        "corner_starts": np.array(corner_starts),
        "ring_ends": np.frombuffer(ring_ends, bool) if ring_ends else np.zeros(0, bool),
        "corners": np.frombuffer(corners, np.float32).reshape(-1, 2) if corners else np.zeros((0, 2), np.float32),
        "category_names": np.array([category.name for category in records.categories], str),
        "category_ids": np.array([category.id for category in records.categories], np.int32),
    }


def _rings(segmentation):
    """The outlines in a COCO segmentation, as flat lists x, y, x, y, …: polygons, or the contours of a run-length mask."""
    content = bytes(segmentation)
    if content.lstrip()[:1] != b"{":
        return [ring for ring in msgspec.json.decode(content, type=list[list[float]]) if len(ring) >= 4]
    runs: dict[str, Any] = msgspec.json.decode(content)
    if isinstance(runs["counts"], list):
        runs = coco_mask.frPyObjects(runs, *runs["size"])
    contours, _ = cv2.findContours(coco_mask.decode(runs), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    return [contour.ravel().tolist() for contour in contours if len(contour) >= 2]
