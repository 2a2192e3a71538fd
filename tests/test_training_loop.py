"""Short trainings on the bundled pictures: what they write, what they run, and how they fail."""
import json
import multiprocessing
import shutil

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from losses.objective import GeneratorObjective
from model import Photo2Sketch, Sketch2Photo
from model.engine import Engine
from tests.tiny import TINY_PAPER
from tests.training_runs import ROOT, arguments, call, newest, stats, tiny_run
from utils.checkpoint import load_network, save_generator
from utils.training.export import export, main
from utils.training.networks import build_networks
from utils.training.options import read_line, read_options
from utils.training.samples import HEADER

GENERATORS = {"photo2sketch": Photo2Sketch, "sketch2photo": Sketch2Photo}
EDGE_ONLY = ("--weight-luminance", "0", "--weight-cycle", "0", "--weight-adversarial", "0")


@pytest.fixture(scope="module")
def coco(tmp_path_factory):
    """The bundled photos in COCO's layout, three of them for validation."""
    folder = tmp_path_factory.mktemp("coco")
    photos = sorted((ROOT / "data" / "sample" / "photos").glob("*.jpg"))
    for split, part in (("train2017", photos[3:]), ("val2017", photos[:3])):
        (folder / split).mkdir()
        for photo in part:
            shutil.copy(photo, folder / split)
    return folder


@pytest.fixture(scope="module")
def run(coco, tmp_path_factory):
    """A finished run with validation and picture grids."""
    extra = ("--photos", coco, "--validate-every", "2", "--sample-every", "2", "--samples", "2", "--name", "test")
    extra += ("--weight-deep-supervision", "10")
    before = set(multiprocessing.active_children())
    run = tiny_run(tmp_path_factory.mktemp("runs"), *extra, "--workers", "1", curves=True)
    assert set(multiprocessing.active_children()) <= before  # the loading processes have ended
    return run


def test_compiled_networks_train_with_the_gradient_penalty(tmp_path, monkeypatch):
    compile = torch.nn.Module.compile
    monkeypatch.setattr(torch.nn.Module, "compile", lambda network: compile(network, backend="aot_eager"))  # needs no C++ compiler
    runs = [tiny_run(tmp_path / name, "--steps", "2", *more, curves=True) for name, more in (("a", []), ("b", ["--compile"]))]
    plain, compiled = (stats(run)[0] for run in runs)
    assert compiled["r1"] > 0 and compiled["total"] == pytest.approx(plain["total"], rel=1e-3)
    assert (runs[1] / "curves.png").exists()  # without a validation too


def test_validation_takes_no_more_photos_at_once_than_training(tmp_path, monkeypatch):
    given = []
    monkeypatch.setattr("utils.training.loop.Validation", lambda data, count, batch, *rest: given.append(batch))
    tiny_run(tmp_path, "--steps", "1", "--validate-every", "5", "--batch", "4", "--accumulate", "2")
    assert given == [2]


def test_run_folder_holds_options_stats_samples_curves_and_checkpoints(run, coco):
    assert run.name == "001-test"
    options = json.loads((run / "options.json").read_text())
    assert options["photos"] == str(coco) and "dry_run" not in options
    assert [line["step"] for line in stats(run)] == [1, 2, 3, 4]
    line = stats(run)[0]
    for name in ("edge_candidates", "edge_sketch", "luminance", "cycle", "adversarial", "discriminator", "r1", "total"):
        assert np.isfinite(line[name])
    for name in ("lr", "lr_discriminator", "gradient_photo2sketch", "seconds_data", "seconds_compute", "photos_per_second"):
        assert line[name] >= 0
    assert 0 <= line["waiting_share"] <= 1
    held_back = stats(run, "validation")
    assert [line["step"] for line in held_back] == [2, 4]
    assert {"psnr", "ssim", "boundary_f", "ink_1", "ink_5", "ink_sketch", "score"} <= held_back[0].keys()
    assert sorted(path.name for path in (run / "samples").iterdir()) == ["step-000000002.jpg", "step-000000004.jpg"]
    sheet = cv2.imread(str(run / "samples" / "step-000000004.jpg"))
    assert sheet.shape == (HEADER + 2 * 36, 15 * 36, 3)
    assert cv2.imread(str(run / "curves.png")) is not None
    best = torch.load(run / "checkpoints" / "best.pt", weights_only=True)
    assert best["best"] == pytest.approx(max(line["score"] for line in held_back), rel=1e-4)
    assert not list(run.rglob("*.tmp*"))


def test_exported_generators_are_the_averages_and_draw(run, tmp_path):
    paths = export(str(run), str(tmp_path))
    assert [path[len(str(tmp_path)) + 1 :] for path in paths] == ["photo2sketch.pth", "sketch2photo.pth"]
    network = load_network(Photo2Sketch, paths[0])
    for name, weights in newest(run)["averages"]["photo2sketch"].items():
        assert torch.equal(weights, network.state_dict()[name])
    assert network.step == 4
    drawing = Engine(network).draw(torch.rand(1, 3, 40, 33))
    assert drawing.sketch.shape == (1, 1, 40, 33)
    assert load_network(Sketch2Photo, paths[1])(drawing.sketch).shape == (1, 1, 40, 33)


def test_export_command(run, tmp_path, capsys):
    main([str(run), "--output", str(tmp_path / "out"), "--best"])
    assert capsys.readouterr().out.split() == [str(tmp_path / "out" / name) for name in ("photo2sketch.pth", "sketch2photo.pth")]
    with pytest.raises(SystemExit, match="is not the folder of a run"):
        main([str(tmp_path), "--output", str(tmp_path / "other")])
    with pytest.raises(SystemExit):
        main([str(run)])  # the shipped weights are not replaced unasked
    assert "--output" in capsys.readouterr().err and not (tmp_path / "other").exists()


def test_fine_tuning_starts_from_exported_generators(run, tmp_path):
    paths = export(str(run), str(tmp_path))
    words = arguments(tmp_path, "--photo2sketch", paths[0], "--sketch2photo", paths[1])
    networks = build_networks(read_options(read_line([str(word) for word in words])))
    assert networks.photo2sketch.training
    for network, path in ((networks.photo2sketch, paths[0]), (networks.sketch2photo, paths[1])):
        expected = torch.load(path, weights_only=True)["weights"]
        assert all(torch.equal(value, expected[name]) for name, value in network.state_dict().items())


def test_a_pupil_nears_its_teacher(run, coco, tmp_path, capsys):
    """Nearer than blank paper, and validated against what it is taught: a copy of the teacher matches it best."""
    teacher = run / "photo2sketch.pth"
    words = ["--photos", coco, "--teacher", teacher, *EDGE_ONLY, "--validate-every", 50]
    taught = tiny_run(tmp_path / "taught", *words, "--lr", 1e-2, "--batch", 2, "--steps", 50, "--ema", 0.5)
    photo = torch.from_numpy(np.array(Image.open(sorted((coco / "val2017").iterdir())[0]).convert("RGB").resize((96, 96))))
    one, other = (Engine(load_network(Photo2Sketch, path)).sketch(photo).float() for path in (teacher, taught / "photo2sketch.pth"))
    assert (one - other).abs().mean() < 0.5 * (one - 255).abs().mean()
    same = tiny_run(tmp_path / "same", *words, "--photo2sketch", teacher, "--freeze-norm", "--lr", 1e-9, "--steps", 1)
    figures = [stats(some, "validation")[-1]["boundary_f"] for some in (same, taught)]
    assert figures[0] == 1 >= figures[1]
    call(arguments(tmp_path, "--teacher", "nowhere.pth"), status=2)
    assert "checkpoint not found: nowhere.pth" in capsys.readouterr().err


def test_a_frozen_photo2sketch_stays_as_it_is_while_sketch2photo_learns(run, tmp_path, capsys):
    export(run, tmp_path)
    start = [load_network(kind, tmp_path / f"{name}.pth") for name, kind in GENERATORS.items()]
    words = [x for name in GENERATORS for x in (f"--{name}", tmp_path / f"{name}.pth")]
    frozen = tiny_run(tmp_path / "runs", *words, "--freeze-photo2sketch", "--steps", 3, "--candidate-share", 0.5)
    call(["--resume", frozen, "--steps", 6])
    assert "adversarial" not in stats(frozen)[0] and "edge_sketch" not in stats(frozen)[0] and len(stats(frozen)) == 6
    content = newest(frozen)
    for part in ("networks", "averages"):
        for name, old in zip(GENERATORS, start):
            same = [torch.equal(value, content[part][name][key]) for key, value in old.state_dict().items()]
            assert all(same) if name == "photo2sketch" else not any(same[:1])
    call(arguments(tmp_path / "none", "--freeze-photo2sketch"), status=2)
    assert "needs the --photo2sketch" in capsys.readouterr().err
    nothing = ("--weight-cycle", 0, "--weight-luminance", 0)
    call(arguments(tmp_path / "none", *words, "--freeze-photo2sketch", *nothing), status=2)
    assert "nothing to train" in capsys.readouterr().err


def test_frozen_norms_keep_the_statistics_of_the_checkpoint_while_weights_learn(run, tmp_path):
    export(run, tmp_path)
    before = load_network(Photo2Sketch, tmp_path / "photo2sketch.pth").state_dict()
    words = ["--photo2sketch", tmp_path / "photo2sketch.pth", "--freeze-norm"]
    frozen = tiny_run(tmp_path / "runs", *words, "--steps", 2)
    call(["--resume", frozen, "--steps", 4])
    networks = newest(frozen)["networks"]
    kept = {name: torch.equal(value, before[name]) for name, value in networks["photo2sketch"].items()}
    statistics = {name for name in kept if "running" in name}
    assert statistics and all(kept[name] for name in statistics)
    assert not any(kept[name] for name in kept if name.endswith("conv.weight") or name.endswith("first.1.weight"))
    fresh = networks["sketch2photo"]  # starts from no checkpoint: learns its statistics
    assert not any(torch.equal(value, torch.zeros_like(value)) for name, value in fresh.items() if "running_mean" in name)


def test_norms_cannot_be_frozen_where_there_are_none(tmp_path, capsys):
    save_generator(Photo2Sketch(TINY_PAPER), tmp_path / "paper.pth", 1)  # instance norm
    call(arguments(tmp_path / "none", "--photo2sketch", tmp_path / "paper.pth", "--freeze-norm"), status=2)
    assert "paper.pth has no batch norm" in capsys.readouterr().err and not (tmp_path / "none").exists()


def test_networks_that_no_loss_needs_are_not_built(tmp_path):
    run = tiny_run(tmp_path, *EDGE_ONLY, "--steps", "2")
    assert newest(run)["networks"].keys() == {"photo2sketch"}
    assert {"edge_candidates", "edge_sketch"} < stats(run)[0].keys()
    assert not {"cycle", "adversarial", "gradient_sketch2photo"} & stats(run)[0].keys()
    assert len(export(str(run), str(tmp_path / "out"))) == 1


def test_lazy_networks_rest_between_their_steps(tmp_path):
    run = tiny_run(tmp_path, "--cycle-every", "2", "--adversarial-every", "3")
    assert ["gradient_sketch2photo" in line for line in stats(run)] == [True, False, True, False]
    assert ["gradient_discriminator" in line for line in stats(run)] == [True, False, False, True]


def test_bfloat16_is_near_float32_and_keeps_the_weights_exact(tmp_path):
    exact, rounded = (tiny_run(tmp_path / name, "--steps", "2", "--precision", name) for name in ("float32", "bfloat16"))
    for name in ("edge_candidates", "luminance", "cycle", "discriminator", "gradient_photo2sketch"):
        one, two = stats(exact)[0][name], stats(rounded)[0][name]
        assert one != two == pytest.approx(one, rel=0.1)
    weights = [w for part in newest(rounded)["networks"].values() for w in part.values() if w.is_floating_point()]
    assert {w.dtype for w in weights} == {torch.float32}


def test_gradients_are_clipped_for_each_network(tmp_path):
    free, held = (tiny_run(tmp_path / limit, *EDGE_ONLY, "--steps", "1", "--warmup", "0", "--clip", limit) for limit in ("0", "1e-9"))
    assert stats(held)[0]["gradient_photo2sketch"] == stats(free)[0]["gradient_photo2sketch"] > 1e-6  # as it was before
    size = [max(m["exp_avg"].abs().max() for m in newest(run)["optimisers"]["generators"]["state"].values()) for run in (free, held)]
    assert size[1] <= 1.1e-10 < size[0]


def test_learning_lowers_the_edge_loss(tmp_path):
    run = tiny_run(tmp_path, *EDGE_ONLY, "--steps", "25", "--lr", "1e-2", "--batch", "2", "--epoch-length", "2", "--scales", "1", "1")
    losses = [line["edge_candidates"] for line in stats(run)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_accumulated_parts_give_the_gradient_of_the_whole(tmp_path):
    extra = (*EDGE_ONLY, "--preset", "paper", "--steps", "1")  # instance norm: a photo's gradient is its own
    whole, parts = (tiny_run(tmp_path / n, *extra, "--accumulate", n) for n in ("1", "4"))
    one, two = stats(whole)[0], stats(parts)[0]
    for name in ("edge_candidates", "edge_sketch", "total", "gradient_photo2sketch"):
        assert two[name] == pytest.approx(one[name], rel=1e-4)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, capsys):
    terms, calls = GeneratorObjective.__call__, []

    def failing(self, *arguments, **named):
        calls.append(1)
        found = terms(self, *arguments, **named)
        factor = float("nan") if len(calls) == 4 else 1.0
        return found | {"cycle": found["cycle"] * factor, "total": found["total"] * factor}

    monkeypatch.setattr(GeneratorObjective, "__call__", failing)
    call(arguments(tmp_path, "--steps", "6", "--save-every", "3"), status=1)
    run = tmp_path / "001-run"
    assert [path.name for path in (run / "checkpoints").iterdir()] == ["step-000000003.pt"]
    assert all(w.isfinite().all() for part in newest(run)["networks"].values() for w in part.values())
    report = json.loads((run / "not_finite.json").read_text())
    assert report["step"] == 4 and len(report["photos"]) == 4 and report["values"]["cycle"] == "nan"
    output = capsys.readouterr().out
    assert all(name in output for name in report["photos"]) and "cycle" in output
    monkeypatch.undo()
    call(["--resume", run])
    assert newest(run)["step"] == 6


def test_time_limit_saves_and_leaves(tmp_path, capsys):
    run = tiny_run(tmp_path, "--steps", "500", "--minutes", "0.001")
    assert newest(run)["step"] < 500
    assert "The time is over" in capsys.readouterr().out


def test_options_may_change_on_resume_but_not_the_networks(run, capsys):
    call(["--resume", run, "--widths", "8", "8", "8", "8"], status=2)
    assert "--widths cannot change when a run is resumed" in capsys.readouterr().err
    call(["--resume", run, "--freeze-photo2sketch"], status=2)
    assert "--freeze-photo2sketch cannot change" in capsys.readouterr().err
    call(["--resume", run, "--config", "configs/fast.yaml"], status=2)
    assert "give no --config" in capsys.readouterr().err


def test_bad_checkpoints_to_start_from_are_refused(tmp_path, capsys):
    (tmp_path / "bad.pth").write_bytes(b"PK")
    call(arguments(tmp_path / "runs", "--photo2sketch", tmp_path / "bad.pth"), status=2)
    assert "bad.pth" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
