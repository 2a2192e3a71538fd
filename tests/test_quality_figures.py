"""The README's figures: made by code, complete, small, and in step with the presets."""
import os
import xml.etree.ElementTree as ElementTree

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import figures
from model import PRESETS, Photo2Sketch
from utils.all_drawings import AllDrawings
from utils.architecture_figure import architecture_svg, strides
from utils.checkpoint import load_network, save_generator
from utils.contact_sheet import contact_sheet, with_palette
from utils.style import PLAIN

from .tiny import TINY

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "p2s.pth"
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), path, 3)
    return str(path)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    folder = tmp_path / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name, shape in (("a.jpg", (60, 90)), ("b.png", (80, 50)), ("c.jpg", (64, 64))):
        cv2.imwrite(str(folder / name), cv2.resize(rng.integers(0, 256, (6, 8, 3), np.uint8), shape[::-1]))
    monkeypatch.setattr(figures, "PHOTOS", str(folder))
    return folder


def test_all_drawings_have_the_photos_size_whatever_the_working_size(checkpoint):
    photo = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)
    networks = [AllDrawings(checkpoint, "cpu", size, **PLAIN) for size in ("full", 100)]
    for each in networks:
        each.sketcher.hatches = False  # no second drawing: what the network draws, and no more
    own, larger = (each(photo) for each in networks)
    network = load_network(Photo2Sketch, checkpoint)
    with torch.inference_mode():
        expected = network(torch.from_numpy(photo).permute(2, 0, 1)[None].float() / 255)
    assert list(own) == ["outline", "contour", "detail", "shaded", "pencil", "blend"]
    for i, (name, drawing) in enumerate(own.items()):
        assert drawing.dtype == np.float32 and drawing.shape == larger[name].shape == (50, 70)
        plain = expected.candidates[0, i] if i < 5 else expected.sketch[0, 0]
        assert np.abs(drawing - plain.numpy()).max() < 0.51 / 255
        assert np.abs(drawing - larger[name]).max() > 1e-3


def test_figures_are_written_and_complete(checkpoint, photos, tmp_path):
    output = tmp_path / "figure"
    chosen = [str(photos / "a.jpg"), str(photos / "b.png")]
    figures.main(["all", "--checkpoint", checkpoint, "--output", str(output), "--photos", *chosen])
    assert sorted(os.listdir(output)) == ["architecture.svg", "compare.png", "sheet.jpg"]
    with Image.open(output / "sheet.jpg") as sheet:  # two photos of four pictures in a row, three photos
        assert sheet.width == 8 + 8 * (216 + 8) and sheet.height < 3 * (216 + 40)
    with Image.open(output / "compare.png") as compare:
        assert compare.mode == "P" and compare.width == 8 + 7 * (220 + 8)


def test_one_figure_alone_needs_no_checkpoint(tmp_path):
    figures.main(["architecture", "--output", str(tmp_path), "--checkpoint", "missing.pth"])
    assert os.listdir(tmp_path) == ["architecture.svg"]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["sheet", "--checkpoint", "missing.pth"], "missing.pth"),
        (["compare", "--photos", "missing.jpg"], "missing.jpg"),
    ],
)
def test_bad_input_gets_a_sentence_and_no_file(checkpoint, photos, tmp_path, arguments, words):
    known = [] if "--checkpoint" in arguments else ["--checkpoint", checkpoint]
    with pytest.raises(SystemExit) as caught:
        figures.main([*arguments, *known, "--output", str(tmp_path / "figure")])
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert os.listdir(tmp_path / "figure") == []


def test_architecture_names_every_width_and_lies_inside_its_frame():
    root = ElementTree.fromstring(architecture_svg())
    words = [node.text for node in root.iter(f"{SVG}text")]
    for arch in PRESETS.values():
        assert words.count(f"{arch.grid} x {arch.grid} tokens") == sum(arch.grid == other.grid for other in PRESETS.values())
        count = sum(parameter.numel() for parameter in Photo2Sketch(arch).parameters())
        assert any(line.startswith(f"{count / 1e6:.2f} M parameters") for line in words)
    # Encoder and decoder name each width once, the bottleneck's once in all.
    widths = [width for arch in PRESETS.values() for width in (*arch.widths, *arch.widths[1:-1], arch.head_width)]
    for width in set(widths):
        assert words.count(str(width)) == widths.count(width)
    assert strides(PRESETS["paper"]) == [1, 2, 4, 8] and strides(PRESETS["fast"])[-1] == PRESETS["fast"].stride
    right, bottom = float(root.get("width")), float(root.get("height"))
    for box in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        assert 0 <= x and x + width <= right and 0 <= y and y + height <= bottom
    for line in root.iter(f"{SVG}polyline"):
        points = np.array([point.split(",") for point in line.get("points").split()], float)
        assert (points >= 0).all() and (points <= [right, bottom]).all()


def test_the_shipped_diagram_is_the_one_that_the_code_draws():
    with open(os.path.join(figures.ROOT, "figure", "architecture.svg"), encoding="utf-8") as file:
        assert file.read() == architecture_svg(), "make it again: python -m benchmarks.figures architecture"


def test_shipped_figures_are_small():
    folder = os.path.join(figures.ROOT, "figure")
    sizes = {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
    assert max(sizes.values()) < 600_000 and sum(sizes.values()) < 2_000_000


def test_a_palette_keeps_greys_grey_and_photos_coloured():
    rng = np.random.default_rng(0)
    photo = cv2.resize(rng.integers(0, 256, (5, 5, 3), np.uint8), (80, 80), interpolation=cv2.INTER_LINEAR)
    ramp = np.tile(np.arange(0, 240, 3, dtype=np.uint8), (80, 1))
    sheet = contact_sheet([[("", photo), ("", ramp)]], cell=80, gap=8)
    reduced = np.asarray(with_palette(sheet).convert("RGB")).astype(int)
    assert np.abs(reduced - sheet)[8:88, 8:88].mean() < 8, "the photo"
    assert np.abs(reduced - sheet)[8:88, 96:176].max() <= 8, "the drawing"
    assert (reduced[:4] == sheet[:4]).all(), "the background"
