"""What the machine can do: devices, fast bfloat16, and how the C library hands out memory."""
import ctypes
import sys
import time

import torch
from torch.nn import functional as F

from model.precision import native_bfloat16

from .fields import OptionError

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # parameters of mallopt in malloc.h
WORTH_IT = 0.9  # bfloat16 must need at most this share of float32's time


def keep_freed_memory():
    """Ask glibc to reuse large freed blocks instead of returning them to the system at every step.

    Training allocates and frees the same sizes in every step; fresh pages cost a page fault each. Does nothing on other C
    libraries.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version") and hasattr(library, "mallopt"):
        library.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)


def choose_device(name, local_rank=0):
    """The torch device of "auto", "cpu" or "cuda". OptionError if it is not there."""
    if name == "cuda" and not torch.cuda.is_available():
        raise OptionError("--device cuda: there is no CUDA device here. Use --device cpu.")
    if name == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if local_rank >= count:
        raise OptionError(f"There are more processes than the {count} CUDA devices here: give torchrun --nproc-per-node {count}.")
    torch.cuda.set_device(local_rank)
    torch.backends.cudnn.benchmark = True  # crops have one size: the fastest algorithms are worth the search
    return torch.device("cuda", local_rank)


def bfloat16_is_fast(device):
    """Whether convolutions, forward and backward, take clearly less time in bfloat16 here. Decided by the clock, because
    processors that accept bfloat16 may emulate it hundreds of times slower; a CPU without instructions for it is not asked,
    for on a busy machine the clock errs.
    """
    if device.type == "cpu" and not native_bfloat16():
        return False
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        x = torch.randn(1, 16, 32, 32, device=device).to(memory_format=torch.channels_last)
        weight = torch.randn(16, 16, 3, 3, device=device, requires_grad=True)

        def seconds(dtype):
            times = []
            for _ in range(4):  # the first one warms up
                start = time.perf_counter()
                F.conv2d(x.to(dtype), weight.to(dtype), padding=1).float().sum().backward()
                if device.type == "cuda":
                    torch.cuda.synchronize(device)
                times.append(time.perf_counter() - start)
            return min(times[1:])

        try:
            slow_at_once = seconds(torch.bfloat16) > 20 * seconds(torch.float32)
            if slow_at_once:
                return False
            x = torch.randn(4, 64, 128, 128, device=device).to(memory_format=torch.channels_last)
            weight = torch.randn(64, 64, 3, 3, device=device, requires_grad=True)
            return seconds(torch.bfloat16) < WORTH_IT * seconds(torch.float32)
        except RuntimeError:
            return False


def choose_dtype(precision, device):
    """torch.float32 or torch.bfloat16 for "auto", "float32" or "bfloat16"."""
    if precision == "auto":
        return torch.bfloat16 if bfloat16_is_fast(device) else torch.float32
    return {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
