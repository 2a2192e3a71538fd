"""True boundaries of photos: the annotators' files of BSDS500, maps of edges in any folder, or the objects of COCO."""
import os
import zlib

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from data.pictures import EDGE_FOLDERS, read_gray

from .metrics_boundary import TruthError, thin_lines
from .objects import ObjectOutlines

LEVEL = 0.6  # an edge map counts as a boundary from here on
# What reading a damaged or foreign .mat file ends in.
DAMAGED = (OSError, ValueError, KeyError, IndexError, TypeError, NotImplementedError, MatReadError, zlib.error)


def read_mat(path):
    """The annotators' boundaries of a BSDS500 file: a list of bool (H, W)."""
    try:
        annotators = loadmat(path)["groundTruth"][0]
        return [np.asarray(one["Boundaries"][0, 0]) > 0 for one in annotators]
    except DAMAGED as error:
        raise TruthError(f"{path} is no groundTruth file of BSDS500. Copy it again.") from error


def read_map(path):
    """A picture of edges, white on black: a list of one bool (H, W).

    Black-and-white maps are taken as they are drawn and thinned, soft ones at LEVEL.
    """
    edges = read_gray(path)
    if edges is None:
        raise TruthError(f"{path} cannot be read as a picture of edges. Remove it or copy it again.")
    return [thin_lines(edges, LEVEL)]


READERS = {".mat": read_mat, ".png": read_map, ".jpg": read_map}


def default_folder(photos):
    """The folder of semantic edge maps of a folder of photos: in it or, as with COCO, beside it; None without one."""
    choices = [os.path.join(place, EDGE_FOLDERS[0]) for place in (photos, os.path.dirname(os.path.abspath(photos)))]
    return next((folder for folder in choices if os.path.isdir(folder)), None)


class Folder:
    """Boundaries of whole photos, in files named as they, ending in .mat, .png or .jpg."""

    def __init__(self, path):
        self.path = path

    def of(self, photo, shape):
        """(boundaries, None) of a photo: a list of bool (H, W), one for each annotator, which count everywhere.

        photo: its path. ([], None) where the folder has none. TruthError for a damaged file and for one of another size.
        """
        stem = os.path.splitext(os.path.basename(photo))[0]
        for extension, read in READERS.items():
            path = os.path.join(self.path, stem + extension)
            if os.path.isfile(path):
                truths = read(path)
                if any(truth.shape != tuple(shape) for truth in truths):
                    raise TruthError(f"{path} has not the size of {photo}. Give boundaries and photos of one size.")
                return truths, None
        return [], None


def open_truth(path):
    """What --truth names: a Folder, or the ObjectOutlines of a COCO instances file. TruthError if it is neither."""
    if os.path.isdir(path):
        return Folder(path)
    if not os.path.isfile(path):
        raise TruthError(f"--truth: no such folder or file: {path}. Name boundaries.")
    return ObjectOutlines(path)
