"""The folder of one run: runs/NNN-name/ with options.json, stats.jsonl, samples/ and checkpoints/."""
import glob
import json
import os
import re

from utils.atomic import sweep, write_bytes
from utils.checkpoint import CheckpointError, read, save_atomically

OPTIONS, STATS, SAMPLES, CHECKPOINTS = "options.json", "stats.jsonl", "samples", "checkpoints"
BEST, NOT_FINITE = "best.pt", "not_finite.json"
NEXT = "next.json"  # {"stages": options of the stages that follow, "run": folder of the next one, beside this one, once begun}


class RunError(Exception):
    """A run folder that cannot be used. The message names it and the remedy."""


def write_json(path, content):
    """Write plain values as a JSON file, whole or not at all. OSError if it cannot be written."""
    write_bytes(path, (json.dumps(content, indent=2) + "\n").encode())


class RunFolder:
    """Paths and checkpoints of the run in `path`."""

    def __init__(self, path):
        self.path = path
        self.stats, self.samples, self.checkpoints = (os.path.join(path, part) for part in (STATS, SAMPLES, CHECKPOINTS))

    @classmethod
    def create(cls, root, name, options):
        """A new folder with the next free number below `root`. options: a dict for options.json."""
        os.makedirs(root, exist_ok=True)
        numbers = [int(m.group(1)) for m in (re.match(r"(\d+)-", entry) for entry in os.listdir(root)) if m]
        number = max(numbers, default=0) + 1
        while True:  # another process may take the same number
            try:
                path = os.path.join(root, f"{number:03d}-{name}")
                os.mkdir(path)
                break
            except FileExistsError:
                number += 1
        folder = cls(path)
        os.mkdir(folder.samples)
        os.mkdir(folder.checkpoints)
        folder.write_options(options)
        return folder

    @classmethod
    def open(cls, path):
        """An existing run, without what killed processes left half written. RunError if `path` is none."""
        if not os.path.isfile(os.path.join(path, OPTIONS)):
            raise RunError(f"{path} is not the folder of a run: it has no {OPTIONS}.")
        folder = cls(path)
        os.makedirs(folder.samples, exist_ok=True)
        os.makedirs(folder.checkpoints, exist_ok=True)
        for part in (folder.path, folder.checkpoints):
            sweep(part)
        return folder

    @classmethod
    def open_unfollowed(cls, path):
        """open() of a stage that another one is to follow. RunError if that one was begun."""
        folder = cls.open(path)
        if begun := folder.next_run():
            raise RunError(f"The stage after {path} was begun in {begun}. Go on with --resume {begun}, or remove that folder.")
        return folder

    def write_options(self, options):
        """options: a dict of names and values."""
        write_json(os.path.join(self.path, OPTIONS), options)

    def _next(self):
        path = os.path.join(self.path, NEXT)
        if not os.path.isfile(path):
            return {"stages": [], "run": None}
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            return {"stages": list(map(dict, content["stages"])), "run": content["run"]}
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path} is damaged. Remove it: the run then ends without the stages that follow.") from error

    def following(self):
        """The options, dicts of names and values, of the stages that follow this run. RunError if their file is damaged."""
        return self._next()["stages"]

    def next_run(self):
        """The folder of the stage that followed this run, or None if none was begun or it is gone."""
        name = self._next()["run"]
        path = name and os.path.normpath(os.path.join(self.path, name))
        return path if path and os.path.isdir(path) else None

    def write_following(self, stages, run=None):
        """stages: what following() is to give. run: the folder of the first of them, once it is begun."""
        name = run and os.path.relpath(run, self.path)
        write_json(os.path.join(self.path, NEXT), {"stages": stages, "run": name})

    def write_not_finite(self, step, names, values):
        """The photos and losses of a step whose losses were not finite."""
        values = {name: repr(value) for name, value in values.items()}
        write_json(os.path.join(self.path, NOT_FINITE), {"step": step, "photos": names, "values": values})

    def _saved(self):
        """Checkpoint paths, the newest first."""
        return sorted(glob.glob(os.path.join(glob.escape(self.checkpoints), "step-*.pt")), reverse=True)

    def save(self, content, step, keep):
        """Write the checkpoint of `step` and remove the oldest ones, so that `keep` are left.

        Checkpoints of later steps are there only if they were damaged: they do not count.
        """
        path = os.path.join(self.checkpoints, f"step-{step:09d}.pt")
        save_atomically(content, path)
        for old in [saved for saved in self._saved() if saved <= path][keep:]:
            os.remove(old)

    def save_best(self, content):
        """Write the checkpoint that validated best."""
        save_atomically(content, os.path.join(self.checkpoints, BEST))

    def best(self):
        """The content of the checkpoint that validated best. CheckpointError if there is none that loads."""
        return read(os.path.join(self.checkpoints, BEST))

    def newest(self, warn=print):
        """The content of the newest checkpoint that loads, or None if none was written yet. Damaged ones are named to
        `warn`; RunError if all are.
        """
        for path in self._saved():
            try:
                return read(path)
            except CheckpointError as error:
                warn(f"Skipped: {error}")
        if self._saved():
            raise RunError(f"None of the checkpoints in {self.checkpoints} loads. Put back a good one, or start a new run.")
        return None


def open_folder(options, following, after):
    """The RunFolder of a new run, or of the one to resume, with the options as they are now.

    following, after: as in loop.train(). RunError if the stage was begun before.
    """
    before = RunFolder.open_unfollowed(after) if after else None
    settings = [stage.settings() for stage in following]
    if options.resume:
        folder = RunFolder.open(options.resume)
        folder.write_options(options.settings())
        if settings or folder.following():
            folder.write_following(settings, folder.next_run())
        return folder
    folder = RunFolder.create(options.runs, options.name, options.settings())
    if following:
        folder.write_following(settings)
    if after:
        before.write_following(before.following(), folder.path)
    return folder
