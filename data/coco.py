"""What a COCO annotation file says about the photos, packed into a few arrays that workers share."""
import contextlib
import dataclasses
import io

import numpy as np


@dataclasses.dataclass(frozen=True)
class Annotations:
    """Objects of the photos in the order of `names`. The objects of photo i are starts[i] .. starts[i + 1]."""

    names: list  # file name of each photo
    starts: np.ndarray  # (photos + 1,) int64
    boxes: np.ndarray  # (objects, 4) float32: left, top, width, height in pixels
    categories: np.ndarray  # (objects,) int32: COCO category ids
    corner_starts: np.ndarray  # (objects + 1,) int64: the object's rows in `corners`
    ring_ends: np.ndarray  # (corners,) bool: a polygon of the object ends here
    corners: np.ndarray  # (corners, 2) float32: x, y of the outlines

    def polygons(self, photo):
        """Outlines of the objects of a photo: a list of (N, 2) arrays."""
        first, last = self.corner_starts[self.starts[photo]], self.corner_starts[self.starts[photo + 1]]
        if first == last:
            return []
        cuts = np.flatnonzero(self.ring_ends[first:last]) + 1
        return np.split(self.corners[first:last], cuts[:-1])


def read_annotations(path, categories=None):
    """Read an `instances_*.json` with pycocotools.

    categories: names of the categories whose objects are kept, None for all. ValueError names unknown ones. Crowds
    (run-length encoded masks) keep their box and have no outline.
    """
    from pycocotools.coco import COCO

    with contextlib.redirect_stdout(io.StringIO()):  # COCO prints its progress
        coco = COCO(path)
    known = {c["name"]: c["id"] for c in coco.dataset.get("categories", [])}
    unknown = sorted(set(categories or ()) - set(known))
    if unknown:
        raise ValueError(f"no category {', '.join(unknown)} in {path}. It has: {', '.join(sorted(known))}.")
    kept = {known[name] for name in categories} if categories else None
    names, starts, boxes, labels, corner_starts, corners, ends = [], [0], [], [], [0], [], []
    for photo_id in sorted(coco.imgs):
        names.append(coco.imgs[photo_id]["file_name"])
        for annotation in coco.imgToAnns.get(photo_id, []):
            if kept is not None and annotation["category_id"] not in kept:
                continue
            boxes.append(annotation["bbox"])
            labels.append(annotation["category_id"])
            rings = annotation.get("segmentation", [])
            for ring in rings if isinstance(rings, list) else []:
                ring = np.asarray(ring, np.float32).reshape(-1, 2)
                corners.append(ring)
                ends.append(np.arange(len(ring)) == len(ring) - 1)
            corner_starts.append(corner_starts[-1] + sum(len(r) // 2 for r in rings if isinstance(rings, list)))
        starts.append(len(boxes))
    return Annotations(
        names,
        np.asarray(starts, np.int64),
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(labels, np.int32),
        np.asarray(corner_starts, np.int64),
        np.concatenate(ends) if ends else np.zeros(0, bool),
        np.concatenate(corners) if corners else np.zeros((0, 2), np.float32),
    )
