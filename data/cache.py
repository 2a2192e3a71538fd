"""Arrays that take long to make, kept between runs and shared between processes."""
import hashlib
import json
import os
import shutil
import tempfile

import numpy as np

NAMES = "names.json"  # of the arrays in a folder: files may be gone from it, and the folder not
DAMAGES = (OSError, ValueError, EOFError)  # nothing there, cut off when the machine went down, or cleaned away in part


def folder():
    """Where the arrays lie: photo2sketch/ in $XDG_CACHE_HOME, by default ~/.cache."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "photo2sketch")


def cached(key, build):
    """The dict of arrays that build() returns, from the cache if it was built for the same `key` before.

    key: bytes that change whenever the result would. The arrays are memory-mapped read-only, so the workers of a training
    share them. Where the cache cannot be written, the arrays are built and kept in memory.
    """
    place = os.path.join(folder(), hashlib.sha256(key).hexdigest()[:24])
    try:
        return _load(place)
    except DAMAGES:
        shutil.rmtree(place, ignore_errors=True)
    arrays, temporary = build(), None
    try:
        os.makedirs(folder(), exist_ok=True)
        temporary = tempfile.mkdtemp(dir=folder())
        for name, array in arrays.items():
            np.save(os.path.join(temporary, name), array)
        with open(os.path.join(temporary, NAMES), "w", encoding="utf-8") as file:
            json.dump(sorted(arrays), file)
        os.rename(temporary, place)
    except OSError:  # the disk is full, or another process was faster
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    try:
        return _load(place)
    except DAMAGES:
        return arrays


def _load(place):
    with open(os.path.join(place, NAMES), encoding="utf-8") as file:
        return {name: np.load(os.path.join(place, f"{name}.npy"), mmap_mode="r") for name in json.load(file)}
