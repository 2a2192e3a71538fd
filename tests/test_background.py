"""The background: what lies behind the foreground is drawn paler, in the blend alone, by the amount that is asked for."""
import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from model import Foreground
from tests.tiny import TINY
from tests.tool_kit import checkpoint, draw, reverse_weights, scene, store, weights  # noqa: F401 (fixtures)
from utils.background import DOUBT, MOST, SOME, SURE, UNDECIDED, FoundForeground, set_off
from utils.checkpoint import save_generator
from utils.defaults import CHECKPOINTS
from utils.foreground_finder import ForegroundFinder
from utils.sketcher import Sketcher
from utils.style import Style


def square(share, size=200):
    """A foreground map with a square in the middle that fills `share` of it."""
    rows, columns = np.abs(np.mgrid[:size, :size] - size / 2 + 0.5)
    return np.float32(2 * np.maximum(rows, columns) < np.sqrt(share) * size)


def test_the_foreground_keeps_its_ink_and_the_rest_the_share_asked_for():
    found = square(0.2)
    left = FoundForeground(found).left_ink(0.4)
    assert (left[found > 0] == 1).all() and np.allclose(left[found == 0], 0.4)


def test_without_a_foreground_or_without_anything_behind_it_all_ink_stays():
    for share in (0.0, SOME[0] / 2, MOST[1] * 1.02):
        assert np.allclose(FoundForeground(square(share)).left_ink(0.3), 1)
    corners = [FoundForeground(square(share)).left_ink(0.3)[0, 0] for share in (SOME[0], np.mean(SOME), SOME[1] * 1.1, np.mean(MOST))]
    assert corners[0] > corners[1] > corners[2] < corners[3] < 1
    assert corners[2] == pytest.approx(0.3)


def test_doubt_takes_less_and_nothing_of_what_is_a_quarter_as_sure_as_the_surest():
    def corner(elsewhere, surest=1.0):
        found = np.zeros((64, 64), np.float32)
        found[:4, :4] = elsewhere  # too small to make the map undecided
        found[20:40, 20:40] = surest
        return FoundForeground(found).left_ink(0.5)[0, 0]

    (low, high), _ = DOUBT
    assert (low, high) == (0.05, 0.25) and corner(0.0) == corner(low) == pytest.approx(0.5)
    assert corner(low + 0.25 * (high - low)) == pytest.approx(0.5 + 0.25 * 0.5, abs=1e-6)
    assert corner(high) == corner(0.8) == pytest.approx(1)
    assert corner(0.15, 0.6) == pytest.approx(1) and corner(0.03, 0.6) == pytest.approx(0.5)  # relative to the surest
    assert corner(0.0, SURE[0]) == pytest.approx(1) and corner(0.0, np.mean(SURE)) == pytest.approx(0.75)  # if that is sure


def test_the_more_undecided_a_map_is_the_less_is_behind():
    def corner(doubtful, elsewhere):
        """What is left in a corner of a map of which a share is half as sure as the surest."""
        found = np.zeros((100, 100), np.float32)
        found[:10] = 1
        found[10 : 10 + doubtful] = 0.5  # the mean of 4 p (1 - p) is this share
        found[-4:, :4] = elsewhere
        return FoundForeground(found).left_ink(0.5)[-1, 0]

    assert [corner(share, 0.15) for share in (8, 20, 30, 38)] == sorted(corner(share, 0.15) for share in (8, 20, 30, 38))
    assert corner(8, 0.15) == pytest.approx(0.75, abs=0.02) and corner(38, 0.15) == pytest.approx(1)
    assert corner(36, 0.02) == pytest.approx(0.5) and corner(36, 0.06) == pytest.approx(0.75, abs=0.01)
    assert UNDECIDED[0] > 0.08 and UNDECIDED[1] < 0.36


def test_what_is_in_front_loses_its_outermost_cells_and_is_all_where_nothing_is_behind():
    found = square(0.2)
    assert np.array_equal(FoundForeground(found).in_front, cv2.erode(found, np.ones((3, 3))))
    for share in (0.0, SOME[0] / 2, MOST[1] * 1.02):
        assert np.allclose(FoundForeground(square(share)).in_front, 1)
    sure = (0.5 - SURE[0]) / (SURE[1] - SURE[0])  # that there is a subject
    assert np.allclose(FoundForeground(0.5 * found).in_front[found == 0], 1 - sure)


@pytest.mark.parametrize("background", [0.0, 0.55, 1.0])
def test_ink_is_multiplied(background):
    sketch = np.random.default_rng(0).integers(0, 256, (256, 320)).astype(np.uint8)
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    drawn = set_off(sketch, FoundForeground(found), background)
    assert np.array_equal(drawn[:, :155], sketch[:, :155])
    expected = 255 - background * (255.0 - sketch[:, 172:])
    assert np.abs(drawn[:, 172:] - expected).max() <= 1
    ink = 255 - drawn[:, 155:172].astype(float)
    assert (ink <= 256 - sketch[:, 155:172].astype(float)).all()


def test_amounts_out_of_range_are_a_sentence():
    for amount in (-0.1, 1.1):
        with pytest.raises(ValueError, match="background must be between 0.0 and 1.0"):
            Style(background=amount)


@pytest.fixture
def finder(tmp_path):
    """A tiny network."""
    return Sketcher(weights(tmp_path), "cpu", "float32", 256)


@pytest.fixture
def sketcher(finder, monkeypatch):
    """A foreground that is the left half of every photo."""
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    monkeypatch.setattr(finder, "find_foregrounds", lambda photos: [found] * len(photos))
    return finder


def test_the_blend_is_set_off_and_candidates_are_not(sketcher):
    photo = scene(192, 256)
    plain = sketcher.draw(photo, background=1.0)
    assert np.abs(sketcher.draw(photo) - (255 - 0.55 * (255.0 - plain)))[:, 140:].max() <= 1
    assert np.array_equal(sketcher.draw(photo)[:, :120], plain[:, :120])
    for candidate in (1, 5):
        drawn = sketcher.draw(photo, candidate=candidate)
        assert np.array_equal(drawn, sketcher.draw(photo, candidate=candidate, background=0.0))


def test_the_subject_is_found_in_float32_in_any_precision(tmp_path):
    photos = [scene(192, 256, seed) for seed in range(2)]
    maps, found = {}, {}
    for precision in ("float32", "bfloat16"):
        drawing = Sketcher(weights(tmp_path), "cpu", precision, 256)
        assert {one.dtype for one in drawing.find_foregrounds.network.state_dict().values()} == {torch.float32}
        assert drawing.engine.network.head.ink.weight.dtype == getattr(torch, precision)
        maps[precision] = np.stack([one.found for one in drawing.foregrounds([drawing.prepare(photo) for photo in photos], Style())])
        found[precision] = np.stack(drawing.find_foregrounds(photos))
    assert np.array_equal(found["bfloat16"], found["float32"])  # what differs is the outline that maps are made even by
    assert maps["bfloat16"].dtype == np.float32 and np.abs(maps["bfloat16"] - maps["float32"]).max() < 0.05


def test_photos_drawn_together_each_have_their_own_foreground(finder, monkeypatch):
    seen = []
    find = lambda squares: seen.append(squares) or squares[..., 0][:, ::4, ::4] / np.float32(255)
    monkeypatch.setattr(finder.find_foregrounds.network, "find", find)
    batch = [finder.prepare(scene(192, 256, seed)) for seed in range(3)]
    maps = finder.foregrounds(batch, Style())
    assert len(maps) == 3 and seen[0].shape == (3, 256, 256, 3) and seen[0].dtype == np.uint8
    for one, square in zip(batch, seen[0]):
        assert np.abs(square[128] / 1.0 - one.photo[95:97].mean(0)).mean() < 2  # the row in the middle, of 256 columns
        assert np.abs(square.mean((0, 1)) - one.photo.mean((0, 1))).max() < 1
    assert finder.foregrounds(batch, Style(fur=0.0, shade=0.0, background=1.0)) == finder.foregrounds(batch, Style(candidate=2)) == [None] * 3


def test_the_option_reaches_the_drawings(draw, tmp_path, monkeypatch):
    found = np.zeros((64, 64), np.float32)
    found[:, :32] = 1
    monkeypatch.setattr(ForegroundFinder, "__call__", lambda self, photos: [found] * len(photos))
    store(tmp_path / "in/a.png", scene(192, 256))
    drawn = []
    for background in ("0", "1"):
        assert draw("--background", background)[0] == 0
        drawn.append(np.array(Image.open(tmp_path / "out/a.png")).astype(int))
    assert (drawn[0][:, 150:] == 255).all() and np.array_equal(drawn[0][:, :110], drawn[1][:, :110]) and (drawn[1][:, 150:] < 255).any()


@pytest.mark.parametrize("more", [["--candidate", "2"], ["--direction", "sketch2photo"]])
def test_it_is_refused_where_it_has_no_meaning(draw, capfd, more):
    with pytest.raises(SystemExit) as left:
        draw("--background", "0.2", *more)
    assert left.value.code == 2 and "--background" in capfd.readouterr().err


def test_other_foreground_weights_draw_anew(draw, tmp_path, monkeypatch):
    store(tmp_path / "in/a.png", scene(48, 64))
    assert "1 drawn" in "".join(draw("--skip-existing")[1:])
    assert "0 drawn, 1 skipped" in "".join(draw("--skip-existing")[1:])
    torch.manual_seed(3)
    save_generator(Foreground(TINY), tmp_path / "other.pth", 0)
    monkeypatch.setitem(CHECKPOINTS, "foreground", str(tmp_path / "other.pth"))
    assert "1 drawn" in "".join(draw("--skip-existing")[1:])


def test_missing_weights_are_a_sentence(draw, tmp_path, monkeypatch):
    store(tmp_path / "in/a.png", scene(48, 64))
    monkeypatch.setitem(CHECKPOINTS, "foreground", str(tmp_path / "none.pth"))
    status, *said = draw()
    assert status == 1 and "none.pth" in "".join(said) and "utils.training.foreground" in "".join(said)
    assert not (tmp_path / "out/a.png").exists()
    for more in (["--background", "1", "--fur", "0", "--shade", "0"], ["--candidate", "2"]):  # these need none
        assert draw(*more)[0] == 0


def test_a_photo_has_no_background_where_drawings_become_photos(tmp_path):
    back = Sketcher(reverse_weights(tmp_path), "cpu", "float32", 64, "sketch2photo")
    with pytest.raises(ValueError, match="background is for drawings"):
        back.draw(scene(48, 64), background=0.5)


def test_a_full_memory_is_answered_with_one_photo_at_a_time(finder, monkeypatch):
    counts = []

    def find(squares):
        counts.append(len(squares))
        if len(squares) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return np.zeros((1, 64, 64), np.float32)

    monkeypatch.setattr(finder.find_foregrounds.network, "find", find)
    assert len(finder.foregrounds([finder.prepare(scene(48, 64))] * 3, Style())) == 3 and counts == [3, 1, 1, 1]
