"""A second look at small subjects: finer maps where the subject is, what the first look was sure of, and nothing elsewhere."""
import os
import threading
import types

import cv2
import numpy as np
import pytest
import torch

from data.crops import squeezed
from model.foreground import SIDE
from tests.tool_kit import ROOT
from utils.closer_look import AROUND, CELLS, LEAST, MOST, cut, inside, part_of, span, together
from utils.foreground_finder import ForegroundFinder
from utils.sketcher import Sketcher
from utils.style import Style

CENTRE, AXES = (0.6, 0.45), (0.17, 0.1)  # of an ellipse, shares of the photo's sides: rows, columns


def ellipse(height, width, centre=CENTRE, axes=AXES):
    """Which pixels lie in an ellipse: bool (height, width)."""
    y, x = np.ogrid[:height, :width]
    return (((y + 0.5) / height - centre[0]) / axes[0]) ** 2 + (((x + 0.5) / width - centre[1]) / axes[1]) ** 2 < 1


def photo(height=600, width=800, **more):
    """A red ellipse on grey ground: uint8 (height, width, 3)."""
    rgb = np.full((height, width, 3), 90, np.uint8)
    rgb[ellipse(height, width, **more)] = 255, 0, 0
    return rgb


class RedFinder:
    """In place of the network: finds what is red, in 64 x 64 cells; notes what it was shown."""

    def __init__(self):
        self.shown = []

    def find(self, squares):
        self.shown.append(squares)
        red = (squares[..., 0].astype(np.float32) - squares[..., 1]).clip(0) / 255
        return np.stack([cv2.resize(one, (64, 64), interpolation=cv2.INTER_AREA) for one in red])


def maps_of(photos, network):
    """What a ForegroundFinder makes of photos with another network."""
    finder = object.__new__(ForegroundFinder)
    finder.first = finder.second = network
    finder.engine = types.SimpleNamespace(turn=threading.Lock(), device=torch.device("cpu"))
    return finder(photos)


def test_a_small_subject_gets_finer_cells_and_the_rest_stays_as_it_was():
    network, rgb = RedFinder(), photo()
    (found,) = maps_of([rgb], network)
    assert [len(squares) for squares in network.shown] == [1, 1] and found.shape == (CELLS, CELLS) and found.dtype == np.float32
    exact = cv2.resize(np.float32(ellipse(2048, 2048)), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    first = cv2.resize(network.find(cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)[None])[0], (CELLS, CELLS))
    error, before = (np.abs(one - exact).mean() for one in (found, first))
    assert error < 0.6 * before
    assert found[:20].max() == found[:, :30].max() == 0 and found[round(CENTRE[0] * CELLS), round(CENTRE[1] * CELLS)] == 1


def test_the_part_holds_the_subject_and_what_is_around_it():
    (top, bottom), (left, right) = part_of(RedFinder().find(cv2.resize(photo(), (SIDE, SIDE), interpolation=cv2.INTER_AREA)[None])[0])
    for (first, last), centre, axis in zip(((top, bottom), (left, right)), CENTRE, AXES):
        more = max(AROUND[0] * 2 * axis + AROUND[1], (LEAST - 2 * axis) / 2)
        assert first == pytest.approx(centre - axis - more, abs=0.015) and last == pytest.approx(centre + axis + more, abs=0.015)


@pytest.mark.parametrize("first, last", [(0, 10), (20, 21), (30, 64), (0, 64)])
def test_a_span_is_where_a_profile_is_with_its_surroundings(first, last):
    profile = np.zeros(64)
    profile[first:last] = 1
    more = AROUND[0] * (last - first) / 64 + AROUND[1]
    more = max(more, (LEAST - (last - first) / 64) / 2)
    assert span(profile) == pytest.approx((max(0, first / 64 - more), min(1, last / 64 + more)))


def test_roundings_of_the_first_look_move_nothing_much():
    """Cells that are as likely as not are neither in nor out: a part's border moves by no more than the map changes."""
    rng = np.random.default_rng(0)
    found = np.zeros((64, 64), np.float32)
    found[25:40, 20:32] = 1
    found[18:25, 20:32] = 0.5
    parts = [np.array(part_of(found + change)) for change in (0, *np.float32(rng.uniform(-0.01, 0.01, (8, 64, 64))))]
    moved = max(np.abs(part - parts[0]).max() for part in parts[1:])
    assert 0 < moved < 0.01  # a cell is 0.016


@pytest.mark.parametrize("height, width", [(0.0, 0.0), (1.0, 1.0), (0.8, 0.8)])
def test_no_second_look_where_there_is_no_subject_or_hardly_anything_else(height, width):
    network, axes = RedFinder(), (height * 0.5 + 1e-9, width * 0.5 + 1e-9)
    (found,) = maps_of([photo(centre=(0.5, 0.5), axes=axes)], network)
    assert len(network.shown) == 1 and found.shape == (64, 64)


def test_the_second_look_fades_before_it_ends():
    """The larger the part, the more of the first map stays."""
    found = np.zeros((64, 64), np.float32)
    stays = [together(found, np.ones((64, 64), np.float32), (0.0, 1.0), (0.0, share)).max() for share in (MOST[0], np.mean(MOST), MOST[1])]
    assert stays == pytest.approx([1, 0.5, 0])


def test_what_the_first_look_is_sure_of_stays_but_its_rim():
    found = np.zeros((64, 64), np.float32)
    found[20:40, 24:36] = 1
    both = together(found, np.zeros((64, 64), np.float32), *part_of(found))
    assert both[44:76, 52:68].min() == 1  # cells of half the size; one of the first map's is lost on each side
    lost = both.copy()
    lost[41:79, 49:71] = 0
    assert lost.max() == 0


def test_the_second_map_begins_softly_but_at_the_photos_border():
    places = np.linspace(0.005, 0.995, 100)
    assert inside(places, 0.0, 0.5)[0] == 1 and inside(places, 0.5, 1.0)[-1] == 1
    soft = inside(places, 0.25, 0.75)
    assert soft[[0, -1]] == pytest.approx(0.05) and (soft[10:-10] == 1).all() and np.diff(soft).max() == pytest.approx(0.1)
    assert (inside(np.array([-0.1, 1.1]), 0.0, 0.5) == 0).all()


def test_each_photo_gets_its_own_second_look():
    network = RedFinder()
    plain = np.full((500, 300, 3), 90, np.uint8)
    other = photo(400, 900, centre=(0.3, 0.8))
    maps = maps_of([photo(), plain, other], network)
    assert [len(squares) for squares in network.shown] == [3, 2] and [len(one) for one in maps] == [CELLS, 64, CELLS]
    for one, centre in ((maps[0], CENTRE), (maps[2], (0.3, 0.8))):
        y, x = np.mgrid[:CELLS, :CELLS]
        assert ((one * y).sum() / one.sum() + 0.5) / CELLS == pytest.approx(centre[0], abs=0.004)
        assert ((one * x).sum() / one.sum() + 0.5) / CELLS == pytest.approx(centre[1], abs=0.004)


def test_a_part_is_cut_where_it_lies():
    rgb = np.random.default_rng(0).integers(0, 256, (512, 1024, 3), np.uint8)
    assert np.array_equal(cut(rgb, (0.25, 0.75), (0.125, 0.375)), rgb[128:384, 128:384])


@pytest.mark.parametrize("height, width", [(1, 1), (3, 900), (900, 3)])
def test_photos_of_any_shape_are_looked_at(height, width):
    rgb = np.full((height, width, 3), 90, np.uint8)
    rgb[height // 2, width // 2] = 255, 0, 0
    (found,) = maps_of([rgb], RedFinder())
    assert np.isfinite(found).all() and 0 <= found.min() <= found.max() <= 1


def test_the_tools_look_twice():
    """The kitchen's subject is small enough: the second look of the shipped network sees what the first one saw."""
    sketcher = Sketcher(device="cpu", precision="float32")
    kitchen = sketcher.prepare(sketcher.read(os.path.join(ROOT, "Test", "kitchen.jpg")))
    (found,) = sketcher.foregrounds([kitchen], Style())
    (once,) = sketcher.find_foregrounds.first.find(squeezed(kitchen.photo, SIDE)[None])
    assert found.shape == (CELLS, CELLS) and np.corrcoef(found.ravel(), cv2.resize(once, found.shape).ravel())[0, 1] > 0.8


def test_bfloat16_looks_where_float32_does(monkeypatch):
    """A part that moved by a pixel would show another picture to the second look: then maps are apart by up to a half."""
    maps, cuts, kitchen = {}, [], None
    monkeypatch.setattr("utils.foreground_finder.cut", lambda *part: cuts.append(part[1:]) or cut(*part))
    for precision in ("float32", "bfloat16"):
        sketcher = Sketcher(device="cpu", precision=precision)
        kitchen = sketcher.prepare(sketcher.read(os.path.join(ROOT, "Test", "kitchen.jpg")))
        (maps[precision],) = sketcher.foregrounds([kitchen], Style())
    assert cuts[0] == cuts[1] and 0 < np.abs(maps["bfloat16"] - maps["float32"]).max() < 0.03
