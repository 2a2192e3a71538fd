"""What a training makes of the machine: its device, its precision and freed memory."""
import math

import pytest
import torch

from utils import memory
from utils.training.distributed import Group
from utils.training.fields import OptionError
from utils.training.machine import bfloat16_is_fast, choose_training_device, choose_training_dtype

CPU = torch.device("cpu")


@pytest.fixture
def two_gpus(monkeypatch):
    """A machine with two GPUs, as far as choosing goes: the list of the devices made current."""
    current = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", current.append)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)
    return current


def test_without_a_gpu_the_cpu_is_taken_and_no_other_device_is(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_training_device("auto", Group()) == choose_training_device("cpu", Group()) == CPU
    for name in ("cuda", "cuda:1", "mps", "tpu"):
        with pytest.raises(OptionError, match=f"--device {name}: .*Use "):
            choose_training_device(name, Group())


def test_each_process_takes_its_own_gpu_and_one_alone_the_one_it_names(two_gpus):
    assert choose_training_device("auto", Group()) == choose_training_device("cuda", Group()) == torch.device("cuda", 0)
    assert choose_training_device("cuda", Group(3, 4, 1)) == torch.device("cuda", 1)  # the second one of its machine
    assert choose_training_device("cuda:1", Group()) == torch.device("cuda", 1)
    assert [device.index for device in two_gpus] == [0, 0, 1, 1] and torch.backends.cudnn.benchmark
    assert choose_training_device("cpu", Group(1, 2, 1)) == CPU


def test_gpus_that_are_not_there_or_shared_are_refused(two_gpus):
    for name in ("auto", "cuda"):
        with pytest.raises(OptionError, match="--nproc-per-node 2"):
            choose_training_device(name, Group(2, 3, 2))
    with pytest.raises(OptionError, match="--device cuda:1 is one GPU for 2 processes. Use --device cuda"):
        choose_training_device("cuda:1", Group(0, 2, 0))
    with pytest.raises(OptionError, match="--device cuda:2: there are 2 GPUs"):
        choose_training_device("cuda:2", Group())
    assert not two_gpus


@pytest.mark.parametrize("fast", [True, False])
def test_bfloat16_is_chosen_by_the_clock(monkeypatch, fast):
    clock = {"now": 0.0}

    def convolve(x, weight, padding):
        slow = (x.dtype == torch.bfloat16) != fast
        clock["now"] += 0.2 if slow else 0.1
        return (x.float().mean() * weight.float().mean()).to(x.dtype)

    monkeypatch.setattr("model.precision.F.conv2d", convolve)
    monkeypatch.setattr("model.precision.CLOCK", lambda: clock["now"])
    monkeypatch.setattr("utils.training.machine.native_bfloat16", lambda: True)
    assert bfloat16_is_fast(CPU) == fast
    assert choose_training_dtype("auto", CPU) == (torch.bfloat16 if fast else torch.float32)
    assert math.isfinite(clock["now"])
    monkeypatch.setattr("utils.training.machine.native_bfloat16", lambda: False)
    assert choose_training_dtype("auto", CPU) == torch.float32  # emulated, whatever the clock says


@pytest.mark.parametrize("ratio, expected", [(0.85, True), (0.95, False), (30.0, False)])
def test_a_tenth_is_gain_enough_and_emulation_is_noticed_in_a_small_trial(monkeypatch, ratio, expected):
    asked = []

    def trial(dtype, shape, device, backward):
        asked.append(shape)
        assert backward
        return lambda: ratio if dtype == torch.bfloat16 else 1.0

    monkeypatch.setattr("utils.training.machine.trial", trial)
    monkeypatch.setattr("utils.training.machine.native_bfloat16", lambda: True)
    assert bfloat16_is_fast(CPU) == expected
    assert len(set(asked)) == (1 if ratio > 20 else 2)


def test_the_real_trial_goes_forward_and_back(monkeypatch):
    monkeypatch.setattr("utils.training.machine.native_bfloat16", lambda: True)
    state = torch.get_rng_state()
    assert bfloat16_is_fast(CPU) in (True, False)
    assert torch.equal(torch.get_rng_state(), state)
    assert choose_training_dtype("float32", CPU) == torch.float32
    assert choose_training_dtype("bfloat16", CPU) == torch.bfloat16


def test_limits_of_freed_memory_go_to_the_c_library_where_it_is_glibc(monkeypatch):
    given = []
    library = type("Library", (), {"mallopt": staticmethod(lambda *pair: given.append(pair))})
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: library)
    for name in ("glibc", ""):
        monkeypatch.setattr(memory.platform, "libc_ver", lambda: (name, ""))
        memory.keep_freed_memory()
        memory.keep_freed_memory(memory.TRAINING)
    assert given == [*memory.DRAWING.items(), *memory.TRAINING.items()]
