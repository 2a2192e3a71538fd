"""Networks in processes of their own, so that they can be timed in turns and do not share memory."""
import contextlib
import multiprocessing
import resource
import sys
import time

REPEATS_PROFILED = 10


def _reset_peak():
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def _peak():
    """The most memory that the process has held since the reset (Linux) or its start, in bytes."""
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _serve(pipe, build, device, threads):
    """Answer requests, ("time" or "profile", photo), until None comes.

    build: returns a function of a uint8 photo (S, S, 3).
    """
    import torch

    if threads:
        torch.set_num_threads(threads)
    run = build()
    cuda = device.startswith("cuda")

    def timed(photo):
        start = time.perf_counter()
        run(photo)
        if cuda:
            torch.cuda.synchronize()
        return time.perf_counter() - start

    pipe.send("ready")
    while (request := pipe.recv()) is not None:
        kind, photo = request
        if kind == "time":
            _reset_peak()
            if cuda:
                torch.cuda.reset_peak_memory_stats()
            seconds = timed(photo)
            pipe.send((seconds, torch.cuda.max_memory_allocated() if cuda else _peak()))
        else:
            timed(photo)
            with torch.profiler.profile() as profile:
                seconds = [timed(photo) for _ in range(REPEATS_PROFILED)]
            totals = {row.key: row.self_cpu_time_total / 1e6 / REPEATS_PROFILED for row in profile.key_averages()}
            pipe.send((sum(seconds) / REPEATS_PROFILED, totals))


class Stopwatch:
    """A process that runs one network. build: a picklable function that returns what _serve() needs."""

    def __init__(self, build, device="cpu", threads=None):
        context = multiprocessing.get_context("spawn")
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, build, device, threads), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()  # EOFError if the network could not be built

    def time(self, photo):
        """(seconds, bytes at the peak) of one pass."""
        self.pipe.send(("time", photo))
        return self.pipe.recv()

    def profile(self, photo):
        """(seconds, {operation: seconds of its own}) of a pass, on the average."""
        self.pipe.send(("profile", photo))
        return self.pipe.recv()

    def close(self):
        with contextlib.suppress(BrokenPipeError):  # it failed: its own error is the one to show
            self.pipe.send(None)
        self.process.join()
