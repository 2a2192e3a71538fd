"""The whole tool on folders made here: what comes out."""
import os
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from model.engine import LIMITS
from tests.tool_kit import checkpoint, draw, files, reverse_weights, scene, store, weights  # noqa: F401 (fixtures)
from utils import runner
from utils.atomic import HOST
from utils.records import Records
from utils.sketcher import Sketcher


@pytest.fixture
def batches(monkeypatch):
    """The sizes of the batches that are drawn, a list that grows."""
    sizes, sketches = [], Sketcher.sketches
    monkeypatch.setattr(Sketcher, "sketches", lambda self, batch, *more: sizes.append(len(batch)) or sketches(self, batch, *more))
    return sizes


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


def test_photos_of_one_shape_drawn_together_are_drawn_alike(draw, tmp_path, checkpoint, batches):
    for index in range(7):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    assert draw()[0] == 0
    assert sum(batches) == 7 and max(batches) <= runner.BATCH
    sketcher = Sketcher(checkpoint, "cpu", size=64)
    for index in range(7):
        found = np.asarray(Image.open(tmp_path / "out" / f"{index}.png")).astype(int)
        assert np.abs(found - sketcher.draw(scene(seed=index))).max() <= 1


def test_batches_keep_to_the_memory_of_one_photo(draw, tmp_path, checkpoint, batches, monkeypatch):
    for index in range(5):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    sketcher = Sketcher(checkpoint, "cpu", size=64)
    one = sketcher.prepare(scene())
    height, width = one.pixels.shape[:2]
    for pixels, photos in ((2 * height * width, 2), (height * width - 1, 1)):
        for norm, (_, side) in LIMITS.items():
            monkeypatch.setitem(LIMITS, norm, (pixels, side))
        assert sketcher.at_once(one) == photos
        batches.clear()
        assert draw()[0] == 0
        assert sum(batches) == 5 and max(batches) <= photos


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


def test_a_drawing_of_a_run_that_was_killed_before_its_record_does_not_count(draw, tmp_path, monkeypatch):
    store(tmp_path / "in" / "a.png")
    assert "1 drawn" in draw()[1]
    with monkeypatch.context() as killed:
        add = Records.add
        killed.setattr(Records, "add", lambda self, target, stamp: None if stamp else add(self, target, stamp))
        assert "1 drawn" in draw("--ink", "2")[1]
    assert "1 drawn, 0 skipped" in draw("--skip-existing")[1]  # what lies there has another ink
    assert "0 drawn, 1 skipped" in draw("--skip-existing")[1]


def test_what_a_killed_run_has_left_beside_subfolders_is_swept(draw, tmp_path):
    store(tmp_path / "in" / "deep" / "a.png")
    left = tmp_path / "out" / f".photo2sketch-{HOST}-{2**22 + 1}-0.tmp.html"  # a process number that Linux does not give
    left.parent.mkdir()
    left.write_text("half a page")
    assert "1 drawn" in draw()[1] and not left.exists()


def test_names_alone_do_not_count_as_drawn(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    store(tmp_path / "out" / "a.png")
    assert "1 drawn, 0 skipped" in draw("--skip-existing")[1]


def test_an_output_inside_the_input_does_not_feed_on_itself(draw, tmp_path, checkpoint):
    store(tmp_path / "a.jpg")
    for _ in range(2):
        assert "1 drawn" in draw(inputs=tmp_path)[1]
    assert files(tmp_path / "out") == ["a.png"]


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


def test_vector_paths(draw, tmp_path):
    pytest.importorskip("vtracer")
    store(tmp_path / "in" / "sub" / "a.png", scene(48, 64))
    assert draw("--svg")[0] == 0
    assert files(tmp_path / "out") == ["sub/a.png", "sub/a.svg"]
    root = ElementTree.parse(tmp_path / "out" / "sub" / "a.svg").getroot()
    assert (root.get("width"), root.get("height")) == ("64", "48")
    (tmp_path / "out" / "sub" / "a.svg").unlink()
    assert "1 drawn, 0 skipped" in draw("--svg", "--skip-existing")[1]  # all files of a photo count
    assert "0 drawn, 1 skipped" in draw("--svg", "--skip-existing")[1]


def test_a_missing_tracer_is_named_with_its_install_line(draw, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "vtracer", None)
    store(tmp_path / "in" / "a.png")
    status, _, errors = draw("--svg")
    assert status == 1 and "pip install vtracer" in errors and errors.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_page_shows_what_was_drawn_or_skipped(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    store(tmp_path / "in" / "sub" / "b.jpg")
    (tmp_path / "in" / "bad.png").write_text("x")
    status, output, _ = draw("--page")
    page = (tmp_path / "out" / "index.html").read_text()
    assert status == 1 and "index.html shows them" in output
    assert "sub/b.jpg" in page and "a.png" in page and "bad.png" not in page
    assert page.count("<figure") == 2
    (tmp_path / "out" / "index.html").unlink()
    assert "0 drawn, 2 skipped, 1 failed" in draw("--page", "--skip-existing")[1]
    assert (tmp_path / "out" / "index.html").read_text() == page


def test_the_page_of_eval_multiple_has_the_candidates(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    assert draw("--page", multiple=True)[0] == 0
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count('data-alt="Candidate ') == 5
    assert draw("--page", "--beside", "--colour")[0] == 0


def test_a_page_that_cannot_be_written_is_a_sentence(draw, tmp_path):
    store(tmp_path / "in" / "a.png")
    (tmp_path / "out" / "index.html").mkdir(parents=True)
    status, output, errors = draw("--page")
    assert status == 1 and "1 drawn" in output
    assert "index.html cannot be written" in errors and "Traceback" not in errors
