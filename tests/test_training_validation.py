"""Figures of validation against skimage and worked examples, and the curves."""
import json
import sys
import types

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import nn

from losses import vgg
from model import Drawing
from tests.training_runs import arguments, call, newest, stats
from utils.metrics import count_matches, f_measure, match_radius
from utils.training import validation
from utils.training.curves import draw_curves, series
from utils.training.distributed import Group
from utils.training.stats import Log, Meter, lines

SIZE = 64


class Photos(torch.utils.data.Dataset):
    """Random items in the shape of the project's dataset."""

    def __init__(self, count):
        rng = np.random.default_rng(0)
        channels = {"photo": 3, "clean": 3, "guidance": 6, "importance": 1, "reference": 1}
        shapes = {name: (n, SIZE, SIZE) for name, n in channels.items()}
        self.items = [
            {name: torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8)) for name, shape in shapes.items()}
            for _ in range(count)
        ]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.items[index] | {"name": str(index)}


class Draws(nn.Module):
    """Candidates of 10 % to 50 % ink; the sketch is the photo's green channel."""

    def forward(self, photo):
        planes = torch.linspace(0.9, 0.5, 5).view(1, 5, 1, 1).expand(len(photo), 5, SIZE, SIZE)
        return Drawing(planes, torch.full_like(planes, 0.2), photo[:, 1:2])


def features(image):
    """Stands for VGG: two layers of fixed filters."""
    first = torch.cat([image, image.roll(1, 3) - image, image**2], 1)
    return [first, first[..., ::2, ::2] * 2]


def test_figures_against_skimage_and_by_hand():
    data = Photos(5)
    generators = {"photo2sketch": Draws(), "sketch2photo": nn.Identity()}
    found = validation.Validation(data, 4, 3, 0, Group(), torch.device("cpu"), features)(generators)
    ratios, similarities, statistics = [], [], {"drawn": [], "photos": [], "references": []}
    for item in data.items[:4]:
        clean, green, reference = (item[n].numpy().astype(np.float64) / 255 for n in ("clean", "photo", "reference"))
        truth = np.tensordot([0.299, 0.587, 0.114], clean, 1)
        ratios.append(peak_signal_noise_ratio(truth, green[1], data_range=1))
        similarities.append(
            structural_similarity(truth, green[1], data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False)
        )
        for name, image in (("drawn", green[1]), ("photos", truth), ("references", reference[0])):
            layers = [layer[0].numpy() for layer in features(torch.from_numpy(image)[None, None])]
            moments = [np.concatenate([layer.mean((1, 2)), np.sqrt(layer.var((1, 2)) + 1e-5)]) for layer in layers]
            statistics[name].append(np.concatenate(moments))
    drawn, photos, references = (np.mean(statistics[name], 0) for name in ("drawn", "photos", "references"))
    style = ((drawn - references) ** 2).sum() / ((photos - references) ** 2).sum()
    assert found["psnr"] == pytest.approx(np.mean(ratios), rel=1e-5)
    assert found["ssim"] == pytest.approx(np.mean(similarities), rel=1e-4)
    assert found["style_distance"] == pytest.approx(style, rel=1e-3)
    assert [found[f"ink_{i}"] for i in range(1, 6)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5], abs=1e-6)
    assert found["score"] == pytest.approx(found["boundary_f"] + found["ssim"] - found["style_distance"])


def test_shares_of_two_processes_add_up_to_the_whole():
    data, generators, parts = Photos(5), {"photo2sketch": Draws(), "sketch2photo": nn.Identity()}, []

    class Recorded(Group):
        def collect(self, value):
            parts.append(value)
            return [value]

    whole = validation.Validation(data, 5, 2, 0, Group(), torch.device("cpu"), features)(generators)
    for rank in (0, 1):
        validation.Validation(data, 5, 2, 0, Recorded(rank, 2), torch.device("cpu"), features)(generators)
    assert [part["count"] for part in parts] == [3, 2]
    assert validation.summarize(parts) == pytest.approx(whole)


@pytest.mark.parametrize("drawings", [True, False])
def test_the_style_distance_counts_where_there_are_references(tmp_path, drawings):
    torch.manual_seed(0)
    torch.save(vgg.build(vgg.LAYERS["VGG16"]).state_dict(), tmp_path / "vgg.pth")
    words = arguments(tmp_path / "runs", "--vgg", tmp_path / "vgg.pth", "--weight-content-sketch", 0.1, "--weight-adversarial", 0)
    words += ["--steps", 1, "--validate-every", 1, "--validation-photos", 2]
    if not drawings:
        place = words.index("--references")
        del words[place : place + 2]
    call(words)
    run = tmp_path / "runs" / "001-run"
    values = stats(run, "validation")[0]
    assert ("style_distance" in values) == drawings
    expected = values["boundary_f"] + values["ssim"] - values.get("style_distance", 0)
    assert newest(run)["best"] == pytest.approx(expected, rel=1e-3)


def test_boundary_f_counts_lines_near_the_truth():
    def page(*rows):
        drawing = np.ones((100, 100), np.float32)
        for row in rows:
            cv2.line(drawing, (10, row), (89, row), 0.0, 2)
        return validation.lines_of(drawing)

    def f(drawn, truth):
        return f_measure(count_matches(drawn, [truth], match_radius(drawn.shape)))

    assert f(page(20, 60), page(20, 60)) == 1
    assert f(page(21), page(20)) == 1  # the reach is 1.06 pixels
    assert f(page(24), page(20)) == 0
    assert f(page(20), page(20, 60)) == pytest.approx(2 / 3, abs=0.02)  # all drawn is right, half is found
    assert f(page(), page(20)) == 0 and f(page(20), page()) == 0
    assert page(20).sum() < 2.2 * 80  # thin: a line of 80 pixels is one or two pixels wide


def test_meter_and_log(tmp_path):
    meter = Meter()
    meter.add({"a": torch.tensor(1.0), "b": 4.0})
    meter.add({"a": torch.tensor(2.0)})
    assert meter.report(Group(), "cpu") == {"a": 1.5, "b": 4.0}
    assert meter.report(Group(), "cpu") == {}
    path = tmp_path / "stats.jsonl"
    log = Log(path)
    for step in (1, 2, 3):
        log.write("train", step, {"a": step / 3})
    with open(path, "a") as file:
        file.write('{"kind": "train", "st')  # a crash
    assert [line["step"] for line in lines(path)] == [1, 2, 3]
    Log(path, step=2).write("validation", 2, {"score": 1.0})
    assert [(line["kind"], line["step"]) for line in map(json.loads, path.read_text().splitlines())] == [
        ("train", 1),
        ("train", 2),
        ("validation", 2),
    ]


def test_curves_show_every_value(tmp_path):
    train = {"edge_sketch": 0.5, "total": 50.0, "r1": 0.0, "gradient_photo2sketch": 2.0, "lr": 1e-3}
    train |= {"seconds_data": 0.1, "waiting_share": 0.1}
    held_back = {"psnr": 20.0, "ssim": 0.5, "boundary_f": 0.5, "style_distance": 0.3, "ink_1": 0.1, "score": 0.7}
    rows = [{"kind": "train", "step": s, **train} for s in (1, 2)] + [{"kind": "validation", "step": 2, **held_back}]
    shown = series(rows)
    assert {name for _, name in shown} == train.keys() | held_back.keys()
    assert shown[(1, "edge_sketch")] == ([1, 2], [0.5, 0.5])
    draw_curves(rows, tmp_path / "curves.png")
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture.shape[0] > 500 and picture.std() > 5
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_tensorboard_gets_every_value_and_forgets_what_is_taken_again(tmp_path, monkeypatch):
    class Writer:
        def __init__(self, folder, purge_step):
            self.purge_step, self.written = purge_step, []

        def add_scalar(self, *value):
            self.written.append(value)

        def flush(self):
            pass

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=Writer))
    log = Log(tmp_path / "stats.jsonl", step=4, events=str(tmp_path / "events"))
    log.write("train", 5, {"total": 2.0})
    assert log.board.purge_step == 5 and log.board.written == [("train/total", 2.0, 5)]
