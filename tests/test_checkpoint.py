"""Checkpoints: they describe themselves, and bad ones are refused in a sentence."""
import errno
import os
import pickle
import resource
import subprocess
import sys

import numpy as np
import pytest
import torch

from model import PRESETS, Photo2Sketch, Sketch2Photo
from tests.speed_kit import ROOT
from tests.tiny import TINY
from utils.checkpoint import CheckpointError, load_network, save_atomically, save_generator
from utils.strokes import stroke_field
from utils.training import state


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "net.pth"
    network = Photo2Sketch(TINY).eval()
    save_generator(network, path, step=12, notes={"data": "three photos"})
    return path, network


def test_round_trip(saved):
    path, network = saved
    loaded = load_network(Photo2Sketch, path)
    photo = torch.rand(1, 3, 32, 32)
    assert torch.equal(loaded(photo).sketch, network(photo).sketch)
    assert (loaded.arch, loaded.step, loaded.notes) == (TINY, 12, {"data": "three photos"})
    assert not loaded.training


def test_missing_truncated_and_foreign_files(saved, tmp_path):
    path, _ = saved
    with pytest.raises(CheckpointError, match="not found.*nothing.pth"):
        load_network(Photo2Sketch, tmp_path / "nothing.pth")
    content = path.read_bytes()
    for share in (0, 0.3, 0.9, 0.999):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(CheckpointError, match="net.pth"):
            load_network(Photo2Sketch, path)
    path.write_text("this is a text")
    with pytest.raises(CheckpointError, match="net.pth"):
        load_network(Photo2Sketch, path)
    torch.save({"state_dict": {}}, path)
    with pytest.raises(CheckpointError, match="not a checkpoint of this project"):
        load_network(Photo2Sketch, path)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="not a checkpoint of this project"):
        load_network(Photo2Sketch, path)


def test_a_file_that_may_not_be_read_is_not_called_damaged(saved, monkeypatch):
    def closed(path, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(torch, "load", closed)
    with pytest.raises(CheckpointError, match="net.pth cannot be read .Permission denied"):
        load_network(Photo2Sketch, saved[0])


def test_the_other_networks_file_is_refused(saved):
    with pytest.raises(CheckpointError, match="holds a Photo2Sketch, not a Sketch2Photo"):
        load_network(Sketch2Photo, saved[0])


def test_weights_that_mean_something_else_are_refused(tmp_path):
    path = tmp_path / "net.pth"
    save_generator(Sketch2Photo(TINY), path, 1)
    content = torch.load(path, weights_only=True)
    assert content["format"] == Sketch2Photo.FILE_FORMAT != Photo2Sketch.FILE_FORMAT
    torch.save(content | {"format": "photo2sketch-1"}, path)  # as when it saw paper, not ink
    with pytest.raises(CheckpointError, match="net.pth was written by another version"):
        load_network(Sketch2Photo, path)


def test_weights_must_fit_exactly(saved):
    path, _ = saved
    content = torch.load(path, weights_only=True)
    content["weights"].popitem()
    torch.save(content, path)
    with pytest.raises(CheckpointError, match="does not fit"):
        load_network(Photo2Sketch, path)


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


@pytest.mark.parametrize("writer", ["torch", "pickle"])
def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path, monkeypatch, writer):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "evil.pth"
    if writer == "torch":
        torch.save({"weights": Evil()}, path)
    else:
        path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(CheckpointError, match="evil.pth"):
        load_network(Photo2Sketch, path)
    assert not (tmp_path / "pwned").exists()


def test_a_failed_write_leaves_the_old_file(saved):
    path, _ = saved
    before = path.read_bytes()
    with pytest.raises(Exception):
        save_atomically({"cannot be pickled": lambda: None}, path)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["net.pth"]


def test_a_disk_that_fills_within_a_write_is_an_oserror_that_names_the_file(saved):
    path, network = saved
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with pytest.raises(OSError, match="net.pth cannot be written.*Make room"):
            save_generator(network, path, step=13)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == ["net.pth"]


def test_the_networks_know_nothing_of_files():
    program = "import sys, model, model.engine, model.reverse; sys.exit(bool({'utils.atomic', 'utils.checkpoint'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_the_state_of_an_older_training_is_named_as_such():
    for found, reason in (("photo2sketch-training-1", "written by another version"), ("photo2sketch-1", "not one of a training")):
        with pytest.raises(CheckpointError, match=reason):
            state.architectures({"format": found})


def test_weights_trained_with_other_strokes_draw_with_todays(tmp_path):
    """The stroke field is no weight: the tools hatch with the same, which a file's would lie across."""
    network, path = Photo2Sketch(PRESETS["light"]), str(tmp_path / "older.pth")
    network.head.field.fill_(0.5)
    save_generator(network, path, 7)
    loaded = load_network(Photo2Sketch, path)
    assert np.array_equal(loaded.head.field.numpy(), stroke_field())
    assert torch.equal(loaded.head.conv.weight, network.head.conv.weight)
