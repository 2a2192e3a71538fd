"""Half tones of the pencil drawing in the blend: on the subject alone, whatever the size, and at every step of the detail."""
import numpy as np
import pytest
import torch
from PIL import Image

from model import Photo2Sketch
from tests.tiny import TINY
from utils.checkpoint import save_generator
from utils.greys import FINE
from utils.half_tones import BAND, MODEL, TIMES, modelled
from utils.sketcher import Sketcher
from utils.style import CANDIDATES, NAMES

EVERYWHERE = np.ones((64, 64), np.float32)  # what fills the photo has nothing behind it


def left_half():
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    return found


def pair(shape, dtype, seed=0):
    """Two drawings of noise."""
    full = 255 if dtype == np.uint8 else FINE
    return np.random.default_rng(seed).integers(0, full + 1, (2, *shape)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("amount", [0.0, 0.4, 1.0])
def test_the_darker_ink_is_taken_after_the_pencil_has_gone_over_its_own(dtype, amount):
    sketch, pencil = pair((2 * BAND + 90, 70), dtype)
    full = 255.0 if dtype == np.uint8 else float(FINE)
    expected = np.minimum(sketch, full * (1 - np.rint(255 * amount) / 255 * (1 - (pencil / full) ** 3)))
    drawn = modelled(sketch, pencil, EVERYWHERE, amount)
    assert drawn.dtype == dtype and np.abs(drawn - expected).max() <= 2 and TIMES == 3
    assert (drawn <= sketch).all() and (amount or np.array_equal(drawn, sketch))


def test_what_is_behind_the_subject_stays():
    sketch, pencil = pair((256, 320), np.uint8)
    drawn = modelled(sketch, pencil, left_half())
    assert np.array_equal(drawn[:, :155], modelled(sketch, pencil, EVERYWHERE)[:, :155])
    assert np.array_equal(drawn[:, 175:], sketch[:, 175:])


def test_a_photo_without_a_subject_is_modelled_all_over():
    sketch, pencil = pair((256, 320), np.uint8)
    for nothing in (np.zeros((64, 64), np.float32), np.full((64, 64), 0.1, np.float32)):
        assert np.array_equal(modelled(sketch, pencil, nothing), modelled(sketch, pencil, EVERYWHERE))
        assert (modelled(sketch, pencil, nothing) <= pencil).all()


def test_it_is_the_pencil_drawing():
    assert NAMES[MODEL - 1] == "pencil" and MODEL == CANDIDATES


@pytest.fixture
def sketcher(tmp_path):
    """A tiny network that fills no dark masses, for photos at their own size."""
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    tiny = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", "full")
    tiny.hatches = False
    return tiny


def photo(seed=0, size=(240, 320)):
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.array(Image.fromarray(noise).resize(size[::-1]))


def test_the_tools_model_the_blend_alone_each_photo_with_its_own_subject(sketcher):
    batch = [sketcher.prepare(photo(seed)) for seed in range(2)]
    maps = [left_half(), left_half()[:, ::-1]]
    plain = sketcher.maps(batch)
    for found in (sketcher.drawings(batch, numbers=(*range(1, 6), None), foregrounds=maps), [one.drawings for one in sketcher.maps(batch, foregrounds=maps)]):
        for drawings, before, foreground in zip(found, plain, maps):
            for number in range(1, 6):
                assert np.abs(drawings[number].astype(int) - before.drawings[number]).max() <= 1
            expected = modelled(before.drawings[None], before.drawings[MODEL], foreground)
            assert np.abs(drawings[None].astype(int) - expected).max() <= 1
            assert (expected != before.drawings[None]).any()
    alone = sketcher.sketches(batch, foregrounds=maps)
    assert all(np.array_equal(one, drawings[None]) for one, drawings in zip(alone, sketcher.drawings(batch, foregrounds=maps)))
    assert list(sketcher.drawings(batch, foregrounds=maps)[0]) == [None]


def test_ink_rises_with_the_detail_from_none_of_the_pencil_drawings(sketcher):
    working = sketcher.prepare(photo())
    sparsest = sketcher.sketches([working], -1.0)[0]
    assert np.abs(sketcher.sketches([working], -1.0, foregrounds=[EVERYWHERE])[0].astype(int) - sparsest).max() <= 1
    for detail, amount in ((-0.5, 0.5), (0.0, 1.0), (0.7, 1.0)):
        drawn = sketcher.drawings([working], detail, (5, None))[0]
        expected = modelled(drawn[None], drawn[5], EVERYWHERE, amount)
        assert np.abs(sketcher.sketches([working], detail, foregrounds=[EVERYWHERE])[0].astype(int) - expected).max() <= 1


def test_smaller_drawings_are_modelled_too(sketcher, monkeypatch):
    sketcher.hatches, seen = True, []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda gray: True)
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, pencil, foreground, amount: seen.append((sketch.shape, foreground)) or sketch)
    found = left_half()
    sketcher.sketches([sketcher.prepare(photo(size=(480, 640)))], foregrounds=[found])
    assert [shape for shape, _ in seen] == [(480, 640), (240, 320), (120, 160), (60, 80)]
    assert all(foreground is found for _, foreground in seen)
    seen.clear()
    sketcher.sketches([sketcher.prepare(photo())], candidate=5, foregrounds=[found])
    sketcher.sketches([sketcher.prepare(photo())])
    assert not seen
