"""Trainings in stages: order, inheritance, weights handed on, refusals before any work."""
import json
import os
import shutil
import signal

import pytest
import torch
import yaml

from model import Photo2Sketch
from tests.training_runs import NO_VGG, ROOT, call, stats
from utils.checkpoint import load_network
from utils.training.fields import OptionError
from utils.training.loop import Run
from utils.training.stages import read_stages

TINY = {
    "warmup": 2, "threads": 1, "workers": 0, "device": "cpu", "precision": "float32", "log_every": 1, "sample_every": 0,
    "validate_every": 0, "widths": [4, 4, 8, 8], "discriminator_widths": [4, 8], **{f"weight_{name}": 0 for name in NO_VGG},
}  # fmt: skip
EDGE_ONLY = {f"weight_{name}": 0 for name in ("luminance", "cycle", "adversarial")}
# Hardly changes the weights.
SECOND = {**TINY, "name": "second", "size": 48, "batch": 2, "steps": 1, "lr": 1e-12, "weight_decay": 0, "warmup": 0}
RECIPE = ["--config", str(ROOT / "configs" / "fast.yaml"), "--photos", "p"]


def write(path, **values):
    path.write_text(yaml.safe_dump(values))


@pytest.fixture
def words(tmp_path):
    """The command line of a first stage of edges alone, which second.yaml follows."""
    write(tmp_path / "second.yaml", **SECOND)
    places = {"photos": str(ROOT / "data/sample/photos"), "references": [str(ROOT / "data/sample/drawings")]}
    first = {**TINY, **EDGE_ONLY, **places, "name": "first", "size": 32, "batch": 4, "steps": 4, "seed": 3}
    write(tmp_path / "first.yaml", **first, runs=str(tmp_path / "runs"), then="second.yaml")
    return ["--config", str(tmp_path / "first.yaml")]


def names(tmp_path):
    return sorted(run.name for run in (tmp_path / "runs").iterdir())


def test_the_second_stage_starts_from_the_weights_of_the_first(words, tmp_path, capsys):
    call(words)
    assert names(tmp_path) == ["001-first", "002-second"]
    first, second = sorted((tmp_path / "runs").iterdir())
    assert not (first / "sketch2photo.pth").exists() and (second / "sketch2photo.pth").exists()
    drawn = [load_network(Photo2Sketch, str(run / "photo2sketch.pth")) for run in (first, second)]
    assert [network.step for network in drawn] == [4, 1]
    for before, after in zip(*(network.parameters() for network in drawn)):
        assert torch.allclose(before, after, atol=1e-6)
    options = json.loads((second / "options.json").read_text())
    assert (options["seed"], options["size"], options["steps"]) == (3, 48, 1)
    assert options["photos"].endswith("photos") and options["references"] and options["then"] == ""
    assert capsys.readouterr().out.count("Weights for drawing") == 2


def test_a_run_is_resumed_from_anywhere_and_goes_on_without_the_files_of_its_stages(words, tmp_path, monkeypatch):
    call([*words, "--minutes", 1e-6])
    assert names(tmp_path) == ["001-first"] and not (tmp_path / "runs/001-first/photo2sketch.pth").exists()
    os.remove(tmp_path / "second.yaml")
    monkeypatch.chdir(tmp_path)
    call(["--resume", "runs/001-first", "--minutes", 0])
    assert names(tmp_path) == ["001-first", "002-second"]
    assert (tmp_path / "runs/002-second/photo2sketch.pth").exists()


def test_a_stage_is_not_begun_twice(words, tmp_path, capsys):
    call(words)
    first, second = sorted((tmp_path / "runs").iterdir())
    call(["--resume", first], status=2)
    assert f"was begun in {second}. Go on with --resume {second}" in capsys.readouterr().err
    assert names(tmp_path) == ["001-first", "002-second"]
    shutil.rmtree(second)
    call(["--resume", first])
    assert names(tmp_path) == ["001-first", "002-second"]


def test_a_stage_that_was_followed_is_not_extended(words, tmp_path, capsys):
    call(words)
    first, second = sorted((tmp_path / "runs").iterdir())
    call(["--resume", first, "--steps", 9], status=2)
    assert f"was begun in {second}" in capsys.readouterr().err
    assert max(line["step"] for line in stats(first)) == 4  # refused before the work
    call(["--resume", first, "--steps", 5, "--then", ""])
    assert max(line["step"] for line in stats(first)) == 5


def test_sketch2photo_waits_for_the_next_stage_that_needs_it(words, tmp_path, capsys):
    cycle = {**SECOND, "size": 32, "weight_luminance": 5}
    write(tmp_path / "first.yaml", **yaml.safe_load((tmp_path / "first.yaml").read_text()) | {"weight_luminance": 5})
    write(tmp_path / "second.yaml", **{**cycle, **EDGE_ONLY, "then": "third.yaml"})
    write(tmp_path / "third.yaml", **{**cycle, "name": "third", "then": "fourth.yaml"})
    write(tmp_path / "fourth.yaml", **{**cycle, "name": "third"})  # a name that was taken
    call([*words, "--dry-run"])
    assert capsys.readouterr().out.count("sketch2photo: 0.") == 3
    call([*words, "--minutes", 1e-6])
    call(["--resume", tmp_path / "runs/001-first", "--minutes", 0])
    assert names(tmp_path) == ["001-first", "002-second", "003-third", "004-third"]
    begun = [json.loads((run / "options.json").read_text()) for run in sorted((tmp_path / "runs").iterdir())]
    assert [os.path.basename(os.path.dirname(options["sketch2photo"])) for options in begun] == ["", "001-first", "001-first", "003-third"]
    assert [os.path.basename(os.path.dirname(options["photo2sketch"])) for options in begun] == ["", *names(tmp_path)[:3]]


@pytest.mark.parametrize("content", ["{", "[]", '{"stages": [3], "run": null}', '{"stages": [{"colour": 1}], "run": null}'])
def test_a_damaged_list_of_stages_is_refused(words, tmp_path, capsys, content):
    call([*words, "--minutes", 1e-6])
    (tmp_path / "runs/001-first/next.json").write_text(content)
    call(["--resume", tmp_path / "runs/001-first"], status=2)
    error = capsys.readouterr().err
    assert "next.json is damaged. Remove it" in error or "Unknown option 'colour'" in error


def test_a_signal_while_the_last_step_is_saved_keeps_the_next_stage_from_starting(words, tmp_path, monkeypatch, capsys):
    write_step = Run._write

    def interrupted(self, meter, reason, quiet):
        if self.step == self.total:
            os.kill(os.getpid(), signal.SIGTERM)
        write_step(self, meter, reason, quiet)

    monkeypatch.setattr(Run, "_write", interrupted)
    call(words, status=128 + signal.SIGTERM)
    assert names(tmp_path) == ["001-first"] and (tmp_path / "runs/001-first/photo2sketch.pth").exists()
    assert f"--resume {tmp_path / 'runs' / '001-first'}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change, words_given, sentence",
    [
        ({"scales": [2, 1]}, [], "second.yaml, which follows: --scales takes two numbers"),
        ({"then": "second.yaml"}, [], "second.yaml follows itself"),
        ({"weight_style": 1}, ["--vgg", "missing.pth"], "VGG weights not found: missing.pth"),
        ({"references": ["missing"]}, [], "The data is not there: no such folder: missing"),
        ({"sketch2photo": "missing.pth"}, [], "missing.pth"),
        ({"teacher": "missing.pth"}, [], "checkpoint not found: missing.pth"),
        ({"photo2sketch": "other.pth"}, [], "the stage goes on from the one before"),
        ({"batch": 3, "accumulate": 2}, [], "--batch 3 cannot be split"),
        ({"freeze_norm": True}, ["--preset", "paper"], "--freeze-norm (stage second): the generators have no batch norm"),
    ],
)
def test_what_follows_is_refused_before_any_work(words, tmp_path, capsys, change, words_given, sentence):
    write(tmp_path / "second.yaml", **{**SECOND, **change})
    call([*words, *words_given], status=2)
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_missing_file_is_refused_and_can_be_left_out(words, tmp_path, capsys):
    os.remove(tmp_path / "second.yaml")
    call(words, status=2)
    assert f"No such configuration file: {tmp_path / 'second.yaml'}" in capsys.readouterr().err
    call([*words, "--then", ""])
    assert names(tmp_path) == ["001-first"]


def test_processes_that_cannot_share_a_later_stage_are_refused_at_once(words, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "4")
    call(words, status=2)
    assert "--batch 2 (stage second) cannot be dealt out to 4 processes" in capsys.readouterr().err


@pytest.mark.parametrize("option, value", [("--name", "other"), ("--runs", "elsewhere")])
def test_a_resumed_run_stays_where_its_next_stage_looks_for_it(words, tmp_path, capsys, option, value):
    call([*words, "--minutes", 1e-6])
    call(["--resume", tmp_path / "runs/001-first", "--minutes", 0, option, value], status=2)
    assert f"{option} cannot change when a run is resumed" in capsys.readouterr().err
    call(["--resume", tmp_path / "runs/001-first", "--minutes", 0])
    assert names(tmp_path) == ["001-first", "002-second"]


def test_dry_run_fetches_nothing_for_a_later_stage(words, tmp_path, monkeypatch):
    write(tmp_path / "second.yaml", **{**SECOND, "weight_style": 1})
    fetched = []
    monkeypatch.setattr("utils.training.stages.VGGFeatures", fetched.append)
    call([*words, "--dry-run"])
    assert not fetched


def test_dry_run_shows_every_stage(words, tmp_path, capsys):
    call([*words, "--dry-run"])
    text = capsys.readouterr().out
    assert text.count("steps of 4 photos") == 1 and text.count("steps of 2 photos") == 1
    assert f"photo2sketch: {tmp_path / 'runs' / 'NNN-first' / 'photo2sketch.pth'}" in text
    assert not (tmp_path / "runs").exists()


def test_the_shipped_recipe_is_one_command():
    stages = read_stages([*RECIPE, "--references", "r", "--vgg", "v"])
    assert [stage.name for stage in stages] == ["fast", "fast-wide", "fast-references", "fast-reverse"]
    assert [bool(stage.weights().needs_reference) for stage in stages] == [False, False, True, False]
    assert all((stage.photos, stage.references, stage.vgg) == ("p", ("r",), "v") for stage in stages)
    assert [stage.batch for stage in stages] == [5, 2, 5, 14]


def test_the_shipped_recipe_asks_for_drawings_at_once():
    with pytest.raises(OptionError, match="fast_references.yaml, which follows: .* give --references"):
        read_stages(RECIPE)


def test_the_command_line_wins_in_every_stage():
    stages = read_stages([*RECIPE, "--references", "r", "--batch", "12", "--steps", "7", "--name", "mine"])
    assert all((stage.batch, stage.steps) == (12, 7) for stage in stages)
    assert [stage.name for stage in stages] == ["mine", "fast-wide", "fast-references", "fast-reverse"]
