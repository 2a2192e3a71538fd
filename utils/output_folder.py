"""The folder that drawings are written to: whether it takes them."""
import errno
import os

from utils.atomic import write_bytes

HOPELESS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)  # no other drawing can be written either


class OutputError(Exception):
    """The output folder cannot be written to. The message says why."""


def check_folder(folder, error=None):
    """Make the output folder and see that it takes a file. OutputError if not, or after an `error` of writing that will come again."""
    if error and error.errno in HOPELESS:
        raise OutputError(f"the output folder {folder} takes no more drawings ({error.strerror}).")
    trial = os.path.join(folder, ".photo2sketch-trial")
    try:
        os.makedirs(folder, exist_ok=True)
        write_bytes(trial, b"writable")
        os.unlink(trial)
    except OSError as wrong:
        raise OutputError(f"the output folder {folder} cannot be written to ({wrong.strerror}).") from None
