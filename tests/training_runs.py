"""Small real trainings on the pictures of data/sample."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from unittest import mock

import torch

from main_sketch import main

ROOT = pathlib.Path(__file__).resolve().parents[1]
NO_VGG = ("style", "content_sketch", "content_reconstruction")


def arguments(runs, *extra):
    """The command line of a training of a few small steps in float32, below the folder `runs`."""
    settings = {
        "photos": ROOT / "data" / "sample" / "photos",
        "references": ROOT / "data" / "sample" / "drawings",
        "runs": runs,
        "size": 32,
        "batch": 4,
        "steps": 4,
        "warmup": 2,
        "threads": 1,
        "workers": 0,
        "device": "cpu",
        "precision": "float32",
        "log-every": 1,
        "sample-every": 0,
        "validate-every": 0,
        **{f"weight-{name.replace('_', '-')}": 0 for name in NO_VGG},
    }
    words = [word for name, value in settings.items() for word in (f"--{name}", str(value))]
    return words + ["--widths", "4", "4", "8", "8", "--discriminator-widths", "4", "8", *map(str, extra)]


def start(words):
    """main_sketch.py with these arguments as a process."""
    return subprocess.Popen(
        [sys.executable, "main_sketch.py", *map(str, words)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(words, status=0, curves=False):
    """main_sketch.py with these arguments in this process, which saves the seconds that importing torch takes.

    curves: whether to draw them, which takes longer than some steps of tiny networks.
    """
    threads = torch.get_num_threads()
    try:
        with contextlib.nullcontext() if curves else mock.patch("utils.training.loop.draw_curves"):
            assert main([str(word) for word in words]) == status
    finally:
        torch.set_num_threads(threads)


def tiny_run(runs, *extra, curves=False):
    """The run folder of a finished training."""
    call(arguments(runs, *extra), curves=curves)
    return next(pathlib.Path(runs).iterdir())


def stats(run, kind="train"):
    """Lines of a run's stats file."""
    path = pathlib.Path(run) / "stats.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [line for line in lines if line["kind"] == kind]


def newest(run):
    """The content of the last checkpoint."""
    return torch.load(max((pathlib.Path(run) / "checkpoints").glob("step-*.pt")), weights_only=True)


def stop_after(process, runs, step, number=signal.SIGKILL, delay=0.0):
    """Send a signal when a training has logged `step`, `delay` seconds later. Returns its run folder."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        folders = list(pathlib.Path(runs).glob("*/stats.jsonl"))
        if folders and any(line["step"] >= step for line in complete_lines(folders[0])):
            time.sleep(delay)
            process.send_signal(number)
            return folders[0].parent
        time.sleep(0.005)
    raise AssertionError(f"the training ended early: {process.communicate()[1][-3000:]}")


def complete_lines(path):
    """The lines of a stats file that may be being written."""
    text = path.read_text()
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
