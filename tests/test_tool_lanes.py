"""Small photos drawn side by side: the same drawings, with the share of the cores that each lane has."""
import threading

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from model.engine import LIMITS
from tests.tool_kit import checkpoint, draw, files, scene, store  # noqa: F401 (fixtures)
from utils.lanes import Lanes
from utils.outputs import OneDrawing
from utils.sketcher import Sketcher
from utils.style import inked

CORES = 4


@pytest.fixture
def cores(draw):  # noqa: F811 (the fixture takes one thread, which this replaces)
    before = torch.get_num_threads()
    torch.set_num_threads(CORES)
    yield CORES
    torch.set_num_threads(before)


@pytest.fixture
def calls(monkeypatch):
    """(thread, threads that torch uses in it, batches under way) of every call of the network, a list that grows."""
    seen, under_way, sketches, turn = [], [], Sketcher.sketches, threading.Lock()

    def watched(self, batch, *more):
        with turn:
            under_way.append(None)
            seen.append((threading.get_ident(), torch.get_num_threads(), len(under_way)))
        try:
            return sketches(self, batch, *more)
        finally:
            under_way.pop()

    monkeypatch.setattr(Sketcher, "sketches", watched)
    return seen


def test_lanes_draw_what_one_photo_alone_gets(draw, tmp_path, checkpoint, cores, calls):  # noqa: F811
    for index in range(24):
        store(tmp_path / "in" / f"{index:02}.png", scene(40 + index, 64, seed=index))  # no two of one shape
    assert "24 drawn, 0 skipped, 0 failed" in draw()[1]
    lanes = {thread: threads for thread, threads, _ in calls if thread != threading.get_ident()}
    assert 1 <= len(lanes) <= cores and set(lanes.values()) == {1} and max(count for *_, count in calls) <= cores
    assert torch.get_num_threads() == cores
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert found == [cores]  # of threads that start later, too
    sketcher = Sketcher(checkpoint, "cpu", size=64)
    for index in range(24):
        drawn = np.asarray(Image.open(tmp_path / "out" / f"{index:02}.png")).astype(int)
        assert np.abs(drawn - sketcher.draw(scene(40 + index, 64, seed=index))).max() <= 1


def test_large_photos_and_single_ones_get_all_cores(draw, tmp_path, cores, calls, monkeypatch):  # noqa: F811
    store(tmp_path / "in" / "a.png")
    assert draw()[0] == 0
    assert calls == [(threading.get_ident(), cores, 1)]
    for norm, (_, side) in LIMITS.items():
        monkeypatch.setitem(LIMITS, norm, (cores * 48 * 64 - 1, side))  # one too few for a photo in every lane
    for index in range(5):
        store(tmp_path / "in" / f"{index}.png", scene(seed=index))
    assert draw()[0] == 0
    assert all((thread, threads) == (threading.get_ident(), cores) for thread, threads, _ in calls)


def test_one_photo_that_cannot_be_drawn_stops_no_lane(draw, tmp_path, cores, monkeypatch):  # noqa: F811
    sketches = Sketcher.sketches

    def failing(self, batch, *more):
        if any((one.pixels == 77).all() for one in batch):
            raise ArithmeticError("no number")
        return sketches(self, batch, *more)

    monkeypatch.setattr(Sketcher, "sketches", failing)
    for index in range(12):
        store(tmp_path / "in" / f"{index:02}.png", np.full((48, 64, 3), 77, np.uint8) if index == 5 else scene(seed=index))
    status, output, errors = draw()
    assert status == 1 and "11 drawn, 0 skipped, 1 failed" in output
    assert "05.png: cannot be drawn (ArithmeticError: no number)" in errors
    assert len(files(tmp_path / "out")) == 11


@pytest.mark.parametrize("threads, lanes", [(1, (1, 1)), (2, (2, 1)), (3, (3, 1)), (4, (4, 1)), (6, (3, 2)), (7, (3, 2)), (8, (4, 2)), (11, (3, 3))])
def test_lanes_leave_few_cores_idle(monkeypatch, threads, lanes):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    found = Lanes(torch.device("cpu"))
    assert (found.count, found.share) == lanes
    assert Lanes(torch.device("cuda")).count == 1


def test_opencv_gets_the_share_of_a_lane_and_alone_all_cores(cores):
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        with Lanes(torch.device("cpu")) as lanes:
            assert lanes.submit(cv2.getNumThreads).result() == 1
            assert lanes.alone(cv2.getNumThreads) == 3
            assert lanes.submit(cv2.getNumThreads).result() == 1
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


@pytest.mark.parametrize("count", [1, CORES])
def test_one_photo_that_cannot_be_finished_stops_no_other(draw, tmp_path, cores, monkeypatch, count):  # noqa: F811
    threads = set()

    def failing(sketch, style, working, foreground=None):
        threads.add(threading.get_ident())
        if (working.pixels == 77).all():
            raise MemoryError("no room")
        return inked(sketch, style, working, foreground)

    monkeypatch.setattr("utils.outputs.inked", failing)
    torch.set_num_threads(count)
    for index in range(12):
        store(tmp_path / "in" / f"{index:02}.png", np.full((48, 64, 3), 77, np.uint8) if index == 5 else scene(seed=index))
    status, output, errors = draw()
    assert status == 1 and "11 drawn, 0 skipped, 1 failed" in output and "05.png: no room" in errors
    assert len(files(tmp_path / "out")) == 11
    assert count > 1 or threading.get_ident() not in threads  # a single lane goes on drawing while others finish


def test_the_last_photos_are_shared_out_to_all_lanes(draw, tmp_path, cores, monkeypatch):  # noqa: F811
    sizes, drawn = [], OneDrawing.draw

    def watched(self, sketcher, batch, progress):
        sizes.append(len(batch))
        return drawn(self, sketcher, batch, progress)

    monkeypatch.setattr(OneDrawing, "draw", watched)
    for index in range(4 * cores):
        store(tmp_path / "in" / f"{index:02}.png", scene(seed=index))
    assert draw()[0] == 0
    assert sum(sizes) == 4 * cores and sizes[-cores + 1 :] == [1] * (cores - 1)
