"""The foreground: maps of it from a detector, fur drawn on it, and a small network that learns to find it."""
import pathlib
import sys

import cv2
import numpy as np
import pytest
import torch

from data.crops import squeezed
from data.dataset import SketchDataset
from data.foreground import ForegroundDataset
from data.guidance import DRAWINGS, drawings
from losses.foreground import foreground_loss
from model import Foreground, Photo2Sketch
from model.fold import fold
from model.foreground import SIDE as SEEN
from tests.dataset_kit import picture
from tests.tiny import TINY
from tests.tool_kit import weights
from utils.checkpoint import load_network
from utils.training import foreground, foreground_maps
from utils.training.foreground_maps import SIDE, ISNetFinder, write_foreground_maps


def disc(share, size=200):
    """A foreground map with a disc in the middle that fills `share` of it, at most 0.78."""
    rows, columns = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.float32(np.pi * (rows**2 + columns**2) < share * size**2)


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
    found = ISNetFinder(detector)(rgb)
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


def test_the_loss_is_that_of_its_formula():
    generator = torch.Generator().manual_seed(0)
    logits = 4 * torch.rand(3, 1, 5, 4, generator=generator, dtype=torch.float64) - 2
    foreground = torch.rand(3, 1, 20, 16, generator=generator, dtype=torch.float64)
    foreground[2] = 0
    entropies, overlaps = [], []
    for one, map_ in zip(logits[:, 0].numpy(), foreground[:, 0].numpy()):
        p, y = 1 / (1 + np.exp(-one)), map_.reshape(5, 4, 4, 4).mean((1, 3))
        entropies.append(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())
        both = (p * y).sum()
        overlaps.append((both + 1) / ((p + y).sum() - both + 1))
    expected = np.mean(entropies) + 0.5 * (1 - np.mean(overlaps))
    assert foreground_loss(logits, foreground).item() == pytest.approx(expected, rel=1e-9)


def test_a_foreground_has_a_quarter_of_the_photos_sides_and_folds():
    torch.manual_seed(0)
    network = Foreground(TINY).eval()
    photo = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        found = network(photo)
        assert found.shape == (2, 1, 16, 24)
        assert torch.allclose(fold(network)(photo), found, atol=1e-5)
    squares = np.random.default_rng(0).integers(0, 255, (2, SEEN, SEEN, 3)).astype(np.uint8)
    maps = network.find(squares)
    assert maps.dtype == np.float32 and maps.shape == (2, SEEN // 4, SEEN // 4) and 0 <= maps.min() < maps.max() <= 1
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.from_numpy(squares).permute(0, 3, 1, 2) / 255))[:, 0]
    assert np.abs(maps - expected.numpy()).max() < 1e-5


def test_it_begins_with_the_body_of_a_photo2sketch(tmp_path):
    path = weights(tmp_path)
    network, body = foreground.begin(path), load_network(Photo2Sketch, path)
    for name, value in network.state_dict().items():
        assert name.startswith("head") or torch.equal(value, body.state_dict()[name]), name


def test_photos_are_squeezed_whole():
    image = np.random.default_rng(0).integers(0, 255, (60, 90, 3)).astype(np.uint8)
    assert np.abs(squeezed(image, 30).astype(int) - image.reshape(30, 2, 30, 3, 3).mean((1, 3))).max() <= 1
    assert squeezed(image[..., 0], 120).shape == (120, 120)


@pytest.fixture
def white_discs(photos):
    """The same, whose foregrounds are white in the photos: 0.jpg of the validation has a map too."""
    for number in range(2):
        photo = cv2.imread(str(photos / f"{number}.png")) // 2
        photo[disc(0.1, 240)[40:200] > 0] = 255
        for split in ("train2017", "val2017"):
            (photos / split).mkdir(exist_ok=True)
            cv2.imwrite(str(photos / split / f"{number}.png"), photo)
        (photos / f"{number}.png").unlink()
    return photos


def test_items_hold_photos_with_maps_alone_and_both_are_cut_alike(white_discs):
    data = ForegroundDataset(str(white_discs), "train", 64)
    assert len(data) == 1
    seen = []
    for epoch in range(8):
        data.set_epoch(epoch)
        item = data[0]
        assert item["photo"].shape == (3, 64, 64) and item["foreground"].shape == (1, 64, 64)
        assert item["photo"].dtype == item["foreground"].dtype == torch.uint8
        white = item["photo"].float().amin(0) > 150
        assert ((item["foreground"][0] > 128) == white).float().mean() > 0.96 and white.any()
        seen.append(item["photo"])
        assert torch.equal(data[0]["photo"], item["photo"])
    assert not any(torch.equal(one, other) for one, other in zip(seen, seen[1:]))
    held_out = ForegroundDataset(str(white_discs), "val", 64)
    first = held_out[0]["photo"]
    held_out.set_epoch(5)
    assert torch.equal(held_out[0]["photo"], first)


def test_a_network_learns_the_maps_and_its_file_draws(white_discs, tmp_path, capsys):
    output = tmp_path / "foreground.pth"
    call = [str(white_discs), "--output", str(output), "--checkpoint", weights(tmp_path), "--device", "cpu", "--precision", "float32"]
    foreground.main([*call, "--steps", "25", "--batch", "2", "--lr", "0.01", "--workers", "0"])
    said = capsys.readouterr().out
    assert "1 photos and 1 held out" in said and "step 25" in said
    network = load_network(Foreground, str(output))
    assert network.step == 25 and network.notes["run"] == "foreground" and 0 < network.notes["error"] < 1
    error, _ = foreground.validate(network, ForegroundDataset(str(white_discs), "val", SEEN))
    assert error == pytest.approx(network.notes["error"], rel=1e-4)


def test_a_loading_process_that_dies_in_a_step_is_a_sentence(white_discs, tmp_path, monkeypatch):
    def fail(logits, truth):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")

    monkeypatch.setattr(foreground, "foreground_loss", fail)
    call = [str(white_discs), "--output", str(tmp_path / "a.pth"), "--checkpoint", weights(tmp_path), "--device", "cpu"]
    with pytest.raises(SystemExit, match="a loading process died"):
        foreground.main([*call, "--precision", "float32", "--batch", "2", "--workers", "0"])


def test_what_is_missing_for_the_training_is_a_sentence(tmp_path, photos):
    call = [str(photos), "--output", str(tmp_path / "a.pth"), "--device", "cpu", "--checkpoint"]
    with pytest.raises(SystemExit, match="checkpoint not found: none.pth"):
        foreground.main([*call, "none.pth"])
    with pytest.raises(SystemExit, match="is a folder. Name a file in it"):
        foreground.main([str(photos), "--output", str(tmp_path), "--device", "cpu", "--checkpoint", weights(tmp_path)])
    with pytest.raises(SystemExit, match="cannot be written"):
        foreground.main([str(photos), "--output", str(tmp_path / "nowhere/a.pth"), "--device", "cpu", "--checkpoint", weights(tmp_path)])
    (photos / "foreground_map/1.png").unlink()
    with pytest.raises(SystemExit, match="has a map in foreground_map"):
        foreground.main([*call, weights(tmp_path)])
    assert not (tmp_path / "a.pth").exists()
