"""Keeping freed memory in the process, which the activations of a network are made of."""
import ctypes
import platform

TRIM_THRESHOLD, MMAP_MAX, ARENA_MAX = -1, -4, -8  # parameters of mallopt(3)


def keep_freed_memory():
    """Have glibc hand freed blocks to the next allocation, not to the kernel. Does nothing on other C libraries.

    Large blocks otherwise come from mmap, and every layer's output costs a page fault per 4 KiB: of a 2048 x 2048 photo
    that is half of the drawing's time. The process keeps its largest footprint from then on. One arena, because only
    the main one can grow to any size; it serves threads that have not allocated yet.
    """
    if platform.libc_ver()[0] == "glibc":
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(TRIM_THRESHOLD, 2**31 - 1)
        mallopt(MMAP_MAX, 0)
        mallopt(ARENA_MAX, 1)
