"""A run that is killed and resumed ends with the weights of one that was left alone, bit for bit."""
import os
import signal
import subprocess
import sys

import pytest
import torch

from model.side_outputs import SideOutputs
from tests.training_runs import ROOT, arguments, call, newest, start, stats, stop_after, tiny_run
from utils.checkpoint import CheckpointError
from utils.training.loop import Run
from utils.training.run_folder import RunError, RunFolder
from utils.training.signals import Stop

SETTINGS = ("--steps", "9", "--save-every", "2", "--candidate-share", "0.5", "--r1-every", "2", "--epoch-length", "7")
SETTINGS += ("--weight-deep-supervision", "10")
KILLED_WHILE_SAVING = """
import os, signal, sys
from utils.training.run_folder import RunFolder
folder = RunFolder(sys.argv[1])
os.fsync = lambda file: os.kill(os.getpid(), signal.SIGKILL)
folder.save({"step": 2}, 2, keep=9) if sys.argv[2] == "checkpoint" else folder.write_options({})
"""


def assert_same(one, two):
    """Nested dicts and lists of equal structure, values and bits."""
    assert type(one) is type(two)
    if isinstance(one, dict):
        assert one.keys() == two.keys()
        for name in one:
            assert_same(one[name], two[name])
    elif isinstance(one, (list, tuple)):
        assert len(one) == len(two)
        for pair in zip(one, two):
            assert_same(*pair)
    elif isinstance(one, torch.Tensor):
        assert torch.equal(one, two)
    else:
        assert one == two


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The run folder of the training that nobody kills."""
    return tiny_run(tmp_path_factory.mktemp("runs"), *SETTINGS)


def timeless(lines):
    """Lines of stats without what depends on the clock."""
    clock = ("seconds_data", "seconds_compute", "waiting_share", "photos_per_second")
    return [{name: value for name, value in line.items() if name not in clock} for line in lines]


def test_killed_runs_end_with_the_same_weights_bit_for_bit(undisturbed, tmp_path):
    process = start(arguments(tmp_path, *SETTINGS))
    run = stop_after(process, tmp_path, step=1, delay=0.05)  # before or while the first checkpoint is written
    process = start(["--resume", run, "--workers", "2"])  # other processes load the same data
    stop_after(process, tmp_path, step=4)  # as the second checkpoint is written
    process = start(["--resume", run])
    stop_after(process, tmp_path, step=7, delay=0.02)
    call(["--resume", run])
    assert_same(newest(undisturbed), newest(run))
    assert timeless(stats(undisturbed)) == timeless(stats(run))


def test_a_damaged_checkpoint_is_passed_over(undisturbed, capsys):
    before = newest(undisturbed)
    path = undisturbed / "checkpoints" / "step-000000009.pt"
    path.write_bytes(path.read_bytes()[:5000])
    call(["--resume", undisturbed])
    output = capsys.readouterr().out
    assert "step-000000009.pt is damaged" in output and "step 8 of 9" in output
    assert_same(before, newest(undisturbed))


def test_checkpoints_that_are_all_damaged_end_the_run_and_not_its_stats(tmp_path, capsys):
    run = tiny_run(tmp_path, "--steps", "2")
    before = (run / "stats.jsonl").read_text()
    for path in (run / "checkpoints").iterdir():
        path.write_bytes(b"PK")
    call(["--resume", run], status=2)
    text = capsys.readouterr().err
    assert "None of the checkpoints in" in text and str(run) in text
    assert (run / "stats.jsonl").read_text() == before


def test_a_run_whose_side_outputs_are_of_another_version_is_refused_unchanged(tmp_path, capsys, monkeypatch):
    run = tiny_run(tmp_path, "--steps", "2", "--weight-deep-supervision", "10")
    before = (run / "options.json").read_text()

    class Wider(SideOutputs):
        def __init__(self, arch):
            super().__init__(arch)
            self.convs = torch.nn.ModuleList(torch.nn.Conv2d(conv.in_channels, 3, 1) for conv in self.convs)

    monkeypatch.setattr("utils.training.networks.SideOutputs", Wider)
    call(["--resume", run, "--steps", "3"], status=2)
    assert "The side_outputs of this run" in (said := capsys.readouterr().err) and "utils.training.export" in said
    assert (run / "options.json").read_text() == before


def test_other_networks_are_refused_and_the_run_goes_on_without(tmp_path, capsys):
    run = tiny_run(tmp_path, "--steps", "2")
    before = (run / "options.json").read_text()
    call(["--resume", run, "--weight-deep-supervision", "10"], status=2)
    assert "the options add side_outputs" in capsys.readouterr().err
    assert (run / "options.json").read_text() == before
    call(["--resume", run, "--weight-cycle", "0", "--weight-luminance", "0"], status=2)
    assert "the options leave out sketch2photo" in capsys.readouterr().err
    call(["--resume", run, "--steps", "3"])
    assert newest(run)["step"] == 3


def test_sigterm_saves_and_leaves_with_a_message(tmp_path):
    process = start(arguments(tmp_path, "--steps", "500", "--save-every", "400", "--workers", "1"))
    run = stop_after(process, tmp_path, step=2, number=signal.SIGTERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM and not errors
    step = stats(run)[-1]["step"]
    assert f"Stopped by SIGTERM after step {step} and saved" in output
    assert newest(run)["step"] == step


def test_the_first_interrupt_waits_and_the_second_does_not():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs of a shell ignore it
    with pytest.raises(KeyboardInterrupt), Stop() as stop:
        signal.raise_signal(signal.SIGINT)
        assert (stop.name, stop.number) == ("SIGINT", signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_resuming_a_finished_run_says_so(undisturbed, capsys):
    call(["--resume", undisturbed])
    assert "All steps are done" in capsys.readouterr().out
    assert "next.json" not in os.listdir(undisturbed)  # nothing follows


def test_run_folders_are_numbered_and_refuse_strangers(tmp_path):
    assert [RunFolder.create(tmp_path, "a", {}).path[-5:] for _ in range(2)] == ["001-a", "002-a"]
    with pytest.raises(RunError, match="not the folder of a run"):
        RunFolder.open(str(tmp_path))
    with pytest.raises(CheckpointError, match="not found"):
        RunFolder.open(str(tmp_path / "001-a")).best()
    assert RunFolder.open(str(tmp_path / "001-a")).newest() is None


def test_old_checkpoints_go(tmp_path):
    folder = RunFolder.create(tmp_path, "a", {})
    for step in (1, 2, 10):
        folder.save({"step": step}, step, keep=2)
    names = sorted(path.name for path in (tmp_path / "001-a" / "checkpoints").iterdir())
    assert names == ["step-000000002.pt", "step-000000010.pt"]
    assert folder.newest()["step"] == 10
    (tmp_path / "001-a" / "checkpoints" / names[1]).write_bytes(b"PK")  # damaged: the run goes on from step 2
    for step in (3, 4):
        folder.save({"step": step}, step, keep=1)
    assert folder.newest(warn=lambda text: None)["step"] == 4


def test_what_a_killed_save_leaves_is_no_checkpoint_and_goes_when_the_run_is_resumed(tmp_path):
    folder = RunFolder.create(tmp_path, "a", {"steps": 3})
    folder.save({"step": 1}, 1, keep=9)
    run = tmp_path / "001-a"
    files = lambda: {path.relative_to(run) for path in run.rglob("*") if path.is_file()}
    before = files()
    for what in ("checkpoint", "options"):
        killed = subprocess.run([sys.executable, "-c", KILLED_WHILE_SAVING, folder.path, what], cwd=ROOT)
        assert killed.returncode == -signal.SIGKILL
    assert len(files() - before) == 2 and {path.parent.name for path in files() - before} == {"", "checkpoints"}
    assert folder.newest(warn=pytest.fail)["step"] == 1
    folder.save({"step": 3}, 3, keep=1)  # only whole checkpoints count
    assert folder.newest(warn=pytest.fail)["step"] == 3
    assert RunFolder.open(folder.path).newest(warn=pytest.fail)["step"] == 3
    assert sorted(map(str, files())) == ["checkpoints/step-000000003.pt", "options.json"]
    assert (run / "options.json").read_text() == '{\n  "steps": 3\n}\n'


def test_decay_and_betas_beside_resume_take_the_place_of_the_runs_own(tmp_path):
    run = tiny_run(tmp_path, "--steps", "2")
    call(["--resume", run, "--steps", "3", "--weight-decay", "0.5", "--betas", "0.5", "0.7"])
    for optimiser in newest(run)["optimisers"].values():
        (settings,) = optimiser["param_groups"]
        assert settings["weight_decay"] == 0.5 and tuple(settings["betas"]) == (0.5, 0.7)


def test_networks_cannot_change_beside_resume(tmp_path, capsys):
    run = tiny_run(tmp_path, "--steps", "2")
    call(["--resume", run, "--photo2sketch", run / "photo2sketch.pth"], status=2)
    assert "--photo2sketch cannot change when a run is resumed" in capsys.readouterr().err


def test_the_checkpoint_comes_before_what_takes_minutes(tmp_path, monkeypatch, capsys):
    def fail(*_):
        raise OSError("the disk with the photos is gone")

    monkeypatch.setattr(Run, "_validate", fail)
    call(arguments(tmp_path, "--validate-every", "9"), status=1)
    assert "the disk with the photos is gone" in capsys.readouterr().err
    assert newest(tmp_path / "001-run")["step"] == 4


def test_a_signal_waits_for_no_validation(tmp_path, monkeypatch):
    monkeypatch.setattr(Run, "_validate", lambda run: pytest.fail("validated"))
    monkeypatch.setattr(Run, "_agree", lambda run, reason: signal.SIGTERM if run.step == 2 else reason)
    call(arguments(tmp_path, "--validate-every", "9"), status=128 + signal.SIGTERM)
    assert newest(tmp_path / "001-run")["step"] == 2


@pytest.mark.parametrize("step", [2, 4])
def test_a_validation_that_a_signal_kept_from_is_made_up(tmp_path, monkeypatch, step):
    words = ("--validate-every", "2", "--validation-photos", "2", "--sample-every", "2", "--samples", "1")
    with monkeypatch.context() as stopped:
        stopped.setattr(Run, "_agree", lambda run, reason: signal.SIGTERM if run.step == step else reason)
        call(arguments(tmp_path / "a", *words), status=128 + signal.SIGTERM)
    run, whole = tmp_path / "a/001-run", tiny_run(tmp_path / "b", *words)
    assert step not in [line["step"] for line in stats(run, "validation")]
    for _ in range(2):  # and not made up again
        call(["--resume", run])
        assert stats(run, "validation") == stats(whole, "validation")
    assert [path.name for path in sorted((run / "samples").iterdir())] == [f"step-{step:09d}.jpg" for step in (2, 4)]
    assert newest(run)["best"] == newest(whole)["best"] and (run / "checkpoints/best.pt").exists()


def test_dry_run_of_a_resumed_run_needs_no_file_that_it_started_from(tmp_path, capsys):
    first = tiny_run(tmp_path / "a", "--steps", "1")
    started = first / "photo2sketch.pth"
    run = tiny_run(tmp_path / "b", "--steps", "1", "--photo2sketch", started)
    os.remove(started)
    call(["--resume", run, "--steps", "2", "--dry-run"])
    assert f"photo2sketch: {started}" in capsys.readouterr().out
