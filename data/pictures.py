"""Finding and reading picture files for training."""
import collections
import hashlib
import os
import zlib

import cv2
import numpy as np
from PIL import Image

from .cache import cached

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
MIN_SIDE = 64  # pixels: smaller pictures are skipped
HELD_OUT = 50  # one picture of this many is for validation where a folder has no split of its own


def held_out(name):
    """Whether a picture belongs to the validation split: decided by a hash of its name, so that new files move no others."""
    return zlib.crc32(name.encode()) % HELD_OUT == 0


def find_pictures(folder, leave_out=()):
    """Paths of every picture below `folder`, relative to it and sorted. FileNotFoundError if the folder is missing.

    leave_out: names of subfolders of `folder` that are not entered.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"no such folder: {folder}")
    paths = []
    for parent, folders, names in os.walk(folder):
        if os.path.samefile(parent, folder):
            folders[:] = [name for name in folders if name not in leave_out]
        inside = os.path.relpath(parent, folder)
        paths += [os.path.normpath(os.path.join(inside, n)) for n in names if n.lower().endswith(EXTENSIONS)]
    return sorted(paths)


def why_unusable(path):
    """A few words on why a picture cannot be trained on, from its header alone; "" if it can."""
    try:
        with Image.open(path) as image:
            return "" if min(image.size) >= MIN_SIDE else f"smaller than {MIN_SIDE} pixels"
    except FileNotFoundError:
        return "missing"
    except Image.DecompressionBombError:
        return "too large"
    except (OSError, SyntaxError, ValueError):
        return "unreadable"


def usable(folder, names):
    """(names that can be trained on, Counter of the reasons why the others cannot): looked up once per state of the files."""
    paths = [os.path.join(folder, name) for name in names]
    digest = hashlib.sha256(f"headers {MIN_SIDE} {os.path.abspath(folder)}".encode())
    for name, path in zip(names, paths):
        state = os.stat(path) if os.path.exists(path) else None
        digest.update(f"\n{name} {state and (state.st_size, state.st_mtime_ns)}".encode(errors="surrogateescape"))
    reasons = cached(digest.digest(), lambda: {"reasons": np.array([why_unusable(p) for p in paths], np.str_)})["reasons"]
    kept = [name for name, reason in zip(names, reasons.tolist()) if not reason]
    return kept, collections.Counter(reason for reason in reasons.tolist() if reason)


def read_rgb(path, least=0):
    """A picture as uint8 RGB (H, W, 3), whatever its mode; None if it cannot be decoded.

    least: JPEG files are decoded at 1/2, 1/4 or 1/8 of their size (by the decoder itself, which is faster) if that leaves
    the short side at least this long; 0 decodes at full size.
    """
    flag = cv2.IMREAD_COLOR
    if least and path.lower().endswith((".jpg", ".jpeg")):
        try:
            with Image.open(path) as image:
                short = min(image.size)
        except (OSError, SyntaxError, ValueError):
            return None
        for factor, reduced in ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2)):
            if short // factor >= least:
                flag = reduced
                break
    image = cv2.imread(path, flag)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_gray(path):
    """A picture as float32 (H, W) in [0, 1]; None if it cannot be decoded."""
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    return None if image is None else image.astype(np.float32) / 255
