"""What has been drawn from what: the memory behind --skip-existing.

One line of JSON per photo in hidden files of the output folder, one file per process, appended when the photo's files
are there. A line cut off by a kill is ignored. The newest line of a target counts.
"""
import glob
import hashlib
import json
import os
import time

from utils.atomic import write_bytes
from utils.output_folder import OutputError

NAME = ".photo2sketch-records"


def digest(options, checkpoints):
    """A fingerprint of all that changes drawings: plain values of options, and the content of the checkpoints."""
    content = hashlib.sha256(json.dumps(options, sort_keys=True).encode())
    for checkpoint in checkpoints:
        with open(checkpoint, "rb") as file:
            content.update(hashlib.file_digest(file, "sha256").digest())
    return content.hexdigest()[:24]


def stamp(task, options):
    """What must be the same for a drawing to be up to date. OSError if the photo is gone."""
    status = os.stat(task.path)
    return {"name": task.name, "time": status.st_mtime_ns, "bytes": status.st_size, "options": options}


def line_of(target, when, content):
    return json.dumps({"target": target, "when": when, "stamp": content}) + "\n"


def read_lines(path):
    with open(path, "rb") as file:
        for line in file:
            try:
                entry = json.loads(line)
                read = str(entry["target"]), float(entry["when"]), entry["stamp"]
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a kill
            yield read


class Records:
    """The records of one output folder; each process of a job writes its own file. OutputError where that or another cannot be used."""

    def __init__(self, folder, rank=0):
        self.folder, self.path = folder, os.path.join(folder, f"{NAME}-{rank}.jsonl")
        self.stamps = {}
        try:
            entries = [entry for path in self._files() for entry in read_lines(path)]
            if os.path.exists(self.path):
                open(self.path, "ab").close()
        except OSError as error:
            wrong = error.filename or self.path
            raise OutputError(f"{wrong}, which says what has been drawn, cannot be used ({error.strerror}). Remove it.") from None
        for target, _, content in sorted(entries, key=lambda entry: entry[1]):
            self.stamps[target] = content

    def _files(self):
        return sorted(glob.glob(os.path.join(glob.escape(self.folder), f"{NAME}-*.jsonl")))

    def holds(self, target, content, names):
        """Whether `target` was drawn with this stamp and all its files are still there."""
        return self.stamps.get(target) == content and all(
            os.path.isfile(os.path.join(self.folder, *name.split("/"))) for name in names
        )

    def add(self, target, content):
        line = line_of(target, time.time(), content)
        with open(self.path, "a+b") as file:
            file.seek(0, os.SEEK_END)
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    line = "\n" + line  # after a line that a kill cut off
            file.write(line.encode())

    def merge(self):
        """One file with one line per target in place of all, when no other process of the job writes any more."""
        files = self._files()
        newest = {}
        for target, when, content in (entry for path in files for entry in read_lines(path)):
            if target not in newest or newest[target][0] <= when:
                newest[target] = when, content
        lines = (line_of(target, when, content) for target, (when, content) in newest.items())
        first = os.path.join(self.folder, f"{NAME}-0.jsonl")
        write_bytes(first, "".join(lines).encode())
        for path in files:
            if path != first:
                os.unlink(path)
