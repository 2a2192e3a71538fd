"""Trainings in stages: order, inheritance, weights handed on, refusals before any work."""
import json
import os

import pytest
import torch
import yaml

from model import Photo2Sketch
from tests.training_runs import ROOT, arguments, call
from utils.training.fields import OptionError
from utils.training.options import read_options
from utils.training.stages import next_stage, stages

SECOND = {
    "name": "second", "size": 48, "batch": 2, "steps": 1, "lr": 1e-12, "weight_decay": 0, "warmup": 0, "sample_every": 0,
    "validate_every": 0, "weight_style": 0, "weight_content_sketch": 0, "weight_content_reconstruction": 0,
    "discriminator_widths": [4, 8],
}  # fmt: skip
EDGE_ONLY = [word for name in ("luminance", "cycle", "adversarial") for word in (f"--weight-{name}", "0")]


def write(path, **values):
    path.write_text(yaml.safe_dump(values))
    return str(path)


@pytest.fixture
def words(tmp_path):
    """A first stage of edges alone, which a second one follows that hardly changes the weights."""
    write(tmp_path / "second.yaml", **SECOND)
    first = write(tmp_path / "first.yaml", name="first", then="second.yaml")
    return arguments(tmp_path / "runs", *EDGE_ONLY, "--config", first, "--seed", 3)


def test_the_second_stage_starts_from_the_weights_of_the_first(words, tmp_path, capsys):
    call(words)
    first, second = sorted((tmp_path / "runs").iterdir())
    assert (first.name, second.name) == ("001-first", "002-second")
    assert not (first / "sketch2photo.pth").exists() and (second / "sketch2photo.pth").exists()
    drawn = [Photo2Sketch.from_checkpoint(str(run / "photo2sketch.pth")) for run in (first, second)]
    assert [network.step for network in drawn] == [4, 1]
    for before, after in zip(*(network.parameters() for network in drawn)):
        assert torch.allclose(before, after, atol=1e-6)
    options = json.loads((second / "options.json").read_text())
    assert (options["seed"], options["size"], options["steps"]) == (3, 48, 1)
    assert options["photos"].endswith("photos") and options["references"] and options["then"] == ""
    assert capsys.readouterr().out.count("Weights for drawing") == 2


def test_a_stage_that_is_cut_short_is_not_followed_until_it_is_resumed(words, tmp_path):
    call([*words, "--minutes", 1e-6])
    (first,) = (tmp_path / "runs").iterdir()
    assert not (first / "photo2sketch.pth").exists()
    call(["--resume", first, "--minutes", 0])
    assert sorted(run.name for run in (tmp_path / "runs").iterdir()) == ["001-first", "002-second"]


def test_what_follows_is_refused_before_any_work(words, tmp_path, capsys):
    write(tmp_path / "second.yaml", **{**SECOND, "scales": [2, 1]})
    call(words, status=2)
    assert "second.yaml, which follows: --scales takes two numbers" in capsys.readouterr().err
    write(tmp_path / "second.yaml", **SECOND, then="second.yaml")
    call(words, status=2)
    assert "second.yaml follows itself" in capsys.readouterr().err
    os.remove(tmp_path / "second.yaml")
    call(words, status=2)
    assert f"No such configuration file: {tmp_path / 'second.yaml'}" in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
    call([*words, "--then", ""])
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_dry_run_shows_every_stage(words, tmp_path, capsys):
    call([*words, "--dry-run"])
    text = capsys.readouterr().out
    assert text.count("steps of 4 photos") == 1 and text.count("steps of 2 photos") == 1
    assert f"photo2sketch: {tmp_path / 'runs' / 'NNN-first' / 'photo2sketch.pth'}" in text


def test_the_shipped_recipe_is_one_command():
    options = read_options(["--config", str(ROOT / "configs" / "fast.yaml"), "--photos", "p", "--references", "r", "--vgg", "v"])
    first, second = stages(options)
    assert (first.name, second.name) == ("fast", "fast-references")
    assert not first.weights().needs_reference and second.weights().needs_reference
    assert (second.photos, second.references, second.vgg) == ("p", ("r",), "v")
    assert next_stage(second, "") is None


def test_the_shipped_recipe_asks_for_drawings_at_once():
    with pytest.raises(OptionError, match="fast_references.yaml, which follows: .* give --references"):
        stages(read_options(["--config", str(ROOT / "configs" / "fast.yaml"), "--photos", "p"]))
