"""What a training says of pictures it cannot use, and how it leaves when the machine lets it down."""
import os
import shutil
import signal
import subprocess
import sys

import pytest
import torch
from torch._inductor.exc import InvalidCxxCompiler

from tests.training_runs import ROOT, arguments, call

SAMPLES = sorted((ROOT / "data" / "sample" / "photos").glob("*.jpg"))


@pytest.fixture
def photos(tmp_path):
    """A folder of the bundled photos."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for photo in SAMPLES:
        shutil.copy(photo, folder)
    return folder


def sentence(capsys):
    """The one line that a failed training wrote to stderr."""
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith(("error: ", "Interrupted", "Traceback"))]
    assert len(lines) == 1
    return lines[0]


def test_the_start_says_how_many_files_are_skipped_and_why(photos, tmp_path, capsys):
    whole = SAMPLES[0].read_bytes()
    (photos / "cut1.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "cut2.jpg").write_bytes(whole[:-1000])
    (photos / "none.png").write_bytes(b"no picture")
    call(arguments(tmp_path / "runs", "--photos", photos, "--steps", "1", "--object-crops", "0.5"))
    text = capsys.readouterr().out
    assert "skipped: 2 truncated, 1 unreadable" in text.split("step 0 of 1")[0]
    assert "no annotations: no crop is centred on an object" in text
    assert "for validation: " in text


def test_photos_that_cannot_be_decoded_any_more_stop_the_run_in_a_sentence(photos, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("data.photos.read_rgb", lambda path, factor: None)  # the loading process inherits it
    call(arguments(tmp_path / "runs", "--photos", photos, "--workers", "1"), status=1)
    text = sentence(capsys)
    assert text.startswith("error: 10 photos in a row cannot be decoded") and str(photos) in text


def test_a_loading_process_that_dies_stops_the_run_in_a_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("data.dataset.degrade", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    call(arguments(tmp_path / "runs", "--workers", "1"), status=1)
    assert sentence(capsys).startswith("error: a loading process died")


def test_a_loading_process_that_dies_in_the_middle_of_a_step_is_spoken_of_too(tmp_path, capsys, monkeypatch):
    def run(self, step, batches):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")  # torch's answer to a signal, wherever it comes

    monkeypatch.setattr("utils.training.cycle.Cycle.run", run)
    call(arguments(tmp_path / "runs"), status=1)
    assert sentence(capsys).startswith("error: a loading process died")


def test_a_program_does_not_wait_for_loading_processes_that_are_left_when_it_ends():
    script = """
import torch
from utils.training.distributed import Group
from utils.training.loader import Order, make_loader

class Numbers(list):
    def set_epoch(self, epoch):
        pass

batches = iter(make_loader(Numbers(range(4)), Order(4, 2, 1, Group(), 0, 50), 1, False))
print(next(batches))
keeps = [batches]
keeps.append(keeps)  # is not freed before the end
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "tensor([0, 1])" in done.stdout and not done.stderr


def test_data_of_the_validation_that_are_damaged_leave_no_run_behind(tmp_path, photos, capsys):
    for split in ("train2017", "val2017"):
        shutil.copytree(photos, tmp_path / "coco" / split)
    (tmp_path / "coco" / "annotations").mkdir()
    (tmp_path / "coco" / "annotations" / "instances_val2017.json").write_text('{"images": [')
    call(arguments(tmp_path / "runs", "--photos", tmp_path / "coco"), status=2)
    assert "instances_val2017.json" in sentence(capsys) and not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "failure, status, words",
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"), 1, "error: the memory of the device is full"),
        (InvalidCxxCompiler(), 1, "error: --compile failed (No working C++ compiler found"),
        (KeyboardInterrupt(), 130, "Interrupted: "),
        (OSError(28, "No space left on device"), 1, "error: [Errno 28] No space left on device"),
    ],
)
def test_failures_of_the_machine_are_sentences(tmp_path, capsys, monkeypatch, failure, status, words):
    def fail(options):
        raise failure

    monkeypatch.setattr("main_sketch.train_stages", fail)
    call(arguments(tmp_path), status)
    assert sentence(capsys).startswith(words)
