"""Memory that runs out while photos are drawn: fewer at once, then smaller tiles, then an error."""
import threading

import numpy as np
import pytest
import torch

from tests.tool_kit import checkpoint, one_thread  # noqa: F401 (fixture)
from utils.sketcher import Sketcher
from utils.sparing import Sparing
from utils.working import Working


@pytest.fixture(scope="module")
def sketcher(checkpoint):
    with one_thread():
        yield Sketcher(checkpoint, device="cpu", precision="float32", size=64)


@pytest.fixture
def starve(sketcher, monkeypatch):
    """Give the sketcher another engine."""

    def give(engine, say=lambda sentence: None):
        monkeypatch.setattr(sketcher, "engine", engine)
        monkeypatch.setattr(sketcher, "sparing", Sparing(engine, say))

    return give


class Greedy:
    """An engine that runs out of memory above `room` pixels at once."""

    def __init__(self, room):
        self.room, self.calls, self.device = room, [], torch.device("cpu")

    def tile_of(self, height, width):
        return max(height, width)

    def sketches(self, photos, detail, candidates, tile, progress, paper):
        batch, height, width, _ = photos.shape
        self.calls.append((batch, tile))
        if batch * min(height, tile or height) * min(width, tile or width) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return torch.zeros(len(candidates), batch, height, width, dtype=torch.uint16)


def test_out_of_memory_goes_on_with_less_at_once(sketcher, starve):
    said = []
    starve(Greedy(300**2), said.append)
    working = Working(np.zeros((2000, 2000, 3), np.uint8), (2000, 2000), (2000, 2000))
    drawn = sketcher.sketches([working] * 2)
    assert len(drawn) == 2 and drawn[0].shape == (2000, 2000)
    assert sketcher.engine.calls == [(2, None), (1, None), (1, 1024), (1, 512), (1, 256), (1, 256)]
    assert [sentence.split()[-2] for sentence in said] == ["1024", "512", "256"]
    sketcher.sketches([working])
    assert sketcher.engine.calls[-1] == (1, 256)  # what did not fit is not tried again


def test_out_of_memory_for_good_is_an_error(sketcher, starve):
    starve(Greedy(0))
    with pytest.raises(MemoryError, match="not enough memory"):
        sketcher.sketches([Working(np.zeros((600, 600, 3), np.uint8), (600, 600), (600, 600))])


def test_lanes_that_run_out_of_memory_at_once_all_try_smaller_tiles(sketcher, starve):
    said, drawn = [], []
    meeting = threading.Barrier(4)

    class Together(Greedy):
        def sketches(self, photos, detail, candidates, tile, progress, paper):
            if tile is None:
                meeting.wait(10)  # all lanes are at their first try
            return super().sketches(photos, detail, candidates, tile, progress, paper)

    starve(Together(300**2), said.append)
    working = Working(np.zeros((700, 700, 3), np.uint8), (700, 700), (700, 700))
    lanes = [threading.Thread(target=lambda: drawn.extend(sketcher.sketches([working]))) for _ in range(4)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    assert len(drawn) == 4 and sketcher.sparing.tile == 256
    assert {sentence.split()[-2] for sentence in said} == {"512", "256"}


def test_photos_that_are_drawn_in_tiles_anyway_go_on_in_smaller_ones(sketcher, starve, monkeypatch):
    starve(Greedy(600**2))
    monkeypatch.setattr(Greedy, "tile_of", lambda self, height, width: 1024)
    sketcher.sketches([Working(np.zeros((2100, 2100, 3), np.uint8), (2100, 2100), (2100, 2100))])
    assert sketcher.engine.calls == [(1, None), (1, 512)]
