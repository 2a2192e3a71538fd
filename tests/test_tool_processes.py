"""The tools as programs: interrupted, killed and resumed, and shared by several processes."""
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

from tests.tool_kit import ROOT, checkpoint, scene, store  # noqa: F401 (fixture)

GOOD, BAD = 50, 6


@pytest.fixture
def folder(tmp_path):
    """Photos in two folders, and files that are none."""
    for index in range(GOOD):
        store(tmp_path / "in" / f"part {index % 2}" / f"{index:03}.png", scene(60, 80, seed=index))
    for index in range(BAD):
        (tmp_path / "in" / f"bad {index}.jpg").write_bytes(b"no picture" * index)
    return tmp_path


def command(folder, checkpoint, *more, launcher=()):
    script = [*launcher, f"{ROOT}/eval_test.py", "--input", "in", "--output", "out", "--checkpoint", str(checkpoint)]
    return [sys.executable, *script, "--device", "cpu", "--precision", "float32", "--no-page", *more]


def start(folder, arguments, **options):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    return subprocess.Popen(arguments, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, **options)


def drawings(folder):
    return sorted((folder / "out").rglob("[0-9]*.png"))


def counts(output):
    """Drawn, skipped, failed of a summary."""
    return tuple(map(int, re.search(r"(\d+) drawn, (\d+) skipped, (\d+) failed", output).groups()))


def stop_in_the_middle(folder, arguments, number):
    """Start, wait for some more drawings, send a signal -> exit status, output, errors."""
    process = start(folder, arguments)
    there = len(drawings(folder))
    while len(drawings(folder)) < there + 4 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(number)
    output, errors = process.communicate(timeout=300)
    return process.returncode, output, errors


def test_interrupted_and_killed_runs_resume_and_leave_no_half_file(folder, checkpoint):
    # A working size at which the tiny network takes long enough to be met in the middle.
    arguments = command(folder, checkpoint, "--skip-existing", "--size", "192")
    status, output, errors = stop_in_the_middle(folder, arguments, signal.SIGINT)
    assert status == 130 and output.startswith("Stopped: ") and "Traceback" not in errors, (status, output, errors)
    first = counts(output)[0]
    assert 4 <= first == len(drawings(folder)) < GOOD
    assert int(re.search(r"(\d+) left", output)[1]) == GOOD + BAD - first - counts(output)[2]

    status, _, _ = stop_in_the_middle(folder, arguments, signal.SIGKILL)
    assert status == -signal.SIGKILL
    second = len(drawings(folder))
    assert first < second < GOOD
    for path in drawings(folder):
        with Image.open(path) as drawing:
            drawing.load()
            assert drawing.size == (80, 60)

    process = start(folder, arguments)
    output, errors = process.communicate(timeout=300)
    drawn, skipped, failed = counts(output)
    assert process.returncode == 1 and failed == BAD and errors.count("failed: bad") == BAD
    assert drawn + skipped == GOOD and second - 10 <= skipped <= second  # drawings without their record are made again
    assert len(drawings(folder)) == GOOD
    assert not [path for path in (folder / "out").rglob("*.tmp*")]


def test_processes_of_torchrun_share_a_folder(folder, checkpoint):
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "0", "--standalone")
    process = start(folder, command(folder, checkpoint, "--size", "64", launcher=launcher))
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 1  # the bad files
    assert counts(output) == (GOOD, 0, BAD) and output.count("drawn") == 1
    assert len(drawings(folder)) == GOOD
    assert errors.count("failed: bad") == BAD
    records = list((folder / "out").glob(".photo2sketch-records-*"))
    assert len(records) == 1 and len(records[0].read_text().splitlines()) == GOOD
    bars = re.findall(r"(\d+)/(\d+) \[", errors)
    total = str(GOOD + BAD)
    assert (total, total) in bars and {whole for _, whole in bars} == {total}
