"""The foreground: what lies behind it is drawn paler, its hair and fur are drawn, and maps of it come from a detector."""
import pathlib
import sys

import cv2
import numpy as np
import pytest
import torch

from data.crops import Crop
from data.dataset import SketchDataset
from data.foreground import MOST, PALER, RIM, SOME, prominence
from data.guidance import DRAWINGS, SET_OFF, drawings
from data.overview import overview
from tests.dataset_kit import picture
from utils.training import foreground_maps
from utils.training.foreground_maps import SIDE, ForegroundFinder, write_foreground_maps


def disc(share, size=200):
    """A foreground map with a disc in the middle that fills `share` of it, at most 0.78."""
    rows, columns = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.float32(np.pi * (rows**2 + columns**2) < share * size**2)


def square(share, size=600):
    """The same with a square."""
    rows, columns = np.abs(np.mgrid[:size, :size] - size / 2 + 0.5)
    return np.float32(2 * np.maximum(rows, columns) < np.sqrt(share) * size)


def test_the_foreground_and_its_rim_stay_dark_and_the_rest_gets_paler():
    found = disc(0.2)
    dark = prominence(found)
    assert dark[found > 0].min() == pytest.approx(1, abs=1e-3)
    distance = cv2.distanceTransform(np.uint8(found == 0), cv2.DIST_L2, 5)
    assert dark[distance < 2].min() > 1 - 0.1 * PALER  # the outline itself
    assert np.allclose(dark[distance > 4 * RIM], 1 - PALER, atol=1e-3)
    outwards = dark[100, 150:]
    assert (np.diff(outwards) <= 1e-6).all()


def test_without_a_foreground_or_without_anything_behind_it_all_stays():
    for share in (0.0, SOME[0] / 2, MOST[1] * 1.02):
        assert np.allclose(prominence(square(share)), 1, atol=1e-3)
    corners = [prominence(square(share))[0, 0] for share in (SOME[0], np.mean(SOME), SOME[1] * 1.1, np.mean(MOST))]
    assert corners[0] > corners[1] > corners[2] < corners[3] < 1
    assert corners[2] == pytest.approx(1 - PALER, abs=1e-3)


def two_boxes():
    """Twice the same dark box on light ground, and the map of the left one: (rgb, edges, foreground)."""
    rgb, edges, foreground = np.full((160, 320, 3), 220, np.uint8), np.zeros((160, 320), np.float32), np.zeros((160, 320), np.float32)
    for left in (50, 210):
        cv2.rectangle(rgb, (left, 50), (left + 60, 110), (40, 40, 40), -1)
        cv2.rectangle(edges, (left, 50), (left + 60, 110), 1.0, 2)
    foreground[48:113, 48:113] = 1
    return rgb, cv2.GaussianBlur(edges, (0, 0), 1), foreground


def test_pencil_and_blend_set_the_foreground_off_and_lines_alone_stay_whole():
    rgb, edges, foreground = two_boxes()
    plain, found = drawings(rgb, edges, edges), drawings(rgb, edges, edges, foreground=foreground)
    for name, set_off, before, after in zip(DRAWINGS, SET_OFF, plain, found):
        left, right = (after[:, part].sum() / before[:, part].sum() for part in (slice(0, 120), slice(200, 320)))
        assert left == pytest.approx(1, abs=0.01), name
        assert right == pytest.approx(1 - PALER if set_off else 1, abs=0.01), name


@pytest.mark.parametrize("mirror", [False, True])
def test_a_crop_is_as_pale_as_its_photo(mirror):
    """A crop across the border of the foreground that is too small to tell what share of the photo it fills."""
    rgb, edges, foreground = two_boxes()
    crop = Crop(left=80, top=40, side=100, size=100, mirror=mirror)
    parts = (crop.apply(part) for part in (rgb, edges, edges))
    whole = overview(rgb, edges, foreground)
    blend = DRAWINGS.index("blend")
    found = drawings(*parts, foreground=crop.apply(foreground), whole=whole.cropped(crop))[blend]
    plain = drawings(*(crop.apply(part) for part in (rgb, edges, edges)), whole=overview(rgb, edges).cropped(crop))[blend]
    assert plain.max() > 0.9
    assert np.allclose(found, plain * crop.apply(prominence(foreground)), atol=1e-3)


def test_words_can_be_read_wherever_they_are():
    rgb, edges, foreground = two_boxes()
    letters = np.zeros_like(rgb)
    letters[70:90, 220:260, :2] = 255  # a bar of ink on what lies behind
    for name, before, after in zip(DRAWINGS, *(drawings(rgb, edges, edges, None, letters, given) for given in (None, foreground))):
        assert np.array_equal(before[72:88, 222:258], after[72:88, 222:258]) and after[72:88, 222:258].min() > 0.5, name


def test_fur_is_drawn_on_the_foreground_and_faintly_elsewhere():
    rows, columns = np.mgrid[:200, :300]
    hair = 0.6 - 0.12 * np.clip(2 * np.cos(2 * np.pi * (columns + 0.3 * rows) / 9) - 1, 0, 1)
    rgb = cv2.merge([np.uint8(255 * hair)] * 3)
    nothing, foreground = np.zeros(hair.shape, np.float32), np.float32(columns < 150)
    detail = drawings(rgb, nothing, nothing, foreground=foreground)[DRAWINGS.index("detail")]
    on, off = detail[30:-30, 30:130].mean(), detail[30:-30, 170:-30].mean()
    assert on > 0.08 and 0.2 * on < off < 0.6 * on
    everywhere = drawings(rgb, nothing, nothing)[DRAWINGS.index("detail")]
    assert everywhere[30:-30, 30:130].mean() == pytest.approx(off, rel=0.15)


@pytest.fixture
def photos(tmp_path):
    """Two photos with edge maps, one of them with a foreground map."""
    for number in range(2):
        picture(tmp_path / f"{number}.png", (240, 160), number)
        edges = np.zeros((160, 240), np.uint8)
        cv2.rectangle(edges, (30, 40), (200, 120), 255, 2)
        for folder in ("edge", "edge_fine"):
            (tmp_path / folder).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / folder / f"{number}.png"), edges)
    (tmp_path / "foreground_map").mkdir()
    cv2.imwrite(str(tmp_path / "foreground_map/1.png"), np.uint8(255 * disc(0.1, 240)[40:200]))
    return tmp_path


def test_the_data_read_the_maps(photos):
    data = SketchDataset(str(photos), size=96, length=2)
    assert "1 with foreground maps" in data.describe() and len(data.photos) == 2
    assert "utils.training.foreground_maps makes the rest" in data.describe()
    first, second = (data.photos.read(i) for i in range(2))
    assert first.foreground is None
    assert np.array_equal(second.foreground, disc(0.1, 240)[40:200])
    (photos / "foreground_map/1.png").unlink()
    assert "foreground_maps makes" not in SketchDataset(str(photos), size=96).describe()


def test_maps_of_large_photos_shrink_with_them(photos):
    photo = SketchDataset(str(photos), size=32).photos.read(1, least=80)
    assert photo.rgb.shape == (80, 120, 3) and photo.foreground.shape == (80, 120)
    expected = disc(0.1, 240)[40:200].reshape(80, 2, 120, 2).mean((1, 3))
    assert np.abs(photo.foreground - expected).max() < 0.01


def test_a_map_of_another_size_is_not_used_and_named(photos):
    cv2.imwrite(str(photos / "foreground_map/1.png"), np.zeros((50, 60), np.uint8))
    data = SketchDataset(str(photos), size=96)
    assert data.photos.read(1).foreground is None and "foreground_map/1.png" in data.describe()


class Detector:
    """A network that answers with a weighted mean of the planes it is given, as onnxruntime would."""

    WEIGHTS = np.float32([0.5, 0.3, 0.2])  # of red, green and blue

    def get_inputs(self):
        return [type("Input", (), {"name": "photo"})]

    def run(self, outputs, given):
        self.given = given["photo"]
        return [np.tensordot(self.given + 0.5, self.WEIGHTS, (1, 0))[:, None], "what else it returns"]


@pytest.mark.parametrize("shape", [(150, 210), (1100, 1300)])
def test_the_detector_sees_the_whole_photo_as_a_square(shape):
    rgb = cv2.resize(np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(np.uint8), shape[::-1])
    detector = Detector()
    found = ForegroundFinder(detector)(rgb)
    assert detector.given.shape == (1, 3, SIDE, SIDE) and detector.given.dtype == np.float32
    assert -0.5 <= detector.given.min() < 0 < detector.given.max() <= 0.5
    assert found.shape == shape and np.abs(found - rgb @ Detector.WEIGHTS / 255).max() < 0.02


def test_maps_are_written_for_all_photos(photos):
    (photos / "foreground_map/1.png").unlink()
    assert write_foreground_maps(str(photos), lambda rgb: np.full(rgb.shape[:2], 0.4, np.float32)) == (2, {})
    for number in range(2):
        assert (cv2.imread(str(photos / f"foreground_map/{number}.png"), cv2.IMREAD_UNCHANGED) == 102).all()


def test_a_missing_detector_is_a_sentence(monkeypatch, photos):
    monkeypatch.setitem(sys.modules, "rembg", None)
    (photos / "foreground_map/1.png").unlink()
    with pytest.raises(SystemExit, match="pip install"):
        foreground_maps.main([str(photos)])
    assert foreground_maps.PACKAGES in pathlib.Path("README.md").read_text()


def test_a_folder_that_is_not_there_is_named_before_anything_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rembg", None)
    with pytest.raises(SystemExit, match="no such folder"):
        foreground_maps.main([str(tmp_path / "nothing")])


def test_items_hold_the_map_where_the_crop_shows_it(photos):
    photo = cv2.imread(str(photos / "1.png")) // 2
    photo[disc(0.1, 240)[40:200] > 0] = 255
    cv2.imwrite(str(photos / "1.png"), photo)
    data = SketchDataset(str(photos), size=96, length=12)
    seen = 0
    for item in (data[i] for i in range(12)):
        shown, known = item["foreground"]
        assert shown.dtype == torch.uint8 and shown.shape == (96, 96)
        assert (known == (255 if item["name"] == "1.png" else 0)).all() and (known.any() or not shown.any())
        white = item["clean"].float().mean(0) > 200
        assert not known.any() or ((shown > 128) == white).float().mean() > 0.95
        seen += bool(known.any() and white.any())
    assert seen >= 3
