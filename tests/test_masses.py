"""Dark masses that are filled from a second, small drawing: what is filled, with what, and what stays."""
import numpy as np
import pytest
import torch
from PIL import Image

from model import Photo2Sketch
from tests.tiny import TINY
from utils import masses
from utils.checkpoint import save_generator
from utils.masses import LINES, PALER, SHARE, SIDE, filled, has_blank_masses, second_size
from utils.sketcher import Maps, Sketcher
from utils.strokes import PERIOD
from utils.working import to_working


@pytest.fixture
def coat():
    """A coat, hatched at its rim alone, and a small drawing in which all of it is: (sketch, second, lines)."""
    sketch, second, lines = (np.full(shape, 255, np.uint8) for shape in ((400, 480), (200, 240), (200, 240)))
    lines[20:24, 20:220] = 0  # its outline
    second[20:24, 20:220] = 0
    second[24:180, 20:220] = 180
    sketch[40:46, 40:440] = 0
    sketch[46:360, 40:440] = 180
    sketch[150:260, 140:340] = 255
    return sketch, second, lines


def test_the_middle_gets_the_tone_of_the_second_drawing_in_strokes(coat):
    drawn, before = filled(*coat).astype(int), coat[0].astype(int)
    middle = drawn[180:230, 180:300]
    assert abs((255 - middle.mean()) - 75) < 8 and middle.std() > 20
    assert (drawn <= before).all()
    assert (before - drawn)[60:100].mean() < 1 and (drawn[:30] == 255).all() and (drawn[380:] == 255).all()


def test_what_is_as_dark_and_what_has_lines_stays(coat):
    sketch, second, lines = coat
    full = sketch.copy()
    full[46:360, 40:440] = 180
    assert np.abs(filled(full, second, lines).astype(int) - full)[60:340, 60:420].max() == 0
    assert np.array_equal(filled(sketch, second, second), sketch)  # what is in the lines as well is no tone
    grating = np.full_like(lines, 255)
    grating[:, ::4] = 0
    assert (filled(np.full_like(sketch, 255), np.minimum(grating, 150), grating)[:, :-20] == 255).all()


def test_a_faint_difference_is_no_mass(coat):
    sketch, second, lines = coat
    faint = np.full_like(second, 255 - int(255 * PALER[0]))
    assert np.array_equal(filled(np.full_like(sketch, 255), faint, lines), np.full_like(sketch, 255))


def test_bands_join_without_seams(coat, monkeypatch):
    sketch, second, lines = (np.repeat(part, 3, 0) for part in coat)
    whole = filled(sketch, second, lines)
    for rows in (PERIOD, 8 * PERIOD):
        monkeypatch.setattr(masses, "BAND", rows)
        assert np.array_equal(filled(sketch, second, lines), whole)


def test_the_second_drawing_is_small():
    assert second_size(768, 500) == round(SHARE * 768) == 384
    assert second_size(4000, 6000) == SIDE and second_size(100, 256) == 128 and second_size(1, 1) == 1


def test_tools_fill_the_blend_and_the_hatched_candidates_alone(tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    photo = np.array(Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)).resize((160, 120)))
    monkeypatch.setattr("utils.sketcher.has_blank_masses", lambda sketch, photo, detail: True)
    sketcher, plain = (Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full") for _ in range(2))
    plain.hatches = False
    working = sketcher.prepare(photo)
    small = to_working(working.photo(), second_size(*working.shape))
    first, second = plain.maps([working])[0], plain.maps([small])[0]
    monkeypatch.setattr("utils.sketcher.filled", lambda sketch, *of_small: [sketch, *of_small])
    for number in (*range(1, 6), None):
        for found in (sketcher.sketches([working], candidate=number)[0], sketcher.maps([working])[0].pick(number)):
            hatched = number is None or number > LINES
            expected = (first.pick(number), second.pick(number), second.pick(LINES)) if hatched else (first.pick(number),)
            parts = found if hatched else [found]
            assert isinstance(found, list) == hatched and len(parts) == len(expected)
            assert all(np.abs(one.astype(int) - other).max() <= 1 for one, other in zip(parts, expected))


def test_a_second_drawing_is_made_where_something_dark_is_blank_alone(coat, tmp_path, monkeypatch):
    photo = np.full((400, 480, 3), 200, np.uint8)
    photo[46:360, 40:440] = 30
    full = coat[0].copy()
    full[46:360, 40:440] = 120
    assert has_blank_masses(coat[0], photo) and not has_blank_masses(full, photo)
    assert has_blank_masses(full, photo, 0.25) and has_blank_masses(full, photo, -1.0)  # at another detail all that is dark
    assert not has_blank_masses(full, np.full_like(photo, 30), 0.25)
    assert not has_blank_masses(coat[0], np.full_like(photo, 30))  # dark everywhere is the light, not a thing
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    sketcher, calls = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full"), []
    batch = [sketcher.prepare(np.full((64, 80, 3), grey, np.uint8)) for grey in (10, 20, 30)]
    monkeypatch.setattr("utils.sketcher.has_blank_masses", lambda sketch, photo, detail: photo[0, 0, 0] != 20)
    named = lambda small: [f"maps of {one.pixels[0, 0, 0]}" for one in small]
    monkeypatch.setattr(sketcher, "_maps", lambda small, detail: calls.append(small) or named(small))
    assert sketcher.seconds(batch, [[None]] * 3, 0.0) == ["maps of 10", None, "maps of 30"]
    assert [one.pixels.shape for one in calls[0]] == [(32, 40, 3)] * 2
    sketcher.hatches = False
    assert sketcher.seconds(batch, [[None]] * 3, 0.0) == [None] * 3 and len(calls) == 1


def test_maps_keep_lines_and_confidences(coat):
    sketch, second, lines = coat
    maps = Maps([sketch] * 5, np.zeros((5, 4, 4), np.float32), sketch)
    small = Maps([lines] * 3 + [second] * 2, maps.confidences, second)
    photo = np.full((400, 480, 3), 200, np.uint8)
    photo[46:360, 40:440] = 30
    done = maps.filled(small, photo)
    assert all(one is sketch for one in done.candidates[:3]) and done.confidences is maps.confidences
    expected = filled(sketch, second, lines)
    assert all(np.array_equal(one, expected) for one in (*done.candidates[3:], done.sketch))
    assert maps.filled(small, np.full_like(photo, 200)).sketch is sketch  # nothing dark is blank
