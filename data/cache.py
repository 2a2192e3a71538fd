"""Arrays that take long to make, kept between runs and shared between processes."""
import hashlib
import os
import shutil
import tempfile

import numpy as np


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
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError):  # cut off, when the machine went down
        shutil.rmtree(place, ignore_errors=True)
    arrays, temporary = build(), None
    try:
        os.makedirs(folder(), exist_ok=True)
        temporary = tempfile.mkdtemp(dir=folder())
        for name, array in arrays.items():
            np.save(os.path.join(temporary, name), array)
        os.rename(temporary, place)
    except OSError:  # the disk is full, or another process was faster
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
        if not os.path.isdir(place):
            return arrays
    return _load(place)


def _load(place):
    names = sorted(name for name in os.listdir(place) if name.endswith(".npy"))
    return {name[:-4]: np.load(os.path.join(place, name), mmap_mode="r") for name in names}
