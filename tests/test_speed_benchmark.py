"""The networks that the benchmark compares with are what their papers say, and the stopwatch measures."""
import threading
import time

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import batches, folder, speed
from benchmarks.contenders import CONTENDERS, builder, gflop
from benchmarks.machine import OtherWork
from benchmarks.networks import HED, LDC
from benchmarks.stopwatch import Stopwatch
from tests.tool_kit import checkpoint, scene  # noqa: F401
from utils.folder import Task
from utils.sketcher import Sketcher

ALL_MAPS = [(1, 5, 64, 80), (1, 5, 64, 80), (1, 1, 64, 80)]  # candidates, confidences, sketch
# Of what a contender makes of a photo of 64 x 80 pixels, where it is not one map in a batch.
SHAPES = dict.fromkeys(("light", "fast", "paper"), [(64, 80)])
SHAPES["foreground"] = [(1, 64, 64)]  # at one size, whatever the photo's
SHAPES |= dict.fromkeys(("light, all maps", "light, plain", "paper, plain"), ALL_MAPS)


@pytest.mark.parametrize("name, expected", [("HED", 160), ("LDC", 12.7), ("ResNet generator", 161), ("paper", 311)])
def test_networks_cost_what_is_published(name, expected):
    assert abs(gflop(name, 512) / expected - 1) < 0.01


def test_networks_have_the_published_number_of_parameters():
    assert abs(sum(p.numel() for p in LDC().parameters()) / 674e3 - 1) < 0.01
    assert abs(sum(p.numel() for p in HED().parameters()) / 14.7e6 - 1) < 0.01


def test_ours_are_cheapest():
    others = min(gflop(name, 512) for name in CONTENDERS if not name.startswith(("light", "fast", "foreground")))
    assert 2 * gflop("light", 512) < gflop("fast", 512) < others
    assert gflop("foreground", 64) == gflop("foreground", 2048) < gflop("light", 512)


def test_stopwatch_measures_time_and_memory():
    watch = Stopwatch(builder("light", "float32", "cpu"), threads=1)
    photo = np.zeros((64, 64, 3), np.uint8)
    seconds, memory = watch.time(photo)
    total, parts = watch.profile(photo)
    large = watch.time(np.zeros((512, 512, 3), np.uint8))
    watch.close()
    assert 0 < seconds < 60 and 50e6 < memory < 10e9
    assert any("convolution" in name for name in parts) and sum(parts.values()) <= total
    assert large[0] > total and large[1] > memory
    assert not watch.process.is_alive()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", CONTENDERS)
def test_every_contender_runs(name, precision):
    if name.endswith("onnxruntime") and precision == "bfloat16":
        pytest.skip("the exported file is in float32")
    run = builder(name, precision, "cpu")()
    drawn = run(np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8))
    maps = [torch.as_tensor(part) for part in (drawn if isinstance(drawn, (tuple, list)) else [drawn])]
    assert [tuple(part.shape) for part in maps] == SHAPES.get(name, [(1, 1, 64, 80)])
    assert all(part.isfinite().all() for part in maps)


def test_stopwatch_can_be_closed_after_its_network_failed():
    watch = Stopwatch(builder("light", "float32", "cpu"), threads=1)
    with pytest.raises(EOFError):
        watch.time("no photo")
    watch.close()
    assert not watch.process.is_alive()


def test_large_sizes_are_left_out_where_time_or_memory_would_not_do(monkeypatch, capsys):
    class Watch:
        """Half a second a megapixel and 4 GB a megapixel."""

        def __init__(self, build, device):
            self.open = True

        def time(self, photo):
            assert self.open
            return photo.size / 3e6 * 0.5, photo.size / 3e6 * 4e9

        def close(self):
            self.open = False

    monkeypatch.setattr(speed, "Stopwatch", Watch)
    monkeypatch.setattr(speed, "gflop", lambda name, size: size**2 * 6e-4)
    monkeypatch.setattr(speed, "free_memory", lambda: 10e9)
    sizes = (256, 512, 1024, 2048)
    found, _ = speed.measure(["HED"], sizes, "float32", "cpu", 0.0)
    assert [size for _, size in found] == [256, 512, 1024]
    speed.report(["HED"], sizes, "float32", found, 100.0)
    text = capsys.readouterr().out
    assert "| - | - | - |" in text and "left out" in text and "| 1.000 | 1.00 | - | - |" in text
    speed.report(["HED"], sizes, "float32", {("HED", 256): found["HED", 256]}, 100.0)
    assert "| HED | 1.000 | - | - | - |" in capsys.readouterr().out
    monkeypatch.setattr(speed, "free_memory", lambda: 1e12)
    assert len(speed.measure(["HED"], sizes, "float32", "cpu", 0.0)[0]) == 4
    monkeypatch.setattr(speed, "TOO_SLOW", 1.0)
    assert len(speed.measure(["HED"], sizes, "float32", "cpu", 0.0)[0]) == 3


def test_other_work_is_told_from_our_own(monkeypatch):
    real = OtherWork().share()
    assert real is None or 0 <= real <= 1
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    for work, share, words in ((8.0, 0.15, "15% of the processors' time meanwhile. Ratios are uncertain."), (4.0, 0, "0%")):
        moments = [(100.0, 50.0, 1.0), (110.0, 50.0 + work, 6.0), (110.0, 50.0 + work, 6.0)]  # 5 seconds were ours
        monkeypatch.setattr(OtherWork, "_seconds", staticmethod(lambda: moments.pop(0)))
        other_work = OtherWork()
        assert other_work.share() == pytest.approx(share)
        assert words in other_work.sentence()
    monkeypatch.setattr(OtherWork, "_seconds", staticmethod(lambda: None))
    assert "not known" in OtherWork().sentence()


def test_saving_replaces_the_tables_alone(tmp_path, monkeypatch):
    readme = tmp_path / "README.md"
    readme.write_text("before\n" + speed.MARKS[0] + "old\n" + speed.MARKS[1] + "after\n")
    monkeypatch.setattr(speed, "README", str(readme))
    speed.save("new\n")
    assert readme.read_text() == "before\n" + speed.MARKS[0] + "new\n" + speed.MARKS[1] + "after\n"


def test_photos_per_second_are_counted_over_the_time_that_passed():
    class Slow:
        def __init__(self):
            self.shapes = []

        def sketch(self, photos):
            self.shapes.append(photos.shape)
            time.sleep(0.02)

    engine = Slow()
    found = batches.rate(engine, 4, 32, 0.2)
    assert 100 < found <= 4 / 0.02  # a busy machine only slows down
    assert set(engine.shapes) == {(4, 32, 32, 3)} and len(engine.shapes) > batches.WARM_UP + 3
    assert batches.rate(engine, 2, 32, 0.0) > 0  # one batch at least


def test_rates_are_printed_for_both_precisions(capsys, monkeypatch):
    monkeypatch.setattr(batches, "BATCHES", (1,))
    batches.main(["--size", "32", "--seconds", "0.01"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| float32", "| bfloat16"))]
    assert len(rows) == 2 and all(int(cell) > 0 for row in rows for cell in row.split("|")[2:3])


def test_a_folder_takes_the_time_of_the_network_and_more(tmp_path, checkpoint, capsys, monkeypatch):  # noqa: F811
    for number in range(6):
        Image.fromarray(scene(40 + number // 4, 56)).save(tmp_path / f"{number}.png")
    drawn = []

    def sketches(self, batch, *_, **more):
        drawn.append(len(batch))
        with self.engine.turn:
            time.sleep(0.01 * len(batch))
        time.sleep(0.005 * len(batch))
        return [one.photo[..., 0] for one in batch]

    monkeypatch.setattr(Sketcher, "sketches", sketches)
    monkeypatch.setattr(Sketcher, "foregrounds", lambda self, batch, style: [None] * len(batch))
    tasks = [Task(str(tmp_path / f"{number}.png"), f"{number}.png", str(number)) for number in range(6)]
    sketcher, looked = Sketcher(checkpoint, size=64), []
    sketcher.find_faces = lambda photo: looked.append(photo.shape) or np.zeros((0, 4), np.float32)
    bare, between, tools, first, last = folder.measure(sketcher, tasks, rounds=1)
    assert len(looked) == 6 + 4 + 6 + 6  # read, warm up, alone, as a folder
    assert drawn[:3] == [4, 4, 2] and sum(drawn) == 4 + 6 + 6 and not isinstance(sketcher.engine.turn, folder.Clock)
    assert tools < 1.2 * bare and 50 < bare <= 100 and 33 < between <= 67 and between < 0.8 * bare  # a busy machine only slows down
    assert 0 < first <= last
    folder.main(["--photos", str(tmp_path), "--checkpoint", str(checkpoint), "--rounds", "1", "--limit", "3"])
    assert "3 photos" in (text := capsys.readouterr().out) and " % |" in text


def test_a_folder_that_cannot_be_drawn_is_spoken_of(tmp_path, capsys):
    for words, sentence in ((["--photos", str(tmp_path)], "no pictures"), (["--photos", "missing"], "no such file")):
        with pytest.raises(SystemExit):
            folder.main(words)
        assert sentence in capsys.readouterr().err
