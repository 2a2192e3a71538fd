"""The whole tool on folders made here: what comes out, what is reported, and with which exit status."""
import errno
import os
import pathlib
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

import eval_multiple
import eval_test
from tests.test_tool_reading import huge_png
from tests.tool_kit import one_thread, reverse_weights, scene, store, weights
from utils import atomic, runner, tool
from utils.sketcher import Sketcher


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    with one_thread():
        yield weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def draw(checkpoint, tmp_path, capfd):
    """Runs eval_test, or eval_multiple, on tmp_path/in -> (exit status, output, errors)."""

    def run(*arguments, multiple=False, inputs=None, weights=checkpoint):
        script = eval_multiple if multiple else eval_test
        arguments = ["--input", str(inputs or tmp_path / "in"), "--output", str(tmp_path / "out"), *arguments]
        if "--page" in arguments:
            arguments.remove("--page")
        else:
            arguments.append("--no-page")
        arguments += ["--checkpoint", str(weights), "--device", "cpu", "--size", "64"]
        status = tool.main("tool", script.DESCRIPTION, script.EXAMPLES, multiple, arguments)
        return (status, *capfd.readouterr())

    return run


def files(folder):
    """Visible files below a folder, sorted, with /."""
    folder = pathlib.Path(folder)
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not path.name.startswith("."))


def test_a_tree_is_mirrored_with_names_and_sizes(draw, tmp_path):
    sizes = {"a.jpg": (48, 64), "trip 1/ü.b.c.PNG": (30, 20), "trip 1/deep/x.webp": (5, 7), "y.tiff": (64, 64)}
    for name, size in sizes.items():
        store(tmp_path / "in" / name, scene(*size))
    status, output, errors = draw()
    assert status == 0 and "4 drawn, 0 skipped, 0 failed" in output and "seconds per photo" in output
    assert errors.count("Drawing on cpu") == 1
    assert files(tmp_path / "out") == ["a.png", "trip 1/deep/x.png", "trip 1/ü.b.c.png", "y.png"]
    for name, (height, width) in sizes.items():
        with Image.open((tmp_path / "out" / name).with_suffix(".png")) as drawing:
            assert drawing.size == (width, height) and drawing.mode == "L"


def test_the_tool_draws_what_the_library_draws(draw, tmp_path, checkpoint):
    path = store(tmp_path / "in" / "a.png")
    assert draw("--detail", "0.7", "--line-width", "2")[0] == 0
    expected = Sketcher(checkpoint, "cpu", size=64).draw(path, detail=0.7, line_width=2.0)
    assert np.array_equal(Image.open(tmp_path / "out" / "a.png"), expected)


def test_photos_of_one_shape_drawn_together_are_drawn_alike(draw, tmp_path, checkpoint, monkeypatch):
    for index in range(7):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    batches = []
    sketches = Sketcher.sketches
    count = lambda self, batch, *more: batches.append(len(batch)) or sketches(self, batch, *more)
    monkeypatch.setattr(Sketcher, "sketches", count)
    assert draw()[0] == 0
    assert sum(batches) == 7 and max(batches) <= runner.BATCH
    monkeypatch.undo()
    sketcher = Sketcher(checkpoint, "cpu", size=64)
    for index in range(7):
        found = np.asarray(Image.open(tmp_path / "out" / f"{index}.png")).astype(int)
        assert np.abs(found - sketcher.draw(scene(seed=index))).max() <= 1


@pytest.mark.parametrize(("extension", "kind"), [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WEBP"), ("tiff", "TIFF")])
def test_formats(draw, tmp_path, extension, kind):
    store(tmp_path / "in" / "a.bmp")
    assert draw("--format", extension)[0] == 0
    assert files(tmp_path / "out") == [f"a.{extension}"]
    with Image.open(tmp_path / "out" / f"a.{extension}") as drawing:
        assert drawing.format == kind and drawing.size == (64, 48)


def test_looks(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    result = {}
    for look in ("", "--invert", "--transparent", "--colour", "--beside", "--candidate=1", "--ink=3", "--line-width=3"):
        assert draw(*[look] * bool(look))[0] == 0
        with Image.open(tmp_path / "out" / "a.png") as drawing:
            result[look] = np.asarray(drawing)
    plain = result[""]
    assert np.array_equal(result["--invert"], 255 - plain)
    assert np.array_equal(result["--transparent"][..., 3], 255 - plain)
    assert result["--colour"].shape == (48, 64, 3)
    assert result["--beside"].shape[1] > 128 and np.array_equal(result["--beside"][:, :64], scene())
    assert not np.array_equal(result["--candidate=1"], plain)
    assert result["--ink=3"].mean() < plain.mean() and result["--line-width=3"].mean() < plain.mean()


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


def test_colliding_names_get_names_of_their_own(draw, tmp_path):
    store(tmp_path / "in" / "a.jpg", scene(48, 64))
    store(tmp_path / "in" / "a.png", scene(64, 48))
    status, _, errors = draw()
    assert status == 0 and "a.png: its drawing is named a.png.png" in errors
    assert Image.open(tmp_path / "out" / "a.png").size == (64, 48)
    assert Image.open(tmp_path / "out" / "a.png.png").size == (48, 64)


def test_skip_existing_compares_time_options_and_checkpoint(draw, tmp_path, tmp_path_factory):
    for name in "abc":
        store(tmp_path / "in" / f"{name}.png")
    assert "3 drawn, 0 skipped" in draw("--skip-existing")[1]
    assert "0 drawn, 3 skipped" in draw("--skip-existing")[1]
    os.utime(tmp_path / "in" / "b.png", (1, 1))
    assert "1 drawn, 2 skipped" in draw("--skip-existing")[1]
    (tmp_path / "out" / "c.png").unlink()
    assert "1 drawn, 2 skipped" in draw("--skip-existing")[1]
    assert "3 drawn, 0 skipped" in draw("--skip-existing", "--ink", "2")[1]
    assert "0 drawn, 3 skipped" in draw("--skip-existing", "--ink", "2")[1]
    assert "3 drawn, 0 skipped" in draw("--ink", "2")[1]  # without it, everything is drawn again
    torch.manual_seed(9)
    other = tmp_path / "other.pth"
    content = torch.load(weights(tmp_path), weights_only=True)
    content["weights"] = {name: value + 0.01 for name, value in content["weights"].items()}
    torch.save(content, other)
    assert "3 drawn, 0 skipped" in draw("--skip-existing", "--ink", "2", weights=other)[1]


def test_names_alone_do_not_count_as_drawn(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    store(tmp_path / "out" / "a.png")
    assert "1 drawn, 0 skipped" in draw("--skip-existing")[1]


def test_an_output_inside_the_input_does_not_feed_on_itself(draw, tmp_path, checkpoint):
    store(tmp_path / "a.jpg")
    for _ in range(2):
        assert "1 drawn" in draw(inputs=tmp_path)[1]
    assert files(tmp_path / "out") == ["a.png"]


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


def test_five_candidates_blend_confidence_and_sheet(draw, tmp_path, checkpoint):
    photo = store(tmp_path / "in" / "sub" / "a.jpg", scene(50, 70))
    assert draw(multiple=True)[0] == 0
    parts = ("", "_1", "_2", "_3", "_4", "_5", "_confidence", "_sheet")
    assert files(tmp_path / "out") == sorted(f"sub/a{part}.png" for part in parts)
    picture = lambda part: np.asarray(Image.open(tmp_path / "out" / "sub" / f"a{part}.png"))
    sketcher = Sketcher(checkpoint, "cpu", size=64)
    for part in parts[:6]:
        expected = np.asarray(sketcher.draw(photo, candidate=int(part[1]) if part else None))
        assert np.abs(picture(part).astype(int) - expected).max() <= 1, part
    assert picture("_confidence").shape == (50, 70, 3)
    assert picture("_sheet").shape[0] > 400


def test_eval_multiple_takes_the_same_looks(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    assert draw("--transparent", "--format", "webp", multiple=True)[0] == 0
    assert Image.open(tmp_path / "out" / "a_3.webp").mode == "RGBA"
    assert draw("--beside", "--colour", multiple=True)[0] == 0
    assert Image.open(tmp_path / "out" / "a_3.png").width > 128


def test_drawings_back_to_photos(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    assert draw("--direction", "sketch2photo", weights=reverse_weights(tmp_path))[0] == 0
    assert Image.open(tmp_path / "out" / "a.png").size == (64, 48)
    assert draw("--direction", "sketch2photo", "--beside", weights=reverse_weights(tmp_path))[0] == 0
    assert Image.open(tmp_path / "out" / "a.png").width > 128


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
