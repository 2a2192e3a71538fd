"""The machine that a benchmark runs on, and what else it was doing meanwhile."""
import os
import platform
import time

import torch

BUSY = 0.05  # share of the processors' time from which other work is worth a warning


def machine(device):
    """A sentence about the machine. device: name of a torch device."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            name = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), name)
    if device.startswith("cuda"):
        name = f"{torch.cuda.get_device_name(device)}, {name}"
    threads = torch.get_num_threads()
    parts = [name, f"{threads} thread{'s' * (threads > 1)} on {os.cpu_count()} processors"]
    parts += [torch.backends.cpu.get_cpu_capability(), f"torch {torch.__version__}"]
    return ", ".join([*parts, f"Python {platform.python_version()}"])


def free_memory():
    """Bytes that can be had without others losing theirs; infinity where it is not known (other systems than Linux)."""
    try:
        with open("/proc/meminfo") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float("inf")


class OtherWork:
    """What others take of the processors, from when it is made on. Linux only: elsewhere it knows nothing."""

    def __init__(self):
        self.start = self._seconds()

    @staticmethod
    def _seconds():
        """Seconds since some start: (on the clock, all processors' work, that of this process and its ended children)."""
        own = sum(os.times()[:4])
        try:
            with open("/proc/stat") as file:
                user, nice, system, _, _, *more = map(int, file.readline().split()[1:9])
        except (OSError, ValueError):
            return None
        return time.monotonic(), (user + nice + system + sum(more)) / os.sysconf("SC_CLK_TCK"), own

    def share(self):
        """The part of the processors' time that went to others: 0 to 1, None if unknown. Children must have ended."""
        if self.start is None:
            return None
        clock, work, own = (now - before for now, before in zip(self._seconds(), self.start))
        return min(1.0, max(0.0, (work - own) / (clock * os.cpu_count())))

    def sentence(self):
        """What a reader of the times needs to know about it."""
        share = self.share()
        if share is None:
            return "Whether other work ran meanwhile is not known."
        warning = " Ratios are uncertain." if share > BUSY else ""
        return f"Other work took {share:.0%} of the processors' time meanwhile.{warning}"
