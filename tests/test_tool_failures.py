"""The whole tool on folders made here: what goes wrong, how it is reported, and with which exit status."""
import errno
import os
import pathlib
import pickle
import threading
import time

import pytest
import torch
from PIL import Image

from tests.test_tool_refusals import huge_png
from tests.tool_kit import checkpoint, draw, files, reverse_weights, scene, store  # noqa: F401 (fixtures)
from utils import atomic, records, runner
from utils.folder import assign, find
from utils.outputs import OneDrawing
from utils.sketcher import Sketcher
from utils.style import Style


def test_bad_files_are_reported_and_the_others_drawn(draw, tmp_path):
    inside = tmp_path / "in"
    store(inside / "good.jpg")
    whole = store(inside / "sub" / "fine.png").read_bytes()
    bad = {
        "truncated.png": whole[: len(whole) // 2],
        "empty.jpg": b"",
        "text.jpg": b"Dear reader",
        "bomb.png": huge_png(50_000, 50_000),
        "phone.heic": b"\0\0\0\x18ftypheic" + bytes(100),
    }
    for name, content in bad.items():
        (inside / name).write_bytes(content)
    (inside / "dangling.jpg").symlink_to("nowhere")
    (inside / "loop.jpg").symlink_to("loop.jpg")
    (inside / "folder.jpg").mkdir()
    status, output, errors = draw()
    assert status == 1 and "2 drawn, 0 skipped, 7 failed" in output
    assert files(tmp_path / "out") == ["good.png", "sub/fine.png"]
    for name in (*bad, "dangling.jpg", "loop.jpg"):
        assert errors.count(f"failed: {name}: ") == 1, name
    assert "failed: dangling.jpg: a link to a file that does not exist" in errors
    assert "Traceback" not in errors


def test_every_file_bad(draw, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.jpg").write_text("x")
    status, output, _ = draw("--page")
    assert status == 1 and "0 drawn, 0 skipped, 1 failed." in output and files(tmp_path / "out") == []


def test_a_photo_that_cannot_be_drawn_is_reported(draw, tmp_path, monkeypatch):
    for index in range(4):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    marked = scene(seed=2).sum()
    sketches = Sketcher.sketches

    def stumble(self, batch, *more):
        if any(one.pixels.sum() == marked for one in batch):
            raise RuntimeError("a kernel failed\nsomewhere")
        return sketches(self, batch, *more)

    monkeypatch.setattr(Sketcher, "sketches", stumble)
    status, output, errors = draw()
    assert status == 1 and "3 drawn, 0 skipped, 1 failed" in output
    assert "failed: 2.png: cannot be drawn (RuntimeError: a kernel failed somewhere)" in errors


def test_max_megapixels(draw, tmp_path):
    store(tmp_path / "in" / "a.png", scene(100, 100))
    status, _, errors = draw("--max-megapixels", "0.009")
    assert status == 1 and "above the limit of 0.009 megapixels" in errors
    assert draw("--max-megapixels", "0.01")[0] == 0


def test_output_problems_are_said_once(draw, tmp_path):
    for name in "abc":
        store(tmp_path / "in" / f"{name}.png")
    (tmp_path / "out").write_text("a file stands here")
    status, _, errors = draw()
    assert status == 1 and errors.count("cannot be written to") == 1 and "failed" not in errors


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_full_disk_ends_the_run_once_and_leaves_no_half_file(draw, tmp_path, monkeypatch, number):
    for index in range(12):
        store(tmp_path / "in" / f"{index:02}.png", scene(seed=index))
    fsync, calls = os.fsync, []

    def fill(descriptor):
        calls.append(descriptor)
        if len(calls) > 4:
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(atomic.os, "fsync", fill)
    status, output, errors = draw()
    assert status == 1 and errors.count(os.strerror(number)) == 1 and "Traceback" not in errors
    monkeypatch.undo()
    drawings = files(tmp_path / "out")
    assert 0 < len(drawings) < 12
    for name in drawings:
        Image.open(tmp_path / "out" / name).load()
    assert not list((tmp_path / "out").rglob("*.tmp*"))
    assert f"{12 - len(drawings)} drawn" in draw("--skip-existing")[1]


def test_a_drawing_that_cannot_be_written_is_one_failure(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    store(tmp_path / "in" / "b.png")
    (tmp_path / "out" / "a.png").mkdir(parents=True)
    status, output, errors = draw()
    assert status == 1 and "1 drawn, 0 skipped, 1 failed" in output and "failed: a.png: cannot be" in errors


class Malicious:
    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.mkdir, (str(self.witness),)


def test_bad_checkpoints_are_refused_in_a_sentence(draw, tmp_path, checkpoint):
    store(tmp_path / "in" / "a.png")
    witness = tmp_path / "witness"
    bad = {
        "missing.pth": None,
        "pickle.pth": pickle.dumps(Malicious(witness)),
        "text.pth": b"no checkpoint",
        "part.pth": pathlib.Path(checkpoint).read_bytes()[:5000],
        "reverse.pth": pathlib.Path(reverse_weights(tmp_path)).read_bytes(),
    }
    torch.save({"weights": Malicious(witness)}, tmp_path / "archive.pth")
    content = torch.load(checkpoint, weights_only=True)
    content["architecture"]["widths"] = [8, 8, 16, 32]
    torch.save(content, tmp_path / "other.pth")
    for name, data in bad.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
    for name in (*bad, "archive.pth", "other.pth"):
        status, _, errors = draw(weights=tmp_path / name)
        assert status == 1 and name in errors and errors.startswith("tool: ") and errors.count("\n") == 1, errors
    assert not witness.exists() and not (tmp_path / "out").exists()


def test_missing_inputs_are_a_sentence(draw, tmp_path):
    status, _, errors = draw(inputs=tmp_path / "none")
    assert status == 1 and "no such file or folder" in errors and errors.count("\n") == 1


def test_names_that_are_no_text(draw, tmp_path):
    name = os.fsdecode(b"caf\xe9 \x1b[31m.png")
    store(os.path.join(tmp_path, "in", name))
    (tmp_path / "in" / os.fsdecode(b"bad\xff.png")).write_bytes(b"x")
    status, output, errors = draw()
    assert status == 1 and "1 drawn" in output and "\x1b[31m" not in errors
    assert os.path.exists(os.path.join(tmp_path, "out", name))


def test_memory_in_flight_is_bounded(draw, tmp_path, monkeypatch):
    for index in range(8):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    monkeypatch.setattr(runner, "PIXELS_IN_FLIGHT", 2 * 48 * 64)
    highest = []
    reading = runner.Runner.read
    monkeypatch.setattr(runner.Runner, "read", lambda self, item: highest.append(self.in_flight) or reading(self, item))
    assert "8 drawn" in draw()[1]
    assert max(highest) <= 2 * 48 * 64


def test_memory_in_flight_counts_what_small_photos_are_enlarged_to(draw, tmp_path, monkeypatch):
    for index in range(8):
        store(tmp_path / "in" / f"{index}.png", scene(24, 32, seed=index))  # drawn at 48 x 64
    monkeypatch.setattr(runner, "PIXELS_IN_FLIGHT", 3 * 48 * 64)
    highest, reading = [], runner.Runner.read
    monkeypatch.setattr(runner.Runner, "read", lambda self, item: highest.append(self.in_flight) or reading(self, item))
    assert "8 drawn" in draw()[1]
    assert max(highest) == 3 * 48 * 64


@pytest.mark.parametrize("content", ["folder", "unreadable"])
def test_a_record_that_cannot_be_used_is_a_sentence_before_anything_is_drawn(draw, tmp_path, monkeypatch, content):
    store(tmp_path / "in" / "a.png")
    record = tmp_path / "out" / ".photo2sketch-records-0.jsonl"
    if content == "folder":
        record.mkdir(parents=True)
    else:
        assert draw()[0] == 0
        os.unlink(tmp_path / "out" / "a.png")
        refuse = lambda path: (_ for _ in ()).throw(PermissionError(errno.EACCES, "Permission denied", path))
        monkeypatch.setattr(records, "read_lines", refuse)
    status, output, errors = draw()
    assert status == 1 and f"{record}, which says what has been drawn, cannot be used" in errors and "Remove it" in errors
    assert "Traceback" not in errors and not (tmp_path / "out" / "a.png").exists()


def test_lines_of_the_record_that_say_nothing_are_passed_over(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    assert draw()[0] == 0
    with open(tmp_path / "out" / ".photo2sketch-records-0.jsonl", "a") as file:
        for line in ('{"target": "a", "when": null, "stamp": 1}', '{"target": "a"}', "[1]", '{"target": "b", "when": "soon", "stamp": 1}'):
            file.write(line + "\n")
    assert "0 drawn, 1 skipped" in draw("--skip-existing")[1]


def test_a_folder_that_cannot_be_looked_into_is_not_swept(draw, tmp_path, monkeypatch):
    store(tmp_path / "in" / "sub" / "a.png")
    (tmp_path / "out" / "sub").mkdir(parents=True)
    listed = os.listdir

    def listdir(folder="."):
        if str(folder).endswith("out/sub"):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(atomic.os, "listdir", listdir)
    assert draw()[0] == 0 and (tmp_path / "out" / "sub" / "a.png").exists()


def test_a_second_interruption_begins_nothing_more(tmp_path, checkpoint, monkeypatch):  # noqa: F811
    for index in range(12):
        store(tmp_path / "in" / f"{index:02}.png", scene(seed=index))
    found, _ = find([str(tmp_path / "in")], os.devnull)
    tasks, _ = assign(found, lambda target: [f"{target}.png"])
    written = []

    def slowly(self, name, content):
        time.sleep(0.2)
        written.append(name)

    def interrupt(task, reason):
        raise KeyboardInterrupt

    monkeypatch.setattr(OneDrawing, "write", slowly)
    monkeypatch.setattr(runner, "THREADS", 1)
    output = OneDrawing(str(tmp_path / "out"), "png", Style(fur=0.0, shade=0.0, background=1.0))
    os.makedirs(output.folder)
    drawing = runner.Runner(
        Sketcher(checkpoint, "cpu", "float32", 64), output, records.Records(output.folder), "", False, threading.Event(), interrupt
    )
    with pytest.raises(KeyboardInterrupt):
        drawing.run(tasks)
    assert 1 <= len(written) < 12
