"""Dark masses that are filled from a second, small drawing: what is filled, with what, and what stays."""
import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from data.filters import guided
from model import Photo2Sketch
from tests.photo_kit import grey_working_of
from tests.tiny import TINY
from utils import masses
from utils.checkpoint import save_generator
from utils.masses import HATCHED, LINES, PALER, SHARE, SIDE, SMALLEST, filled, has_dark_masses, second_size
from utils.sketcher import Sketcher
from utils.strokes import PERIOD
from utils.working import to_working


@pytest.fixture
def coat():
    """A coat, hatched at its rim alone, and a small drawing in which all of it is: (sketch, second, lines, greys of the photo, of the small one)."""
    sketch, second, lines = (np.full(shape, 255, np.uint8) for shape in ((400, 480), (200, 240), (200, 240)))
    gray = np.full((400, 480), 200, np.uint8)
    gray[40:360, 40:440] = 30
    lines[20:24, 20:220] = 0  # its outline
    second[20:24, 20:220] = 0
    second[24:180, 20:220] = 180
    sketch[40:46, 40:440] = 0
    sketch[46:360, 40:440] = 180
    sketch[150:260, 140:340] = 255
    return sketch, second, lines, gray, gray[::2, ::2]


def test_the_middle_gets_the_tone_of_the_second_drawing_in_strokes(coat):
    drawn, before = filled(*coat).astype(int), coat[0].astype(int)
    middle = drawn[180:230, 180:300]
    assert abs((255 - middle.mean()) - 75) < 8 and middle.std() > 20
    assert (drawn <= before).all()
    assert (before - drawn)[60:100, 60:420].mean() < 1 and (drawn[:30] == 255).all() and (drawn[380:] == 255).all()


def test_tone_goes_up_to_the_border_that_the_photo_has_and_not_beyond(coat):
    _, second, lines, *grays = coat
    second[20:180, 20:220], lines[20:180, 20:220] = 255, 255
    for drawing in (second, lines):
        cv2.rectangle(drawing, (20, 20), (219, 179), 0, 2)
    second[25:175, 25:215] = 180  # but for a margin of paper along the line
    ink = 255 - filled(np.full((400, 480), 255, np.uint8), second, lines, *grays).astype(float)
    rim = np.concatenate([ink[60:340, 44:56].ravel(), ink[60:340, 424:436].ravel(), ink[344:356, 60:420].ravel()])
    assert rim.mean() > 0.75 * 75 and abs(ink[100:300, 100:380].mean() - 75) < 8
    outside = np.concatenate([ink[:, :36].ravel(), ink[:, 444:].ravel(), ink[364:].ravel(), ink[:36].ravel()])
    assert outside.max() == 0


def test_what_is_as_dark_and_what_has_lines_stays(coat):
    sketch, second, lines, *grays = coat
    full = sketch.copy()
    full[46:360, 40:440] = 180
    assert np.abs(filled(full, second, lines, *grays).astype(int) - full)[60:340, 60:420].max() == 0
    assert np.array_equal(filled(sketch, second, second, *grays), sketch)  # what is in the lines as well is no tone
    grating = np.full_like(lines, 255)
    grating[:, ::4] = 0
    assert (filled(np.full_like(sketch, 255), np.minimum(grating, 150), grating, *grays)[:, :-20] == 255).all()


def test_what_is_spared_stays(coat):
    sketch, second, *_ = coat
    drawn = filled(*coat)
    spared = np.zeros(second.shape, np.float32)
    assert np.array_equal(filled(*coat, spared=spared), drawn)
    spared[:, :120] = 1
    half = filled(*coat, spared=spared)
    assert np.array_equal(half[:, :234], sketch[:, :234]) and np.array_equal(half[:, 246:], drawn[:, 246:])
    part = filled(*coat, spared=np.full_like(spared, 0.5))[180:230, 180:300]
    assert abs((255 - part.mean()) - 37) < 8
    assert np.array_equal(filled(*coat, spared=np.ones_like(spared)), sketch) and not np.array_equal(half[:, 246:], sketch[:, 246:])


def test_a_faint_difference_is_no_mass(coat):
    sketch, second, lines, *grays = coat
    faint = np.full_like(second, 255 - int(255 * PALER[0]))
    assert np.array_equal(filled(np.full_like(sketch, 255), faint, lines, *grays), np.full_like(sketch, 255))


def test_bands_join_without_seams(monkeypatch):
    gray = cv2.resize(np.random.default_rng(0).integers(0, 200, (150, 40)).astype(np.uint8), (480, 1200), interpolation=cv2.INTER_CUBIC)
    small = gray[::2, ::2]
    paper, tone = np.full_like(gray, 255), 255 - (255 - small) // 2  # the darker, the more
    parts = paper, tone, np.full_like(small, 255), gray, small
    whole = filled(*parts)
    assert not np.array_equal(whole, parts[0])
    for rows in (PERIOD, 8 * PERIOD):
        monkeypatch.setattr(masses, "BAND", rows)
        assert np.array_equal(filled(*parts), whole)


def test_the_second_drawing_is_small():
    assert second_size(768, 500) == round(SHARE * 768) == 384
    assert second_size(4000, 6000) == SIDE and second_size(100, 256) == 128 and second_size(1, 1) == 1


def test_tools_fill_the_blend_and_the_hatched_candidates_alone(tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    photo = np.array(Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)).resize((320, 240)))
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: True)
    monkeypatch.setattr("utils.sketcher.SMALLEST", 160)  # one smaller drawing alone
    sketcher, plain = (Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full") for _ in range(2))
    plain.hatches = False
    working = sketcher.prepare(photo)
    small = to_working(working.photo, second_size(*working.shape))
    unfilled = plain.maps([working])[0]
    assert np.array_equal(sketcher.maps([working])[0].confidences, unfilled.confidences)
    first, second = unfilled.drawings, plain.maps([small])[0].drawings
    monkeypatch.setattr("utils.sketcher.filled", lambda sketch, *of_small: [sketch, *of_small[:-2]])
    for number in (*range(1, 6), None):
        for found in (sketcher.sketches([working], candidate=number)[0], sketcher.maps([working])[0].drawings[number]):
            hatched = number is None or number > LINES
            assert not hatched or (np.array_equal(found.pop(), small.gray) and np.array_equal(found.pop(), working.gray))
            expected = (first[number], second[number], second[LINES]) if hatched else (first[number],)
            parts = found if hatched else [found]
            assert isinstance(found, list) == hatched and len(parts) == len(expected)
            assert all(np.abs(one.astype(int) - other).max() <= 1 for one, other in zip(parts, expected))


def test_a_second_drawing_is_made_where_something_is_dark_alone(coat, tmp_path, monkeypatch):
    gray = coat[3]
    assert has_dark_masses(grey_working_of(gray)) and not has_dark_masses(grey_working_of(np.full_like(gray, 200)))
    assert not has_dark_masses(grey_working_of(np.full_like(gray, 30)))  # dark everywhere is the light, not a thing
    lines = np.full_like(gray, 200)
    lines[::40] = lines[:, ::40] = 0
    assert not has_dark_masses(grey_working_of(lines))
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    sketcher, calls = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full"), []
    batch = [sketcher.prepare(np.full((256, 320, 3), grey, np.uint8)) for grey in (10, 20, 30)]
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: small.gray[0, 0] != 20)
    named = lambda small, numbers: [f"{numbers} of {one.pixels[0, 0, 0]}" for one in small]
    monkeypatch.setattr(sketcher, "_drawings", lambda small, detail, numbers, theirs, exact: calls.append((small, theirs)) or named(small, numbers))
    monkeypatch.setattr(sketcher, "_fill", lambda found, *rest, **asking: found)
    found = sketcher.seconds(batch, 0.0, [5], ["first", "second", "third"])
    assert [second for _, second in found] == ["(3, 5) of 10", None, "(3, 5) of 30"]
    assert [small.gray[0, 0] for small, _ in found] == [10, 20, 30]
    assert [one.pixels.shape for one in calls[0][0]] == [(128, 160, 3)] * 2 and calls[0][1] == ["first", "third"]
    assert sketcher.seconds(batch, 0.0, [], [None] * 3) == [(None, None)] * 3
    tiny = [sketcher.prepare(np.full((100, 2 * SMALLEST - 2, 3), 10, np.uint8))]
    assert sketcher.seconds(tiny, 0.0, [5], [None]) == [(None, None)]  # of small photos no smaller drawing is made
    sketcher.hatches = False
    assert sketcher.seconds(batch, 0.0, [5], [None] * 3) == [(None, None)] * 3 and len(calls) == 1


def test_smaller_drawings_are_filled_from_still_smaller_ones(tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    sketcher, shapes = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full"), []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: True)
    monkeypatch.setattr("utils.sketcher.filled", lambda sketch, second, *rest: shapes.append((*sketch.shape, *second.shape)) or sketch)
    sketcher.sketches([sketcher.prepare(np.zeros((480, 640, 3), np.uint8))])
    assert shapes == [(120, 160, 60, 80), (240, 320, 120, 160), (480, 640, 240, 320)]  # the smallest first
    shapes.clear()
    sketcher.maps([sketcher.prepare(np.zeros((480, 640, 3), np.uint8))])
    assert shapes == [(120, 160, 60, 80)] * 3 + [(240, 320, 120, 160)] * 3 + [(480, 640, 240, 320)] * 3  # two candidates and the blend
    assert HATCHED == (4, 5, None)


@pytest.mark.parametrize("side", [3, 7])
def test_a_guided_fit_is_weighted_least_squares(side):
    """Against float64: slope by covariance over variance plus noise in each square, then the mean of the fits that see a pixel."""
    random = np.random.default_rng(side)
    pairs = [(0.1 + 0.9 * random.random((24, 31))).astype(np.float32) for _ in range(3)]
    guide, values, weight = (np.kron(image, np.ones((2, 2), np.float32)) for image in pairs)
    half, noise = side // 2, 0.01
    window = lambda image, y, x: np.pad(image.astype(np.float64), half, mode="reflect")[y : y + side, x : x + side].ravel()
    fits, shares = np.zeros((2, 24, 31)), np.zeros((24, 31))
    for y, x in np.ndindex(24, 31):
        g, v, w = (window(image, y, x) for image in pairs)
        mean_g, mean_v = np.average(g, weights=w), np.average(v, weights=w)
        slope = np.average((g - mean_g) * (v - mean_v), weights=w) / (np.average((g - mean_g) ** 2, weights=w) + noise)
        fits[:, y, x], shares[y, x] = (slope, mean_v - slope * mean_g), w.mean()
    for found, fit in zip(guided(guide, values, weight, side, noise), fits):
        expected = [np.average(window(fit, y, x), weights=window(shares, y, x)) for y, x in np.ndindex(24, 31)]
        assert np.abs(found - np.reshape(expected, (24, 31))).max() < 2e-3
    guide = random.random((24, 31)).astype(np.float32)  # pixels of a pair differ
    a, b = guided(guide, 0.5 * guide + 0.1, np.ones_like(guide), side, 1e-6)
    assert np.abs(a - 0.5).max() < 2e-3 and np.abs(b - 0.1).max() < 2e-3
    assert all((part == 0).all() for part in guided(guide, guide, 0 * guide, side, noise))
