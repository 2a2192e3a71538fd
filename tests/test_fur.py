"""Fur and hair: strands where the subject has them, and nowhere else, in the blend alone, by the amount that is asked for."""
import os

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from data import strands
from tests.photo_kit import working_of
from tests.test_strands import stripes
from tests.tool_kit import checkpoint, draw, store, weights  # noqa: F401 (fixtures)
from utils import fur
from utils.background import SUBJECT, SURE, FoundForeground
from utils.fur import BAND, FURS, GRID, MARGIN, WIDE, furred
from utils.greys import paper
from utils.sketcher import Sketcher
from utils.style import Style

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def coat(size=256, angle=30):
    """A photo of fur: uint8 RGB (size, size, 3)."""
    return np.repeat(np.uint8(np.rint(255 * stripes(angle, size)))[..., None], 3, 2)


def left_half(surest=1.0):
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = surest
    return FoundForeground(found)


PAPER = np.full((256, 256), 255, np.uint8)
INSIDE, OUTSIDE = (slice(20, -20), slice(20, 100)), (slice(None), slice(140, None))


@pytest.mark.parametrize("angle", [0, 30, 115])
def test_dark_hairs_of_the_subject_are_drawn_and_nothing_else(angle):
    photo = coat(angle=angle)
    drawn = furred(PAPER, working_of(photo), left_half(), 1.0)
    gray = photo[INSIDE][..., 0] / 255
    ink = 1 - drawn[INSIDE] / 255
    assert ink[gray < 0.35].mean() > 0.8 and ink[gray > 0.79].mean() < 0.1
    assert (drawn[OUTSIDE] == 255).all()


def test_the_amount_multiplies_the_ink_and_nothing_gets_lighter():
    sketch = np.random.default_rng(0).integers(0, 256, (256, 256)).astype(np.uint8) | np.uint8(191)
    whole, part = (furred(sketch, working_of(coat()), left_half(), amount).astype(float) for amount in (1.0, 0.4))
    assert (whole <= part).all() and (part <= sketch).all() and (whole < sketch).mean() > 0.1
    added = sketch > whole
    share = (sketch - part)[added].sum() / (sketch - whole)[added].sum()
    assert share == pytest.approx(0.4, abs=0.02)
    assert np.array_equal(furred(sketch, working_of(coat()), left_half(), 0.0), sketch)


def test_few_strands_are_specks_and_blurred_ones_are_none():
    lone = np.full((256, 256, 3), 204, np.uint8)
    for left, top in ((30, 60), (150, 50), (60, 180)):  # creases of a shirt
        cv2.line(lone, (left, top), (left + 9, top + 3), (90, 90, 90), 2)
    assert np.array_equal(furred(PAPER, working_of(lone), FoundForeground(np.ones((64, 64), np.float32)), 1.0), PAPER)
    soft = cv2.GaussianBlur(cv2.resize(coat(64), (256, 256)), (0, 0), 6)
    assert furred(PAPER, working_of(soft), left_half(), 1.0).mean() > 254
    assert furred(PAPER, working_of(coat()), left_half(), 1.0).mean() < 245


def test_strands_end_where_the_photo_is_out_of_focus():
    working = working_of(coat())
    working.__dict__["steps"] = np.uint8(255 * (np.arange(128) < 32))[None].repeat(128, 0)  # sharp in the first 64 columns alone
    ink = 255 - furred(PAPER, working, FoundForeground(np.ones((64, 64), np.float32)), 1.0)
    assert ink[40:, 20:60].mean() > 20 and ink[:, 70:].max() == 0  # within two cells of GRID


def test_there_are_no_strands_where_ink_is():
    sketch = PAPER.copy()
    sketch[:128] = 100  # hatched
    drawn = furred(sketch, working_of(coat()), left_half(), 1.0)
    assert np.array_equal(drawn[:110], sketch[:110]) and (drawn[140:, 20:100] < 128).any()


def test_doubt_and_no_subject_have_none():
    assert left_half(SURE[0]).subject.max() < 1e-6 and (FoundForeground(np.zeros((64, 64), np.float32)).subject == 0).all()
    assert left_half(np.mean(SURE)).subject[0, 0] == pytest.approx(0.5) and left_half(SURE[1]).subject[0, 0] == 1
    found = left_half().found
    found[:, 32:] = [[SUBJECT[0] - 0.01], [np.mean(SUBJECT)], [SUBJECT[1]], [0]] * 16
    assert np.allclose(FoundForeground(found).subject[:4, -1], [0, 0.5, 1, 0])  # relative to the surest


@pytest.mark.parametrize("shape", [(300, 200), (301, 203)])
def test_bands_and_boxes_change_nothing(monkeypatch, shape):
    photo = cv2.resize(coat(384), shape[::-1])
    photo += np.random.default_rng(0).integers(0, 9, photo.shape).astype(np.uint8)
    sketch = np.full(shape, 255, np.uint8)
    found = np.zeros((64, 64), np.float32)
    found[24:40, 24:40] = 1
    found = FoundForeground(found)
    whole = furred(sketch, working_of(photo), found, 1.0)
    monkeypatch.setattr(fur, "BAND", 64)
    monkeypatch.setattr(fur, "WIDE", 48)
    banded = furred(sketch, working_of(photo), found, 1.0)
    monkeypatch.setattr(fur, "MARGIN", 1000)  # no box
    boxless = furred(sketch, working_of(photo), found, 1.0)
    assert (whole < 255).any()
    for other in (banded, boxless):
        assert (np.abs(whole.astype(int) - other) > 2).mean() < 0.001


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 5), (37, 51)])
def test_small_and_narrow_pictures_are_drawn(monkeypatch, shape):
    monkeypatch.setattr(strands, "USUAL", (-1, -0.5))  # lines count everywhere
    monkeypatch.setattr(strands, "PREVAILS", (-1, -0.5))
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    drawn = furred(np.full(shape, 255, np.uint8), working_of(photo), FoundForeground(np.ones((64, 64), np.float32)), 1.0)
    assert drawn.shape == shape and drawn.dtype == np.uint8


def test_amounts_out_of_range_are_a_sentence():
    for call in (lambda: furred(PAPER, working_of(coat()), left_half(), 1.5), lambda: Style(fur=-0.1)):
        with pytest.raises(ValueError, match="fur must be between 0.0 and 1.0"):
            call()
    assert FURS == (0.0, 1.0) and MARGIN % GRID == BAND % GRID == WIDE % GRID == 0


def test_the_blend_has_fur_and_candidates_have_none(tmp_path, monkeypatch):
    sketcher = Sketcher(weights(tmp_path), "cpu", "float32", 256)
    monkeypatch.setattr(sketcher, "find_foregrounds", lambda photos: [left_half().found] * len(photos))
    monkeypatch.setattr("utils.sketcher.has_subject", lambda found: False)  # no outline, for the maps are as they should be
    network = sketcher.sketches
    monkeypatch.setattr(sketcher, "sketches", lambda batch, *rest: [np.full_like(one, paper(one)) for one in network(batch, *rest)])
    drawn = sketcher.draw(coat(), crisp=0.0, shade=0.0, background=1.0)
    assert np.array_equal(drawn, furred(PAPER, working_of(coat()), left_half(), 0.75)) and drawn.min() < 100
    assert np.array_equal(sketcher.draw(coat(), fur=0.0, shade=0.0), PAPER)
    assert np.array_equal(sketcher.draw(coat(), candidate=3), PAPER)


def test_the_option_reaches_the_drawings(draw, tmp_path, monkeypatch):
    monkeypatch.setattr("model.Foreground.find", lambda self, squares: np.ones((len(squares), 64, 64), np.float32))
    paper = lambda engine, photos, detail, numbers, *rest: torch.full((len(numbers), *photos.shape[:3]), 255, dtype=torch.uint8)
    monkeypatch.setattr("model.engine.Engine.sketches", paper)
    store(tmp_path / "in/a.png", coat(64))
    ink = []
    for amount in ("0", "0.5", "1"):
        assert draw("--fur", amount, "--shade", "0")[0] == 0
        ink.append(255 - np.array(Image.open(tmp_path / "out/a.png")).mean())
    assert ink[0] == 0 and ink[2] > 1.5 * ink[1] > 1


@pytest.mark.parametrize("more", [["--candidate", "2"], ["--direction", "sketch2photo"]])
def test_it_is_refused_where_it_has_no_meaning(draw, capfd, more):
    with pytest.raises(SystemExit) as left:
        draw("--fur", "0.2", *more)
    assert left.value.code == 2 and "--fur" in capfd.readouterr().err


def test_a_beard_gains_strands_and_buildings_hardly_any(monkeypatch):
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, *rest: sketch)  # half tones would fill the beard before
    gains = {}
    sketcher = Sketcher(device="cpu")
    for name, part in (("portrait", np.s_[160:245, 205:300]), ("doors", np.s_[:]), ("street", np.s_[:])):  # the beard; all of the others
        photo = sketcher.read(os.path.join(ROOT, "Test", f"{name}.jpg"))
        without, with_fur = (255 - sketcher.draw(photo, fur=amount, shade=0.0, faces=1.0)[part].mean() for amount in (0.0, 1.0))
        gains[name] = with_fur / without - 1
    assert gains["portrait"] > 0.2 and max(gains["doors"], gains["street"]) < 0.005
