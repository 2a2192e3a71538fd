"""The benchmark's report on a small set with untrained networks, and the classical drawings in it."""
import os
import re
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import classical, metrics_kernel, quality
from benchmarks.measure import COLUMNS
from losses import vgg
from model import Photo2Sketch, Sketch2Photo
from utils.checkpoint import save_generator

from .tiny import TINY

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAMES = ["outline", "contour", "detail", "shaded", "pencil", "blend", "Canny", "XDoG", "dodge and blur"]


def scene(seed):
    """A dark disc and a square on a light ground with a little noise: uint8 RGB (96, 128, 3)."""
    rng = np.random.default_rng(seed)
    photo = np.full((96, 128, 3), 200, np.uint8)
    cv2.circle(photo, (int(rng.integers(30, 50)), 48), 20, (60, 80, 100), -1, cv2.LINE_AA)
    cv2.rectangle(photo, (80, 30), (110, 70), (90, 60, 50), -1)
    return np.uint8(np.clip(photo + rng.normal(0, 2, photo.shape), 0, 255))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("quality")
    for name in ("val2017", "edge", "drawings"):
        (root / name).mkdir()
    for i in range(3):
        photo = scene(i)
        cv2.imwrite(str(root / "val2017" / f"{i}.png"), photo[..., ::-1])
        cv2.imwrite(str(root / "edge" / f"{i}.png"), cv2.Canny(photo, 50, 100))
        cv2.imwrite(str(root / "drawings" / f"{i}.png"), 255 - cv2.Canny(photo, 50, 100))
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), root / "p2s.pth", 7)
    save_generator(Sketch2Photo(TINY), root / "s2p.pth", 7)
    weights = {f"features.{key}": value for key, value in vgg.build(vgg.LAYERS["VGG16"]).state_dict().items()}
    torch.save(weights, root / "vgg.pth")
    return root


def report(data, capsys, *arguments):
    photos = ["--photos", str(data / "val2017"), "--checkpoint", str(data / "p2s.pth")]
    quality.main([*photos, *arguments])
    text = capsys.readouterr().out
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    assert cells[0] == ["drawing", *COLUMNS] and set(cells[1]) == {"---"}
    return {row[0]: dict(zip(COLUMNS, row[1:])) for row in cells[2:]}, text


def test_every_column_with_every_input(data, capsys, monkeypatch):
    monkeypatch.setattr(metrics_kernel, "SIDE", 48)
    drawings = ["--drawings", str(data / "drawings"), "--vgg", str(data / "vgg.pth")]
    rows, text = report(data, capsys, *drawings, "--sketch2photo", str(data / "s2p.pth"))
    assert list(rows) == NAMES
    for name, row in rows.items():
        expected = set() if name in NAMES[:4] else {"SSIM to next"}
        expected |= set() if name in NAMES[:6] else {"cycle PSNR", "cycle SSIM"}
        assert {column for column, cell in row.items() if cell == "-"} == expected
        assert re.fullmatch(r"0\.\d{3} \(at 0\.\d\d\)|0\.000 .*|1\.000 .*", row["boundary F"])
        assert re.fullmatch(r"-?\d+\.\d{3} ± \d+\.\d{3}", row["distance to drawings"])
    assert float(rows["Canny"]["boundary F"].split()[0]) > 0.9, "the truth was made with Canny's edges"
    near, far = (float(rows[name]["distance to drawings"].split()[0]) for name in ("Canny", "XDoG"))
    assert near < far, "so were the drawings"
    assert "3 photos, 3 of them with boundaries" in text and "checkpoint of step 7" in text


def test_columns_without_their_input_stay_empty(data, capsys, monkeypatch):
    monkeypatch.setitem(quality.CHECKPOINTS, "sketch2photo", str(data / "none.pth"))
    (data / "elsewhere").mkdir()
    rows, text = report(data, capsys, "--truth", str(data / "elsewhere"), "--limit", "2", "--matching", "exact")
    for row in rows.values():
        empty = {column for column, cell in row.items() if cell == "-"} - {"SSIM to next"}
        assert empty == {"boundary F", "F, own thresholds", "distance to drawings", "cycle PSNR", "cycle SSIM"}
    assert "2 photos, 0 of them with boundaries" in text


def test_limit_takes_photos_from_the_whole_folder():
    assert quality.some_of(list(range(10)), 3) == [0, 4, 9]
    assert quality.some_of(list(range(3)), 10) == [0, 1, 2]
    assert quality.some_of(list(range(4)), None) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--photos", "missing"], "--photos: no such folder: missing"),
        (["--truth", "missing"], "--truth: no such folder or file: missing"),
        (["--drawings", "missing", "--vgg", "{data}/vgg.pth"], "--drawings: no such folder: missing"),
        (["--drawings", "{data}/drawings", "--vgg", "missing.pth"], "VGG weights not found: missing.pth"),
        (["--checkpoint", "{data}/s2p.pth"], "holds a Sketch2Photo, not a Photo2Sketch"),
        (["--sketch2photo", "{data}/p2s.pth"], "holds a Photo2Sketch, not a Sketch2Photo"),
    ],
)
def test_bad_options_get_one_sentence(data, capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        report(data, capsys, *(argument.format(data=data) for argument in arguments))
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_runs_as_a_file_from_anywhere(tmp_path):
    command = [sys.executable, os.path.join(ROOT, "benchmarks", "quality.py"), "--photos", "missing"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and "--photos: no such folder" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", classical.METHODS)
def test_classical_drawings_have_ink_at_the_contours_and_paper_elsewhere(name):
    photo = np.full((100, 140, 3), 220, np.uint8)
    cv2.circle(photo, (70, 50), 30, (90, 90, 90), -1, cv2.LINE_AA)
    drawing = classical.METHODS[name](photo)
    assert drawing.dtype == np.float32 and drawing.shape == (100, 140)
    assert drawing.min() >= 0 and drawing.max() <= 1
    y, x = np.mgrid[:100, :140]
    radius = np.hypot(x - 70, y - 50)
    assert drawing[np.abs(radius - 29) < 2].min() < 0.6
    assert drawing[radius > 40].min() > 0.95 and drawing[radius < 10].min() > 0.95


def test_dodge_is_the_formula_of_the_scripts():
    photo = scene(3)
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    script = cv2.divide(gray, 255 - cv2.GaussianBlur(255 - gray, (21, 21), 0), scale=255)
    assert np.abs(classical.dodge(photo) * 255 - script).max() < 5, "beyond the script's rounding to bytes"


def test_xdog_is_the_published_formula():
    photo = scene(4)
    gray = classical.luminance(photo).astype(np.float64)
    sharpened = 21 * cv2.GaussianBlur(gray, (0, 0), 1.0, borderType=cv2.BORDER_REFLECT)
    sharpened -= 20 * cv2.GaussianBlur(gray, (0, 0), 1.6, borderType=cv2.BORDER_REFLECT)
    expected = np.array([1 if u >= 0.7 else max(0, 1 + np.tanh(5 * (u - 0.7))) for u in sharpened.ravel()])
    drawing = classical.xdog(photo, 1.0, 1.6, 20.0, 0.7, 5.0)
    assert drawing.ravel() == pytest.approx(expected, abs=1e-3)


def test_classical_drawings_are_written_and_a_bad_photo_is_named(tmp_path, capsys):
    photos, output = tmp_path / "photos", tmp_path / "drawings"
    (photos / "more").mkdir(parents=True)
    rgb = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(rgb).save(photos / "more" / "one.png")
    Image.fromarray(255 - rgb).save(photos / "more" / "one.tif")
    (photos / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(SystemExit) as left:
        classical.main(["--photos", str(photos), "--output", str(output)])
    assert "bad.jpg" in left.value.code and "2 photos drawn" in capsys.readouterr().out
    for name, method in classical.METHODS.items():
        drawn = np.array(Image.open(output / name / "more" / "one.png"))
        assert np.abs(drawn - 255 * method(rgb)).max() <= 0.5
        other = np.array(Image.open(output / name / "more" / "one.tif.png"))  # named as by the tools: nothing is replaced
        assert np.abs(other - 255 * method(255 - rgb)).max() <= 0.5
    for place, folder, option in ((tmp_path / "none", output, "--photos"), (photos, photos / "bad.jpg", "--output")):
        with pytest.raises(SystemExit) as left:
            classical.main(["--photos", str(place), "--output", str(folder)])
        assert left.value.code and option in f"{left.value.code}{capsys.readouterr().err}"
