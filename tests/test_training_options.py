"""Options: one source, limits, files, refusals."""
import dataclasses
import json
import math
import pathlib
import re

import pytest
import yaml

from losses.weights import Weights
from main_sketch import main
from model import Photo2Sketch
from tests.dataset_kit import picture
from tests.tiny import TINY
from tests.training_runs import ROOT, arguments
from utils.checkpoint import save_generator
from utils.defaults import CHECKPOINTS
from utils.training.fields import OptionError, flag
from utils.training.options import WEIGHT, Options, read_line
from utils.training.options import read_options as options_of
from utils.training.sources import open_data, open_validation, total_steps


@pytest.fixture
def run_folder(tmp_path):
    """A folder that can be resumed, as far as its options tell."""
    (tmp_path / "options.json").write_text(json.dumps(Options().settings()))
    return str(tmp_path)


def read_options(words):
    return options_of(read_line(words))


def write(path, content):
    path.write_text(content)
    return str(path)


def test_defaults_are_the_dataclass_and_every_option_is_described():
    assert read_options([]) == Options()
    for field in dataclasses.fields(Options):
        assert field.metadata["group"] and len(field.metadata["help"]) > 5


def test_help_shows_every_option_in_its_group(capsys):
    with pytest.raises(SystemExit) as leave:
        main(["--help"])
    text = capsys.readouterr().out
    assert leave.value.code == 0
    for field in dataclasses.fields(Options):
        assert flag(field.name) in text and f"\n{field.metadata['group']}:" in text


def test_file_sets_and_command_line_wins(tmp_path):
    file = write(tmp_path / "a.yaml", "batch: 12\nlr: 2e-4\nreferences: [one, two]\naugment: false\nwidths: [8, 8, 8, 8]\n")
    options = read_options(["--config", file, "--batch", "6", "--references", "three"])
    assert (options.batch, options.lr, options.references, options.augment) == (6, 2e-4, ("three",), False)
    assert options.widths == (8, 8, 8, 8)
    file = write(tmp_path / "a.json", json.dumps({"batch": 3, "betas": [0.5, 0.9]}))
    assert read_options(["--config", file]).betas == (0.5, 0.9)


def test_settings_survive_the_way_through_a_file(tmp_path):
    options = read_options(["--references", "a", "b", "--scales", "0.5", "1", "--no-augment", "--lr", "3e-5"])
    file = write(tmp_path / "options.json", json.dumps(options.settings()))
    assert dataclasses.replace(read_options(["--config", file]), config="") == options


@pytest.mark.parametrize(
    "words, sentence",
    [
        (["--bacth", "3"], "Unknown option --bacth. Did you mean --batch?"),
        (["--batch", "0"], "--batch must be at least 1, got 0."),
        (["--batch", "two"], "--batch must be a whole number, got 'two'."),
        (["--lr", "nan"], "--lr must be finite, got 'nan'."),
        (["--lr", "0"], "--lr must be above 0, got 0."),
        (["--preset", "huge"], "--preset must be one of paper, fast, light, got 'huge'."),
        (["--device", "gpu"], "--device must be auto, cpu, cuda or cuda:N, got 'gpu'."),
        (["--scales", "2", "1"], "--scales takes two numbers, the smaller one first."),
        (["--batch", "6", "--accumulate", "4"], "--batch 6 cannot be split into --accumulate 4 parts."),
        (["--name", "a/b"], "--name 'a/b' may hold"),
        (["--widths", "8", "8"], "--widths takes 4 numbers"),
        (["--widths", "8", "8", "8", "6"], "The last of --widths must be a multiple of 4"),
        (["--weight-deep-supervision", "1", "--weight-edge", "0"], "--weight-deep-supervision needs --weight-edge"),
        (["--teacher", "a.pth", "--weight-edge", "0"], "--teacher teaches nothing"),
        (["--teacher", "a.pth", "--photo2sketch", "b.pth", "--freeze-photo2sketch"], "--teacher teaches nothing"),
        (["--teacher", "a.pth", "--line-art", "0.1"], "leave out --line-art"),
        (["--photos", "x", "--line-art", "0.1", "--weight-style", "0", "--weight-adversarial", "0"], "--line-art needs drawings"),
        (["--freeze-norm"], "--freeze-norm needs a checkpoint"),
        (["--reference-size", "20"], "--reference-size must be at least 32"),
        (["--config", "nowhere.yaml"], "No such configuration file: nowhere.yaml."),
        (["--resume", "nowhere"], "--resume nowhere is not the folder of a run"),
        (["--photos", "x"], "give --references"),
        (["--photos"], "expected one argument"),
    ],
)
def test_impossible_values_are_refused_in_a_sentence(words, sentence, capsys):
    assert main(words) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("bach: 4", "Unknown option 'bach' in {file}. Did you mean batch?"),
        ("batch: many", "batch in {file} must be a whole number, got 'many'."),
        ("batch: 2.5", "batch in {file} must be a whole number, got 2.5."),
        ("batch: true", "batch in {file} must be a whole number, got True."),
        ("augment: 3", "augment in {file} must be true or false, got 3."),
        ("name: [a]", "name in {file} must be text"),
        ("- batch", "{file} must hold option names and values"),
        ("dry_run: true", "Unknown option 'dry_run'"),
        ("{", "{file} cannot be read"),
    ],
)
def test_bad_files_are_refused_in_a_sentence(tmp_path, content, sentence):
    file = write(tmp_path / "bad.yaml", content)
    with pytest.raises(OptionError) as error:
        read_options(["--config", file])
    assert sentence.format(file=file) in str(error.value)


def test_all_weights_zero_are_refused():
    names = [WEIGHT + field.name for field in dataclasses.fields(Weights)]
    with pytest.raises(OptionError, match="All loss weights are 0"):
        read_options([word for name in names for word in (flag(name), "0")])


def test_missing_data_says_where_it_is_to_be_had(tmp_path, capsys):
    assert main([str(word) for word in arguments(tmp_path, "--photos", tmp_path / "none")]) == 2
    text = capsys.readouterr().err
    assert str(tmp_path / "none") in text and "cocodataset.org" in text and "ImageNet-Sketch" in text
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.name)
def test_shipped_configurations_hold_known_options(path):
    options = read_options(["--config", str(path), "--photo2sketch", "p2s.pth"])
    for name, value in yaml.safe_load(pathlib.Path(path).read_text()).items():
        expected = str(path.parent / value) if name == "then" else value
        assert type(getattr(options, name))(expected) == getattr(options, name)


def readme_commands():
    """The trainings of the README: (processes, words behind main_sketch.py)."""
    for line in (ROOT / "README.md").read_text().splitlines():
        launcher, program, words = line.split("#")[0].partition(" main_sketch.py")
        if program and line.startswith(("python ", "torchrun ")):
            counts = re.findall(r"--(?:nnodes|nproc-per-node) (\d+)", launcher)
            yield math.prod(map(int, counts)), words.split()


def test_the_readmes_commands_are_accepted(run_folder, monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = list(readme_commands())
    assert {processes for processes, _ in commands} == {1, 4, 16} and len(commands) >= 6
    for processes, words in commands:
        options = read_options([run_folder if word.startswith("runs/") else word for word in words])
        assert options.batch % (options.accumulate * processes) == 0, words


def test_more_processes_than_photos_of_a_step_are_refused(monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "16")
    assert main(["--photos", "a", "--references", "b"]) == 2
    sentence = "--batch 8 (stage run) cannot be dealt out to 16 processes in --accumulate 1 parts. Give a multiple of 16."
    assert sentence in capsys.readouterr().err


def test_dry_run_prints_and_writes_nothing(tmp_path, capsys):
    assert main([str(word) for word in arguments(tmp_path, "--dry-run", "--weight-deep-supervision", "1")]) == 0
    text = capsys.readouterr().out
    for words in ("batch: 4", "14 photos", "17 reference drawings", "photo2sketch: ", "GiB", "4 steps of 4 photos"):
        assert words in text
    assert not list(tmp_path.iterdir())


def test_dry_run_shows_the_networks_of_checkpoints_and_misses_files_that_are_not_there(tmp_path, capsys):
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", step=1)
    size = sum(p.numel() for p in Photo2Sketch(TINY).parameters())
    words = ["--demo", "--preset", "fast", "--dry-run", "--batch", "2"]
    for option, line in (("--photo2sketch", "photo2sketch"), ("--teacher", "teacher")):
        assert main([*words, option, str(tmp_path / "tiny.pth")]) == 0
        assert f"  {line}: {size / 1e6:.2f} million weights" in capsys.readouterr().out
        assert main([*words, option, str(tmp_path / "none.pth")]) == 2
        assert "none.pth" in capsys.readouterr().err


def test_dry_run_counts_the_photos_of_one_process_and_speaks_once(monkeypatch, capsys):
    words = ["--demo", "--dry-run", "--batch", "4"]
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(words) == 0
    assert "activations of 2 photos" in capsys.readouterr().out
    monkeypatch.setenv("RANK", "1")
    assert main(words) == 0
    assert capsys.readouterr().out == ""
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert main(words) == 2
    assert "cannot be dealt out to 3 processes" in capsys.readouterr().err


def test_epochs_take_the_place_of_the_steps_of_a_file(tmp_path):
    (tmp_path / "a.yaml").write_text("steps: 70\n")
    read = lambda *words: read_options(["--config", str(tmp_path / "a.yaml"), *words])
    assert total_steps(read(), 80) == 70
    assert total_steps(read("--epochs", "2", "--batch", "8"), 80) == 20
    assert total_steps(read("--epochs", "2", "--steps", "5"), 80) == 5


def test_annotations_of_the_validation_that_are_damaged_are_spoken_of(tmp_path):
    for split in ("train", "val"):
        picture(tmp_path / f"{split}2017" / "a.png")
    (tmp_path / "annotations").mkdir()
    options = read_options(["--photos", str(tmp_path), "--references", str(tmp_path)])
    assert len(open_validation(options)) == 1
    (tmp_path / "annotations" / "instances_val2017.json").write_text('{"images": [')
    with pytest.raises(OptionError, match="instances_val2017.json"):
        open_validation(options)


@pytest.mark.parametrize(
    "words, training",
    [([], True), (["--freeze-photo2sketch", "--photo2sketch", CHECKPOINTS["photo2sketch"]], False), (["--weight-edge", "0"], False)],
)
def test_guidance_is_computed_where_a_loss_or_the_validation_looks_at_it(tmp_path, words, training):
    for split in ("train", "val"):
        picture(tmp_path / f"{split}2017" / "a.png")
    options = read_options(["--photos", str(tmp_path), "--references", str(tmp_path), "--size", "64", *words])
    for split, drawn in (("train", training), ("val", True)):
        assert (open_data(options, split)[0]["guidance"].min() < 255) == drawn
