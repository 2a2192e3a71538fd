"""Keeping freed memory in the process, which the activations of a network are made of."""
import ctypes
import platform

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -3, -4, -8  # parameters of mallopt(3)
# One arena, because only the main one can grow to any size; it serves threads that have not allocated yet.
DRAWING = {TRIM_THRESHOLD: 2**31 - 1, MMAP_MAX: 0, ARENA_MAX: 1}
# The same sizes come in every step; what is larger than 1 GiB goes back to the system.
TRAINING = {MMAP_THRESHOLD: 2**30, TRIM_THRESHOLD: 2**31 - 1}


def keep_freed_memory(limits=DRAWING):
    """Have glibc hand freed blocks to the next allocation, not to the kernel. Does nothing on other C libraries.

    limits: {parameter of mallopt: value}, DRAWING or TRAINING. Large blocks otherwise come from mmap, and every layer's output
    costs a page fault per 4 KiB: of a 2048 x 2048 photo that is half of the drawing's time. The process keeps its largest
    footprint from then on.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in limits.items():
            mallopt(parameter, value)
