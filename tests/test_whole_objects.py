"""Whole objects: a map of the subject is even within outlines, its borders are the outlines', and without a subject nothing is drawn for it."""
import cv2
import numpy as np
import pytest

from tests.tool_kit import scene, weights
from utils import whole_objects
from utils.background import surest_of
from utils.closer_look import CELLS
from utils.greys import FINE
from utils.sketcher import Sketcher
from utils.style import Style
from utils.whole_objects import REACH, ROUNDS, SIDE, STOP, barriers, evened, has_subject, within

TOP, LEFT, BOTTOM, RIGHT = 40, 60, 150, 200  # of a box, in pixels of a drawing


def outline(height=192, width=256, ink=255):
    """A drawing of the box: uint8 (height, width), 255 = paper."""
    return cv2.rectangle(np.full((height, width), 255, np.uint8), (LEFT, TOP), (RIGHT, BOTTOM), 255 - ink, 2)


def parts(height=192, width=256, margin=4):
    """Cells within the box and behind it, without those near its outline: two bool arrays (CELLS, CELLS)."""
    y = (np.arange(CELLS)[:, None] + 0.5) * height / CELLS
    x = (np.arange(CELLS) + 0.5) * width / CELLS
    inside = (y > TOP + margin) & (y < BOTTOM - margin) & (x > LEFT + margin) & (x < RIGHT - margin)
    return inside, (y < TOP - margin) | (y > BOTTOM + margin) | (x < LEFT - margin) | (x > RIGHT + margin)


def found(values, height=192, width=256):
    """A map of 64 x 64 cells: 0 but in the box, which has `values`, its columns from left to right."""
    picture = np.zeros((height, width), np.float32)
    picture[TOP:BOTTOM, LEFT:RIGHT] = np.interp(np.arange(RIGHT - LEFT), np.linspace(0, RIGHT - LEFT, len(values)), values)
    return cv2.resize(picture, (64, 64), interpolation=cv2.INTER_AREA)


def test_what_is_half_found_is_even_up_to_its_outline():
    half = found([0.9, 0.9, 0.2, 0.2])
    inside, behind = parts()
    before, after = cv2.resize(half, (CELLS, CELLS)), evened(half, outline())
    assert after.shape == (CELLS, CELLS) and after.dtype == np.float32 and 0 <= after.min() and after.max() <= 1
    assert before[inside].std() > 0.25 and after[inside].std() < before[inside].std() / 6
    assert 0.35 < after[inside].mean() < 0.85 and after[behind].max() < 0.01


def test_without_an_outline_it_spreads():
    blank = np.full((192, 256), 255, np.uint8)
    inside, behind = parts()
    after = evened(found([1, 1]), blank)
    assert after[inside].mean() - after[behind].mean() < 0.5
    faint = evened(found([1, 1]), outline(ink=3))
    assert after[behind].mean() > faint[behind].mean() > evened(found([1, 1]), outline(ink=40))[behind].mean()


def test_the_soft_rim_of_a_subject_ends_at_its_outline():
    soft = cv2.GaussianBlur(found([1, 1]), (0, 0), 2.5)
    inside, behind = parts()
    before, after = cv2.resize(soft, (CELLS, CELLS)), evened(soft, outline())
    near = behind & parts(margin=-8)[0]
    assert before[near].mean() > 0.15 and after[near].max() < before[near].mean() / 4 and after[inside].min() > 0.9 > before[inside].min()


def test_cells_on_lines_get_what_is_beside_them():
    stripe = outline()
    stripe[:, 126:130] = 0  # a line through the box, at which the map is in doubt
    doubtful = found([1, 1])
    doubtful[:, 31:33] *= 0.3
    inside, _ = parts()
    assert evened(doubtful, stripe)[inside].min() > 0.9


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_bytes_and_fine_greys_are_alike(kind):
    scale = 1 if kind == np.uint8 else FINE // 255
    assert np.allclose(evened(found([0.9, 0.1]), outline(ink=120).astype(kind) * kind(scale)), evened(found([0.9, 0.1]), outline(ink=120)), atol=1e-6)


def test_every_side_is_treated_alike():
    half, drawing = found([0.9, 0.9, 0.2, 0.2]), outline(ink=60)
    after = evened(half, drawing)
    for turn in (np.fliplr, np.flipud, np.transpose):
        turned = evened(np.ascontiguousarray(turn(half)), np.ascontiguousarray(turn(drawing)))
        assert np.abs(turned - turn(after)).mean() < 0.05  # the filter goes up and down one after the other


@pytest.mark.parametrize("shape", [(192, 256), (64, 256), (256, 20), (128, 128), (200, 130)])
def test_no_line_is_too_thin_to_be_a_barrier(shape):
    rng = np.random.default_rng(0)
    drawing = np.where(rng.random(shape) < 0.02, rng.integers(0, 255, shape), 255).astype(np.uint8)
    lines = barriers(drawing)
    assert lines.shape == (CELLS, CELLS) and lines.dtype == np.float32
    for y, x in zip(*np.nonzero(drawing < 255)):  # each dark pixel is in the cells that it lies in, or next to one
        row, column = int((y + 0.5) * CELLS / shape[0]), int((x + 0.5) * CELLS / shape[1])
        around = lines[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        assert around.max() >= 1 - drawing[y, x] / 255 - 1e-6
    assert set(np.unique(lines)) <= {np.float32(1) - value / np.float32(255) for value in np.unique(drawing).astype(np.float32)}


def test_the_average_reaches_as_far_as_it_says(monkeypatch):
    monkeypatch.setattr(whole_objects, "REACH", 0.03)
    size = 257
    impulse = np.zeros((1, size, size), np.float32)
    impulse[0, size // 2, size // 2] = 1
    spread = within(impulse, np.zeros((size, size), np.float32))[0].astype(np.float64)
    assert spread.sum() == pytest.approx(1, abs=1e-3) and spread.min() >= 0
    y, x = np.mgrid[:size, :size] - size // 2
    for offset in (y, x):
        assert np.sqrt((spread * offset**2).sum()) == pytest.approx(0.03 * size, rel=0.05)
    assert np.allclose(within(np.full((2, 9, 12), 0.3, np.float32), np.zeros((9, 12), np.float32)), 0.3)


def test_the_filter_is_the_one_of_its_source():
    """Against Gastal and Oliveira's formulas, 14 and 21, pixel by pixel in float64."""
    rng = np.random.default_rng(0)
    values, lines = rng.random((2, 9, 14)).astype(np.float32), (rng.random((9, 14)) * (rng.random((9, 14)) < 0.3)).astype(np.float32)
    kept = values.copy()
    expected = np.moveaxis(values, 0, -1).astype(np.float64)
    for number in range(1, ROUNDS + 1):
        for axis in (0, 1):
            expected, walls = np.moveaxis(expected, axis, 0), np.moveaxis(lines.astype(np.float64), axis, 0)
            deviation = REACH * len(walls) * np.sqrt(3) * 2 ** (ROUNDS - number) / np.sqrt(4**ROUNDS - 1)
            feedback = np.exp(-np.sqrt(2) / deviation)
            for places in (range(1, len(walls)), range(len(walls) - 2, -1, -1)):
                for place in places:
                    last = place - 1 if places.step == 1 else place + 1
                    share = feedback ** (1 + STOP * np.maximum(walls[place], walls[last]))[:, None]
                    expected[place] = (1 - share) * expected[place] + share * expected[last]
            expected = np.moveaxis(expected, 0, axis)
    assert np.allclose(np.moveaxis(within(values, lines), 0, -1), expected, atol=1e-5) and np.array_equal(values, kept)


def test_a_map_is_as_sure_of_its_subject_as_before():
    for values in ([0.9, 0.2], [0.5, 0.5], [0.3, 0.16]):
        one = found(values)
        one[0, 0] = 1  # a stray
        before = surest_of(cv2.resize(one, (CELLS, CELLS), interpolation=cv2.INTER_LINEAR))
        after = evened(one, outline())
        assert surest_of(after) == pytest.approx(before, abs=1e-3) and after.max() <= 1
    assert not evened(np.zeros((64, 64), np.float32), outline()).any()


def test_cells_without_lines_are_not_blurred():
    wall = np.full((CELLS, CELLS), 255, np.uint8)
    wall[:, 64] = 0
    half = np.zeros((CELLS, CELLS), np.float32)
    half[:, :64] = 1
    after = evened(half, wall)
    assert after[:, :64].min() > 0.99 and after[:, 65:].max() < 0.01


def test_a_full_wall_lets_nothing_through():
    values = np.zeros((64, 64), np.float32)
    values[:, :30] = 1
    lines = np.zeros((64, 64), np.float32)
    lines[:, 30:32] = 1
    for turn in (lambda image: image, lambda image: image.swapaxes(0, 1)):
        after = turn(within(turn(values)[None].copy(), turn(lines).copy())[0])
        assert after[:, :30].min() > 0.99 and after[:, 32:].max() < 0.01


@pytest.fixture
def sketcher(tmp_path):
    """A tiny network, which draws at 256 pixels."""
    return Sketcher(weights(tmp_path), "cpu", "float32", 256)


def test_an_outline_is_drawn_small_and_only_for_photos_with_a_subject(sketcher, monkeypatch):
    batch = [sketcher.prepare(scene(384, 512, seed)) for seed in range(3)]
    maps = [found([0.9, 0.2]), np.full((64, 64), 0.1, np.float32), found([0.5, 0.9])]
    assert [has_subject(one) for one in maps] == [True, False, True]
    monkeypatch.setattr(sketcher, "find_foregrounds", lambda photos: list(maps))
    asked, planes = [], sketcher._planes
    monkeypatch.setattr(sketcher, "_planes", lambda photos, *more: asked.append((photos.shape, *more)) or planes(photos, *more))
    together = [one.found for one in sketcher.foregrounds(batch, Style())]
    assert asked == [((2, SIDE * 3 // 4, SIDE, 3), 0.0, (1,))]
    assert together[1] is maps[1]
    for place, single in ((0, batch[0]), (2, batch[2])):
        monkeypatch.setattr(sketcher, "find_foregrounds", lambda photos, place=place: [maps[place]])
        alone = sketcher.foregrounds([single], Style())[0].found
        assert alone.shape == (CELLS, CELLS) and np.abs(alone - together[place]).max() < 1e-3
        (drawing,) = planes(cv2.resize(single.photo, (SIDE, SIDE * 3 // 4), interpolation=cv2.INTER_AREA)[None], 0.0, (1,))
        assert np.abs(alone - evened(maps[place], drawing[0])).mean() < 0.02  # those outlines, and that map
    monkeypatch.setattr(sketcher, "find_foregrounds", lambda photos: [maps[1]])
    asked.clear()
    assert sketcher.foregrounds(batch[1:2], Style())[0].found is maps[1] and not asked


def test_photos_that_are_padded_to_one_shape_are_drawn_together(tmp_path, monkeypatch):
    sketcher = Sketcher(weights(tmp_path), "cpu", "float32", 64)
    batch = [sketcher.prepare(scene(height, 1024)) for height in (256, 200)]
    assert batch[0].pixels.shape == batch[1].pixels.shape and batch[0].shape != batch[1].shape
    monkeypatch.setattr(sketcher, "find_foregrounds", lambda photos: [found([0.9, 0.4]) for _ in photos])
    together, alone = sketcher.foregrounds(batch, Style()), [sketcher.foregrounds([one], Style())[0] for one in batch]
    assert all(np.abs(one.found - other.found).max() < 1e-3 for one, other in zip(together, alone))
    planes = sketcher._planes
    monkeypatch.setattr(sketcher, "_planes", lambda photos, *more: np.where(np.arange(16)[:, None] < 12, planes(photos, *more), 0))
    assert np.abs(sketcher.foregrounds(batch[1:], Style())[0].found - alone[1].found).max() < 1e-3  # what is drawn in the padding does not count
