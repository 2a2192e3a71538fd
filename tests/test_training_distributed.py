"""Two processes train the same weights as one on the same batch."""
import os
import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from tests.training_runs import ROOT, arguments, newest, stats, tiny_run
from utils.training.distributed import SharedBatchNorm

WORKER = """
import sys, torch, torch.distributed as dist
from torch import nn
from utils.training.distributed import Group, share_batch_norm
torch.set_num_threads(1)
dist.init_process_group("gloo")
given = torch.load(sys.argv[1], weights_only=True)
norm = nn.BatchNorm2d(5)
norm.load_state_dict(given["state"])
norm = share_batch_norm(nn.Sequential(norm))
rank = dist.get_rank()
x = given["x"].chunk(2)[rank].clone().requires_grad_()
(norm(x) * given["weight"].chunk(2)[rank]).sum().backward()
dist.all_reduce(norm[0].weight.grad)
votes = Group(rank, 2).collect(rank)
assert votes == [0, 1] and Group(rank, 2).broadcast(rank + 5) == 5
torch.save({"grad_x": x.grad, "grad_w": norm[0].weight.grad, "state": norm[0].state_dict()}, f"{sys.argv[1]}.{rank}")
dist.destroy_process_group()
"""


def torchrun(arguments, processes=2):
    """Run a Python program in several processes with torch's own launcher."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    launcher = [sys.executable, "-m", "torch.distributed.run", f"--nproc-per-node={processes}", f"--master-port={port}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([*launcher, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def test_shared_batch_norm_equals_torch_on_the_whole_batch(tmp_path):
    torch.manual_seed(0)
    reference = nn.BatchNorm2d(5)
    with torch.no_grad():
        reference.weight.uniform_(0.5, 2)
        reference.bias.uniform_(-1, 1)
    x = (torch.randn(6, 5, 4, 7) * 3 + 2).requires_grad_()
    weight = torch.randn(6, 5, 4, 7)
    file = tmp_path / "given"
    torch.save({"state": reference.state_dict(), "x": x.detach(), "weight": weight}, file)
    (reference(x) * weight).sum().backward()
    program = tmp_path / "program.py"
    program.write_text(WORKER)
    torchrun([str(program), str(file)])
    found = [torch.load(f"{file}.{rank}", weights_only=True) for rank in (0, 1)]
    torch.testing.assert_close(torch.cat([part["grad_x"] for part in found]), x.grad, rtol=1e-4, atol=1e-5)
    for part in found:
        torch.testing.assert_close(part["grad_w"], reference.weight.grad, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(part["state"], reference.state_dict(), rtol=1e-5, atol=1e-6)


def test_shared_batch_norm_is_plain_in_evaluation():
    norm = SharedBatchNorm(3).eval()
    norm.running_mean.fill_(1.0)
    x = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(norm(x), (x - 1) / np.sqrt(1 + norm.eps))


def flat(content):
    """All generator and discriminator weights of a checkpoint as one vector in float64."""
    return torch.cat([w.double().flatten() for part in content["networks"].values() for w in part.values()])


def test_two_processes_end_with_the_weights_of_one(tmp_path):
    # Not the hinge: it gives the discriminator's last bias a gradient of rounding alone, which Adam scales up to steps.
    settings = ["--adversarial-form", "least-squares", "--no-augment", "--candidate-share", "0.5"]
    settings += ["--cycle-every", "2", "--r1-every", "2", "--accumulate", "2", "--weight-deep-supervision", "10"]
    alone = tiny_run(tmp_path / "alone", *settings, "--save-every", "1", "--keep", "9")
    (tmp_path / "next.yaml").write_text("name: next")
    torchrun(["main_sketch.py", *arguments(tmp_path / "two", *settings, "--then", tmp_path / "next.yaml")])
    together, after = sorted((tmp_path / "two").iterdir())
    assert newest(after)["step"] == 4  # the processes met again for the next stage
    for one, two in zip(stats(alone), stats(together), strict=True):
        for name in one.keys() - {"kind", "seconds_data", "seconds_compute", "waiting_share", "photos_per_second"}:
            # The losses have kinks: weights that differ in the sixth digit may lie on both sides of one in later steps.
            kinked = one["step"] > 1 and name.startswith("gradient_")
            assert two[name] == pytest.approx(one[name], rel=0.1 if kinked else 2e-3, abs=1e-4), (one["step"], name)
    start, end = (torch.load(alone / "checkpoints" / f"step-00000000{n}.pt", weights_only=True) for n in (1, 4))
    way, apart = flat(end) - flat(start), flat(newest(together)) - flat(end)
    assert apart.norm() < 0.01 * way.norm()
