"""A second look at small subjects: finer maps where the subject is, what the first look was sure of, and nothing elsewhere."""
import os
import threading
import types

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from data.crops import squeezed
from model.foreground import SIDE
from tests.tool_kit import ROOT
from utils.background import by_surest
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


def maps_of(photos, network, turn=None):
    """What a ForegroundFinder makes of photos with another network."""
    finder = object.__new__(ForegroundFinder)
    finder.network = network
    finder.engine = types.SimpleNamespace(turn=turn or threading.Lock(), device=torch.device("cpu"))
    return finder(photos)


def errors(rgb, found, **more):
    """How far a map is from the ellipse of a photo, and how far that of a single look is: mean absolute errors."""
    exact = cv2.resize(np.float32(ellipse(2048, 2048, **more)), (CELLS, CELLS), interpolation=cv2.INTER_AREA)
    first = RedFinder().find(squeezed(rgb, SIDE)[None])[0]
    return (np.abs(cv2.resize(one, (CELLS, CELLS)) - exact).mean() for one in (found, first))


def block(rows=slice(25, 40), columns=slice(20, 32)):
    """A map that is sure of a rectangle: float32 (64, 64)."""
    found = np.zeros((64, 64), np.float32)
    found[rows, columns] = 1
    return found


def test_a_small_subject_gets_finer_cells_and_the_rest_stays_as_it_was():
    network, rgb = RedFinder(), photo()
    (found,) = maps_of([rgb], network)
    assert [len(squares) for squares in network.shown] == [1, 1] and found.shape == (CELLS, CELLS) and found.dtype == np.float32
    error, before = errors(rgb, found)
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


def test_small_things_are_seen_with_a_quarter_of_the_photo():
    profile = np.zeros(64)
    profile[30:32] = 1
    first, last = span(profile)
    assert last - first == pytest.approx(0.25) and first + last == pytest.approx(62 / 64)


def test_roundings_of_the_first_look_move_nothing_much():
    """Cells that are as likely as not are neither in nor out: a part's border moves by no more than the map changes."""
    rng = np.random.default_rng(0)
    found = block()
    found[18:25, 20:32] = 0.5
    parts = [np.array(part_of(found + change)) for change in (0, *np.float32(rng.uniform(-0.01, 0.01, (8, 64, 64))))]
    moved = max(np.abs(part - parts[0]).max() for part in parts[1:])
    assert 0 < moved < 0.01  # a cell is 0.016


def test_what_is_found_is_relative_to_the_surest_and_strays_are_not():
    part = part_of(block())
    assert part_of(0.6 * block()) == pytest.approx(np.array(part))
    stray = block()
    stray[2, 60] = 1
    assert part_of(stray) == part
    doubt = block()
    doubt[10:20, 40:60] = 0.3
    assert part_of(doubt) == part
    doubt[10:20, 40:60] = 0.7
    assert np.array(part_of(doubt)) == pytest.approx(np.array(part_of(np.maximum(block(), block(slice(10, 20), slice(40, 60))))))
    assert part_of(0.5 * doubt) == part_of(doubt)
    assert part_of(0.14 * block()) is None and part_of(0 * block()) is None


@pytest.mark.parametrize("height, width", [(0.0, 0.0), (1.0, 1.0), (0.8, 0.8)])
def test_no_second_look_where_there_is_no_subject_or_hardly_anything_else(height, width):
    network, axes = RedFinder(), (height * 0.5 + 1e-9, width * 0.5 + 1e-9)
    (found,) = maps_of([photo(centre=(0.5, 0.5), axes=axes)], network)
    assert len(network.shown) == 1 and found.shape == (64, 64)


def test_the_second_look_fades_before_it_ends():
    """The larger the part, the more of the first map stays."""
    ones = np.ones((64, 64), np.float32)
    stays = [together(block(), ones, (0.0, 1.0), (0.0, share))[-10:, 40:60].mean() for share in (MOST[0], np.mean(MOST), MOST[1])]
    assert stays == pytest.approx([1, 0.5, 0], abs=1e-6)


def test_the_second_map_lies_where_the_part_does():
    """One that grows from left to right and one from top to bottom, next to the photo's upper left corner: places by formula."""
    places = (np.arange(CELLS) + 0.5) / CELLS
    growing = np.tile(np.float32((np.arange(64) + 0.5) / 64), (64, 1))
    rows, columns = (0.0, 0.6), (0.0, 0.9)
    found = block(slice(45, 62), slice(45, 62))  # elsewhere, so that there is a foreground
    for closer, expected in ((growing, places[None] / 0.9 + 0 * places[:, None]), (growing.T, places[:, None] / 0.6 + 0 * places[None])):
        both = together(found, np.ascontiguousarray(closer), rows, columns)
        assert both[1:60, 1:80] == pytest.approx(expected[1:60, 1:80], abs=1e-3)
        assert np.abs(np.diff(both[:60, :80], 2)).max() < 0.01  # even, not in steps
    border = together(found, np.ones((64, 64), np.float32), rows, columns)
    assert border[0, 0] == pytest.approx(1) and border[10, 100] == pytest.approx(1)
    assert border[70, 10] < 0.9 and border[90, 10] == border[10, 120] == 0


def test_what_the_first_look_is_sure_of_stays_but_its_rim():
    found = block(slice(20, 40), slice(24, 36))
    both = together(found, np.zeros((64, 64), np.float32), *part_of(found))
    assert both[44:76, 52:68].min() == 1  # cells of half the size; one of the first map's is lost on each side
    lost = both.copy()
    lost[41:79, 49:71] = 0
    assert lost.max() == 0
    doubtful = found.copy()
    doubtful[20:40, 36:40] = 0.3
    assert together(doubtful, np.zeros((64, 64), np.float32), *part_of(doubtful))[44:76, 74:76].max() == 0


@pytest.mark.parametrize("probability", [0.5, 1.0])
def test_a_foreground_that_is_found_once_is_not_lost_for_being_small(probability):
    """The second look sees too little to count as a foreground: then the first map stays, as far as it was sure."""
    found = probability * block(slice(30, 41), slice(30, 39))
    assert by_surest(cv2.resize(cv2.erode(found, np.ones((3, 3))), (CELLS, CELLS)))[1] == 0
    both = together(found, np.zeros((64, 64), np.float32), *part_of(found))
    assert by_surest(both)[1] == pytest.approx(by_surest(cv2.resize(found, (CELLS, CELLS)))[1]) and by_surest(both)[1] > 0.4


def test_the_second_map_begins_softly_but_at_the_photos_border():
    places = np.linspace(0.005, 0.995, 100)
    assert inside(places, 0.0, 0.5)[0] == 1 and inside(places, 0.5, 1.0)[-1] == 1
    soft = inside(places, 0.25, 0.75)
    assert soft[[0, -1]] == pytest.approx(0.05) and (soft[10:-10] == 1).all() and np.diff(soft).max() == pytest.approx(0.1)
    assert (inside(np.array([-0.1, 1.1]), 0.0, 0.5) == 0).all()


def test_each_photo_gets_its_own_second_look():
    network = RedFinder()
    plain = np.full((500, 300, 3), 90, np.uint8)
    places = [{}, None, {"centre": (0.3, 0.8)}, {"centre": (0.75, 0.2), "axes": (0.2, 0.15)}]
    photos = [plain if place is None else photo(400, 900, **place) for place in places]
    maps = maps_of(photos, network)
    assert [len(squares) for squares in network.shown] == [4, 3] and [len(one) for one in maps] == [CELLS, 64, CELLS, CELLS]
    for rgb, found, place in zip(photos, maps, places):
        if place is not None:
            error, before = errors(rgb, found, **place)
            assert error < 0.7 * before


def test_memory_that_runs_out_costs_one_look_at_a_time_and_other_errors_are_told():
    class Full(RedFinder):
        def find(self, squares):
            if len(squares) > 1:
                raise torch.OutOfMemoryError("CUDA out of memory")
            return super().find(squares)

    class Broken(RedFinder):
        def find(self, squares):
            self.shown.append(squares)
            raise ValueError("broken")

    photos = [photo(), photo(centre=(0.3, 0.8)), photo(400, 400)]
    network = Full()
    for one, other in zip(maps_of(photos, network), maps_of(photos, RedFinder())):
        assert np.array_equal(one, other)
    assert len(network.shown) == 6
    broken = Broken()
    with pytest.raises(ValueError, match="broken"):
        maps_of(photos, broken)
    assert len(broken.shown) == 1


def test_looks_are_taken_in_turns():
    class Turn:
        taken = 0

        def __enter__(self):
            self.taken += 1

        def __exit__(self, *error):
            pass

    turn = Turn()
    maps_of([photo(), photo()], RedFinder(), turn)
    assert turn.taken == 2


def test_a_part_is_cut_where_it_lies():
    rgb = np.random.default_rng(0).integers(0, 256, (512, 1024, 3), np.uint8)
    assert np.array_equal(cut(rgb, (0.25, 0.75), (0.125, 0.375)), rgb[128:384, 128:384])
    for rows, columns in (((0.1234, 0.777), (0.0, 0.4321)), ((0.0, 1.0), (0.0, 0.6)), ((0.313, 0.444), (0.9, 1.0))):
        box = columns[0] * 1024, rows[0] * 512, columns[1] * 1024, rows[1] * 512
        whole = np.array(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BILINEAR, box))
        assert np.abs(cut(rgb, rows, columns).astype(int) - whole).max() <= 2  # grey levels, from the whole photo


@pytest.mark.parametrize("height, width", [(1, 2000), (2000, 1), (16, 2000), (2, 2)])
def test_photos_of_any_shape_are_looked_at_twice(height, width):
    rgb = np.full((height, width, 3), 90, np.uint8)
    rgb[: max(1, height // 5), : max(1, width // 5)] = 255, 0, 0
    network = RedFinder()
    (found,) = maps_of([rgb], network)
    assert len(network.shown) == 2
    assert np.isfinite(found).all() and 0 <= found.min() and found.max() == 1


def test_the_tools_look_twice():
    """The second look of the shipped network sees what the first one saw, and something of its own."""
    sketcher = Sketcher(device="cpu", precision="float32")
    mountains = sketcher.prepare(sketcher.read(os.path.join(ROOT, "Test", "mountains.jpg")))
    (found,) = sketcher.find_foregrounds([mountains.photo])
    (once,) = sketcher.find_foregrounds.network.find(squeezed(mountains.photo, SIDE)[None])
    assert found.shape == (CELLS, CELLS) and np.corrcoef(found.ravel(), cv2.resize(once, found.shape).ravel())[0, 1] > 0.8
    assert (found - together(once, np.zeros_like(once), *part_of(once))).max() > 0.3


def test_bfloat16_looks_where_float32_does(monkeypatch):
    """A part that moved by a pixel would show another picture to the second look: then maps are apart by up to a half."""
    maps, cuts = {}, []
    monkeypatch.setattr("utils.foreground_finder.cut", lambda *part: cuts.append(part[1:]) or cut(*part))
    for precision in ("float32", "bfloat16"):
        sketcher = Sketcher(device="cpu", precision=precision)
        kitchen = sketcher.prepare(sketcher.read(os.path.join(ROOT, "Test", "kitchen.jpg")))
        maps[precision] = sketcher.foregrounds([kitchen], Style())[0].found
    assert cuts[0] == cuts[1] and 0 < np.abs(maps["bfloat16"] - maps["float32"]).max() < 0.03
