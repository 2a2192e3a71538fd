"""Close-ups: small faces, drawn larger than the rest and laid into the drawing.

A face of fewer than about 190 pixels has features that are finer than the network's lines. Draughtsmen lean forward and take a finer
pen: so the face is drawn from an enlarged square around it, whose drawing is brought back to size, with lines as much finer.
"""
from typing import NamedTuple

import cv2
import numpy as np

from data.filters import ramp
from utils.greys import paper
from utils.resize import resize

TIMES = (1.0, 3.0)  # allowed factors of the enlargement; 1 leaves faces as the rest
SIDES = 192, 320  # pixels of the enlarged square: the first that a face has room in,
AROUND = 1.4  # which it has in this many times its height, or more
SMALLEST = 24  # pixels of a face's height: there is nothing to see in smaller ones
LEAST = 1.2  # enlargement that a face must have room for: with less it does not pay
WIDTH = 0.85  # of a face, relative to its height: a finder's is that of what it sees, half in profile
WHOLE = 0.72, 1.2  # distance from its middle, relative to its half axes: up to the first a place belongs to it, from the second on it does not
DARKER = 0.25  # by this much for each enlargement of 1: fine lines come out pale


class CloseUp(NamedTuple):
    """A square of a photo at its working size with a face in its middle, enlarged."""

    left: int  # of the square, in pixels of the photo at the working size; it may reach beyond the photo
    top: int
    side: int
    height: float  # of the face, in the same pixels
    pixels: np.ndarray  # uint8 (s, s, 3), RGB, s one of SIDES


def close_ups(photo, working, boxes, times):
    """A CloseUp of each face that is small enough: of a photo uint8 (H, W, 3) that is drawn as `working`, uint8 (h, w, 3).

    boxes: (n, 4), left, top, width and height of faces in `working`, see utils.face_finder. times: of the enlargement, at most.
    """
    source = photo if photo.size > working.size else working  # the photo's own pixels, where it has more of them
    down, right = (own / drawn for own, drawn in zip(source.shape, working.shape[:2]))
    found = []
    for left, top, width, height in boxes:
        x, y = left + width / 2, top + height / 2
        if SMALLEST <= height <= SIDES[-1] / (LEAST * AROUND) and 0 <= x < working.shape[1] and 0 <= y < len(working):
            needed = AROUND * height * times
            enlarged = next((one for one in SIDES if one >= needed), SIDES[-1])
            side = round(max(enlarged / times, AROUND * height))
            left, top = round(x - side / 2), round(y - side / 2)
            ends = (round(factor * one) for factor, one in ((down, top), (down, top + side), (right, left), (right, left + side)))
            found.append(CloseUp(left, top, side, float(height), resize(cut(source, *ends), enlarged, enlarged)))
    return tuple(found)


def cut(image, top, bottom, left, right):
    """A part of an image (H, W, 3) that may reach beyond its borders, where its own pixels are mirrored."""
    inside = [slice(max(start, 0), min(stop, size)) for start, stop, size in zip((top, left), (bottom, right), image.shape)]
    beyond = (end for one, start, stop in zip(inside, (top, left), (bottom, right)) for end in (one.start - start, stop - one.stop))
    return cv2.copyMakeBorder(image[tuple(inside)], *beyond, cv2.BORDER_REFLECT_101)


def distance(shape, y, x, height, width):
    """From the middle (y, x) of an ellipse, in its half axes, of each pixel of a picture of a shape (h, w): float32."""
    down, right = (np.arange(size, dtype=np.float32) + np.float32(0.5) for size in shape)
    return np.hypot((down[:, None] - y) * (2 / height), (right - x) * (2 / width))


def around(y, x, down, right):
    """The rows and columns that reach so far from a middle (y, x), all in pixels, as a pair of slices."""
    return tuple(slice(max(int(at - reach), 0), max(int(at + reach) + 1, 0)) for at, reach in ((y, down), (x, right)))


def within(shape, x, y, height):
    """How far each pixel of a picture of a shape (h, w) belongs to a face, float32 in [0, 1]. x, y: its middle, in pixels."""
    return 1 - ramp(distance(shape, y, x, height, WIDTH * height), *WHOLE)


def in_faces(boxes, shape, scale):
    """within() of any of some faces, in a picture of a shape (h, w) that is `scale` times as large as the one that boxes, (n, 4), are in."""
    share = np.zeros(shape, np.float32)
    for box in boxes:
        left, top, width, height = (scale * float(one) for one in box)
        x, y, reach = left + width / 2, top + height / 2, WHOLE[1] * height / 2
        rows, columns = around(y, x, reach, reach)
        part = share[rows, columns]
        np.maximum(part, within(part.shape, x - columns.start, y - rows.start, height), out=part)
    return share


def lay_in(sketch, drawn, close_up):
    """Put the drawing of a CloseUp, (s, s), into that of its photo, (h, w), where the face is: both uint8 or utils.greys."""
    left, top, side, height, _ = close_up
    rows, columns = (slice(max(start, 0), min(start + side, end)) for start, end in zip((top, left), sketch.shape))
    part = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    share = within(sketch[rows, columns].shape, left + side / 2 - columns.start, top + side / 2 - rows.start, height)
    full, old = paper(sketch), sketch[rows, columns]
    ink = full - np.float32(cv2.resize(drawn, (side, side), interpolation=cv2.INTER_AREA)[part])
    new = full - np.minimum(ink * (1 + DARKER * (len(drawn) / side - 1)), full)
    sketch[rows, columns] = np.rint(old + share * (new - old))


def lay_in_all(found, close_ups, draw, at_once):
    """lay_in() of all CloseUps of some photos, for each of their drawings.

    found: for each photo {number: drawing}. close_ups: for each photo those of it. draw: called with the pixels of some of one size,
    (B, s, s, 3), gives their drawings in the order of the numbers, (B, N, s, s). at_once: called with s, gives the largest B.
    """
    for side in SIDES:
        faces = [(drawings, face) for drawings, of_photo in zip(found, close_ups) for face in of_photo if len(face.pixels) == side]
        for first in range(0, len(faces), at_once(side)):
            some = faces[first : first + at_once(side)]
            for (drawings, face), planes in zip(some, draw(np.stack([face.pixels for _, face in some]))):
                for sketch, plane in zip(drawings.values(), planes):
                    lay_in(sketch, plane, face)
