"""True boundaries that no edge detector took part in: the outlines that people drew around the objects of COCO."""
import os

import cv2
import numpy as np
from skimage.morphology import thin

from data.coco import read_annotations
from data.header import read_header
from utils.metrics import match_radius

from .metrics_boundary import TruthError

LEAST_AREA = 400  # pixels: smaller objects have outlines too coarse to match
FRAME = 5  # pixels at the border, where objects are cut off rather than end


def scale_of(size, annotated):
    """float32 (2,): the factors from the annotated (width, height) to those of a photo that was scaled, both as stored.

    1 where nothing is annotated, (0, 0); None if a side is more than a pixel off what the other one asks for.
    """
    if not any(annotated):
        return np.ones(2, np.float32)
    if not all(annotated) or abs(size[0] * annotated[1] - size[1] * annotated[0]) > max(annotated):
        return None
    return np.divide(size, annotated, dtype=np.float32)


class ObjectOutlines:
    """The objects of an `instances_*.json`. TruthError if the file is malformed."""

    def __init__(self, path):
        self._path = path
        try:
            self._annotations = read_annotations(path)
        except ValueError as error:
            raise TruthError(str(error)) from error

    def of(self, photo, shape):
        """([outlines], counted) of a photo, both bool (H, W); ([], None) where the file has no object of it.

        photo: its path. outlines: one pixel wide, between objects and around them. counted: the objects and as much around
        them as a match may be away; what is drawn elsewhere, at small objects, in crowds and at the frame is neither right
        nor wrong. The outlines of a photo that was scaled are scaled as it was. TruthError if its size is another one.
        """
        place = self._annotations.place(os.path.basename(photo))
        if place is None:
            return [], None
        header = read_header(photo)
        scale = header and scale_of((header.width, header.height), self._annotations.sizes[place].tolist())
        if scale is None or header.upright_shape() != tuple(shape):
            raise TruthError(f"{photo} has not the size that {self._path} says. Give the photos as they were annotated, or scaled.")
        objects, unsure = [], np.zeros(shape, np.uint8)
        for crowd, polygons in self._annotations.outlines(place):
            mask = np.zeros(shape, np.uint8)
            cv2.fillPoly(mask, [np.int32(np.round(header.upright(scale * polygon))) for polygon in polygons], 1)
            if crowd or mask.sum() < LEAST_AREA:
                unsure |= mask
            else:
                objects.append(mask)
        labels = np.zeros(shape, np.int32)
        for label, mask in enumerate(sorted(objects, key=np.sum, reverse=True), 1):
            labels[mask > 0] = label  # smaller ones lie on top
        outlines = np.zeros(shape, bool)
        outlines[:, 1:] |= labels[:, 1:] != labels[:, :-1]
        outlines[1:] |= labels[1:] != labels[:-1]
        side = 2 * int(match_radius(shape)) + 3
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        counted = (cv2.dilate(np.uint8(labels > 0), disc) > 0) & (cv2.dilate(unsure, disc) == 0)
        for border in (slice(FRAME), slice(-FRAME, None)):
            counted[border] = counted[:, border] = False
        outlines = thin(outlines & counted)
        return ([outlines], counted) if outlines.any() else ([], None)
