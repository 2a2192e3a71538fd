"""Choosing the device by what is there, and recognising that it has run out of memory."""
import os

import torch

NAMES = "auto, cpu, cuda, cuda:N or mps"


class DeviceError(Exception):
    """A device that was asked for and is not there. The message says what is."""


def choose_device(name="auto"):
    """The torch device for "auto", "cpu", "cuda", "cuda:N" or "mps". DeviceError if it is not there.

    "auto" takes CUDA, then MPS, then the CPU. Of several GPUs, each process of a torchrun job takes the one of its
    LOCAL_RANK where no number is named.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        name = "cuda" if count else "mps" if torch.backends.mps.is_available() else "cpu"
    if name == "cuda" and count:
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)) % count)
    if name == "cpu":
        return torch.device("cpu")
    if name == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("--device mps: this machine or this build of torch has no MPS. Use --device auto.")
        return torch.device("mps")
    if name == "cuda" or name.startswith("cuda:") and name[5:].isdecimal():
        if not count:
            raise DeviceError(f"--device {name}: this machine or build of torch has no CUDA GPU. Use --device auto.")
        if int(name[5:]) >= count:
            raise DeviceError(f"--device {name}: there are {count} GPUs, numbered from 0. Use --device cuda:0 or auto.")
        return torch.device(name)
    raise DeviceError(f"--device {name}: unknown device. Use {NAMES}.")


def describe(device):
    """The device in a few words."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    if device.type == "cpu":
        count = torch.get_num_threads()
        return f"{device} ({count} thread{'s' * (count > 1)})"
    return str(device)


def is_out_of_memory(error):
    """Whether memory ran out: torch has a class for it on GPUs, and elsewhere a RuntimeError with these words."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    words = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
