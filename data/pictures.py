"""Finding, checking and reading picture files for training."""
import collections
import hashlib
import os
import zlib

import cv2
import numpy as np
from PIL import Image

from utils.picture_modes import has_alpha, to_rgb

from .cache import cached

EDGE_FOLDERS = ("edge", "edge_fine")  # beside photos: semantic and fine edge maps, white on black, named as the photos
FACE_FOLDER = "face_map"  # beside photos: maps of data.faces, for those that have faces
LETTER_FOLDER = "letter_map"  # beside photos: maps of data.letters, for those that show words
FOREGROUND_FOLDER = "foreground_map"  # beside photos: maps of data.foreground, white = foreground
MAP_FOLDERS = (*EDGE_FOLDERS, FACE_FOLDER, LETTER_FOLDER, FOREGROUND_FOLDER)  # hold no photos
JPEG = (".jpg", ".jpeg")
EXTENSIONS = (*JPEG, ".png", ".webp", ".bmp", ".tif", ".tiff")
END_MARKS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
MIN_SIDE = 64  # pixels: smaller pictures are skipped
VERSION = 3  # of the checks: what older ones found is looked up anew
HELD_OUT = 50  # one picture of this many is for validation where a folder has no split of its own


def held_out(name):
    """Whether a picture belongs to the validation split: decided by a hash of its name, so that new files move no others."""
    return zlib.crc32(name.encode(errors="surrogateescape")) % HELD_OUT == 0


def find_pictures(folder, leave_out=()):
    """Paths of every picture below `folder`, relative to it and sorted. FileNotFoundError if the folder is missing.

    leave_out: names of subfolders of `folder` that are not entered. Links to folders are followed, each folder is entered once.
    """
    if not os.path.isdir(folder):
        raise FileNotFoundError(f"no such folder: {folder}")
    paths, entered = [], set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(parent)
        if place in entered:
            folders.clear()
            continue
        entered.add(place)
        folders.sort()  # which of two links to a folder is followed does not depend on the file system
        if os.path.samefile(parent, folder):
            folders[:] = [name for name in folders if name not in leave_out]
        inside = os.path.relpath(parent, folder)
        paths += [os.path.normpath(os.path.join(inside, n)) for n in names if n.lower().endswith(EXTENSIONS)]
    return sorted(paths)


def why_unusable(path):
    """A few words on why a picture cannot be trained on; "" if it can.

    Its header tells its size and its last bytes whether it is whole; only where they do not is it decoded.
    """
    try:
        path.encode()  # OpenCV crashes on other names
        with open(path, "rb") as file, Image.open(file) as image:
            if min(image.size) < MIN_SIDE:
                return f"smaller than {MIN_SIDE} pixels"
            return "" if _has_its_end(file, image.format) or _decodes(image) else "truncated"
    except UnicodeEncodeError:
        return "named in bytes that are not UTF-8"
    except FileNotFoundError:
        return "missing"
    except Image.DecompressionBombError:
        return "too large"
    except (OSError, SyntaxError, ValueError):
        return "unreadable"


def _has_its_end(file, kind):
    """Whether an open file ends as files of its kind do. False may also mean that something follows the picture."""
    mark = END_MARKS.get(kind)
    if mark is None:
        return False
    file.seek(-len(mark), os.SEEK_END)
    return file.read() == mark


def _decodes(image):
    try:
        image.load()
        return True
    except (OSError, SyntaxError, ValueError):
        return False


def usable(folder, names):
    """(names that can be trained on, Counter of the reasons why the others cannot): looked up once per state of the files."""
    paths = [os.path.join(folder, name) for name in names]
    digest = hashlib.sha256(f"pictures {VERSION} {MIN_SIDE} {os.path.abspath(folder)}".encode())
    for name, path in zip(names, paths):
        digest.update(f"\n{name} {_state(path)}".encode(errors="surrogateescape"))
    reasons = cached(digest.digest(), lambda: {"reasons": np.array([why_unusable(p) for p in paths], np.str_)})["reasons"]
    kept = [name for name, reason in zip(names, reasons.tolist()) if not reason]
    return kept, collections.Counter(reason for reason in reasons.tolist() if reason)


def skipped_line(skipped):
    """One line on how many pictures were skipped and why. skipped: Counter of reasons, as of usable()."""
    return "skipped: " + ", ".join(f"{count} {reason}" for reason, count in sorted(skipped.items()))


def _state(path):
    """What changes when a file does: its size and time; None for a link that leads nowhere."""
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return None
    return state.st_size, state.st_mtime_ns


def read_rgb(path, factor=1):
    """A picture, upright and on white paper where it is transparent, as uint8 RGB (H, W, 3); None if it cannot be decoded.

    factor: 1, or 2, 4 or 8 for a half, a quarter or an eighth of its size, sides rounded up. The decoder of JPEG files does
    that itself, which is faster; other files are decoded whole and made smaller.
    """
    by_decoder = path.lower().endswith(JPEG)
    rgb = None if by_decoder else _on_paper(path)
    if rgb is None:
        image = cv2.imread(path, REDUCED[factor] if by_decoder else cv2.IMREAD_COLOR)
        if image is None:
            return None
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    if factor > 1 and not by_decoder:
        size = tuple(-(-side // factor) for side in rgb.shape[1::-1])
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return rgb


def read_gray(path):
    """A picture, on white paper where it is transparent, as float32 (H, W) in [0, 1]; None if it cannot be decoded."""
    rgb = None if path.lower().endswith(JPEG) else _on_paper(path)
    image = cv2.imread(path, cv2.IMREAD_GRAYSCALE) if rgb is None else cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    return None if image is None else image.astype(np.float32) / 255


def _on_paper(path):
    """A picture with transparency, or a TIFF, upright and laid on white, as uint8 RGB (H, W, 3); None for other files.

    OpenCV leaves the transparency out: black lines on nothing would be a black sheet. Of TIFFs that are turned it reads none.
    """
    try:
        with Image.open(path) as image:
            return to_rgb(image) if has_alpha(image) or image.format == "TIFF" else None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
