"""Writing files whole or not at all: to a temporary name in the same folder, synced, then renamed."""
import contextlib
import itertools
import os
import re
import socket

HOST = re.sub(r"[^A-Za-z0-9]", "", socket.gethostname())[:32] or "host"
PATTERN = re.compile(r"\.photo2sketch-([A-Za-z0-9]+)-(\d+)-\d+\.tmp(\.[a-z]+)?")
COUNTER = itertools.count()


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary name beside `path` (same extension) to write; on leaving without an error it becomes `path`.

    After an error, an interruption or a full disk the temporary file is removed and an earlier `path` is untouched.
    """
    extension = os.path.splitext(path)[1].lower()
    name = f".photo2sketch-{HOST}-{os.getpid()}-{next(COUNTER)}.tmp{extension}"
    temporary = os.path.join(os.path.dirname(path), name)
    try:
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())  # some file systems report a full disk only here
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def write_bytes(path, content):
    """Write `content` to `path`, whole or not at all. OSError says why it could not be written."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        file.write(content)


def is_running(process):
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def sweep(folder):
    """Remove what killed processes of this machine have left in `folder`; temporary files of running ones stay."""
    try:
        names = os.listdir(folder)
    except OSError:
        return  # not there, or not to be looked into
    for name in names:
        match = PATTERN.fullmatch(name)
        if match and match[1] == HOST and not is_running(int(match[2])):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))
