"""True boundaries that no edge detector took part in: the outlines that people drew around the objects of COCO."""
import json
import math
import os

import cv2
import numpy as np
from pycocotools import mask as coco_mask
from skimage.morphology import thin

from .metrics_boundary import TOLERANCE, TruthError

LEAST_AREA = 400  # pixels: smaller objects have outlines too coarse to match
FRAME = 5  # pixels at the border, where objects are cut off rather than end


class ObjectOutlines:
    """The objects of an `instances_*.json`. TruthError if the file is malformed."""

    def __init__(self, path):
        self._path = path
        with open(path, "rb") as file:
            try:
                content = json.load(file)
                photos = {image["id"]: image["file_name"] for image in content["images"]}
                self._objects = {name: [] for name in photos.values()}
                for thing in content["annotations"]:
                    self._objects[photos[thing["image_id"]]].append((thing["segmentation"], bool(thing.get("iscrowd"))))
            except (ValueError, KeyError, TypeError) as error:
                raise TruthError(f"{path} is not a COCO instances file. Download the annotations again.") from error

    def of(self, photo, shape):
        """([outlines], counted) of a photo, both bool (H, W); ([], None) where the file has no object of it.

        photo: its path. outlines: one pixel wide, between objects and around them. counted: the objects and as much around
        them as a match may be away; what is drawn elsewhere, in crowds and at the frame is neither right nor wrong. TruthError
        if the photo has not the size that the file says.
        """
        objects, crowd = [], np.zeros(shape, bool)
        for segmentation, crowded in self._objects.get(os.path.basename(photo), ()):
            mask = _mask(segmentation, shape)
            if mask.shape != tuple(shape):
                raise TruthError(f"{photo} has not the size that {self._path} says. Give the photos as they were annotated.")
            if crowded:
                crowd |= mask
            elif mask.sum() >= LEAST_AREA:
                objects.append(mask)
        labels = np.zeros(shape, np.int32)
        for label, mask in enumerate(sorted(objects, key=np.sum, reverse=True), 1):
            labels[mask] = label  # smaller ones lie on top
        if not labels.any():
            return [], None
        outlines = np.zeros(shape, bool)
        outlines[:, 1:] |= labels[:, 1:] != labels[:, :-1]
        outlines[1:] |= labels[1:] != labels[:-1]
        valid = np.zeros(shape, bool)
        valid[FRAME:-FRAME, FRAME:-FRAME] = True
        valid &= ~crowd
        side = 2 * int(TOLERANCE * math.hypot(*shape)) + 3
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        return [thin(outlines & valid)], (cv2.dilate(np.uint8(labels > 0), disc) > 0) & valid


def _mask(segmentation, shape):
    """The bool (H, W) of a COCO segmentation: polygons or run lengths."""
    runs = segmentation
    if isinstance(segmentation, list) or isinstance(segmentation["counts"], list):
        runs = coco_mask.frPyObjects(segmentation, *map(int, shape))
    decoded = coco_mask.decode(runs)
    return decoded.reshape(*decoded.shape[:2], -1).any(2)
