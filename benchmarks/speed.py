"""How fast the networks draw: `python -m benchmarks.speed` prints tables in Markdown, all measured in this run.

Every network runs in a process of its own, and they take turns, so that other load on the machine meets all of them.
"""
import argparse
import contextlib
import importlib.util
import os
import statistics
import subprocess
import sys
import time

import numpy as np
import torch

from benchmarks.contenders import CONTENDERS, builder, gflop
from benchmarks.machine import OtherWork, free_memory, machine
from benchmarks.stopwatch import Stopwatch
from model.precision import choose_dtype
from utils.defaults import CHECKPOINTS, WORKING_SIZE

SIZES = (256, 512, 1024, 2048)
REFERENCE = "HED"
PASSES = 15  # at most, of each network and size
BRIEF = 1.0  # seconds: what takes less is run once more just before, for a process that slept finds its caches taken
TOO_LONG = 10.0  # seconds: what takes longer is run once, without warming up
TOO_SLOW = 60.0  # seconds of one pass: what is foreseen to take longer is left out
LEFT_OUT = "-"
README = os.path.join("benchmarks", "README.md")
MARKS = "<!-- speed: begin -->\n", "<!-- speed: end -->\n"  # in README, around the tables
MATRIX = 3000  # side of the matrices whose product stands for the machine's peak
GROUPS = {  # operations of torch by what they do, for the table of where the time goes
    "convolutions": ("convolution", "mkldnn"),
    "up-sampling": ("upsample",),
    "attention": ("linear", "mm", "layer_norm", "attention", "softmax"),
    "activations": ("leaky_relu", "exp", "sigmoid", "clamp"),
    "sums and products": ("add", "mul", "div", "round"),
    "copies and layout": ("copy", "cat", "unshuffle", "pad", "clone", "index", "contiguous"),
}


def peak(precision, device):
    """GFLOP per second of a large matrix product, the best of a few."""
    dtype = getattr(torch, precision)
    one, other = (torch.ones(MATRIX, MATRIX, dtype=dtype, device=device) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        start = time.perf_counter()
        (one @ other)[0, 0].item()
        best = min(best, time.perf_counter() - start)
    return 2 * MATRIX**3 / best / 1e9


def measure(names, sizes, precision, device, budget):
    """{(name, size): (median seconds, most bytes)}, the networks in turns. budget: seconds of passes per cell.

    A network that would need TOO_SLOW seconds or half of the memory that is free is left out from that size on.
    """
    watches, found = {}, {}
    try:
        for name in names:
            watches[name] = Stopwatch(builder(name, precision, device), device)
        for before, size in zip((None, *sizes), sizes):
            for name in [name for name in watches if before and not _feasible(*found[name, before], size / before)]:
                watches.pop(name).close()
            photo = np.random.default_rng(size).integers(0, 256, (size, size, 3), np.uint8)
            first = {name: watch.time(photo) for name, watch in watches.items()}
            passes = {name: min(PASSES, 1 + int(budget / result[0])) for name, result in first.items()}
            times = {name: [first[name]] if first[name][0] > TOO_LONG else [] for name in watches}
            for turn in range(PASSES):
                for name, watch in watches.items():
                    if turn < passes[name] and first[name][0] <= TOO_LONG:
                        if first[name][0] < BRIEF:
                            watch.time(photo)
                        times[name].append(watch.time(photo))
            for name, results in times.items():
                memory = max(result[1] for result in [first[name], *results])
                found[name, size] = statistics.median(result[0] for result in results), memory
            print(f"  {precision} {size} x {size} measured", file=sys.stderr)
        profile = watches["light"].profile(np.zeros((512, 512, 3), np.uint8)) if "light" in watches else None
    finally:
        for watch in watches.values():
            watch.close()
    return found, profile


def _feasible(seconds, memory, growth):
    """Whether what took this for a photo can be done for one whose sides are `growth` times as long."""
    return seconds * growth**2 < TOO_SLOW and memory * growth**2 < free_memory() / 2


def table(head, rows):
    """Rows of cells as Markdown."""
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def report(names, sizes, precision, found, top):
    """The tables of one precision."""
    print(f"\n## {precision}: {top:.0f} GFLOP/s in a product of {MATRIX} x {MATRIX} matrices\n")
    rows = []
    for name in names:
        cells = [name, f"{gflop(name, 512):.1f}"]
        for size in sizes:
            if (name, size) not in found:
                cells += [LEFT_OUT] * 3
                continue
            seconds, memory = found[name, size]
            share = gflop(name, size) / seconds / top
            cells += [f"{seconds * 1e3:.0f}", f"{share:.0%}", f"{memory / 1e6:.0f}"]
        rows.append(cells)
    heads = [f"{size}: {unit}" for size in sizes for unit in ("ms", "of peak", "MB")]
    print(table(["network", "GFLOP at 512", *heads], rows))
    if any((name, size) not in found for name in names for size in sizes):
        print(f"{LEFT_OUT}: left out, because it would take over {TOO_SLOW:.0f} s or half of the free memory.\n")
    print(f"Time by that of {REFERENCE}, and time per pixel by that at 512 x 512:\n")
    rows = []
    for name in names:
        cells = [name]
        for size in sizes:
            seconds, reference = (found[which, size][0] if (which, size) in found else None for which in (name, REFERENCE))
            cells.append(f"{seconds / reference:.3f}" if seconds and reference else LEFT_OUT)
            grown = seconds and (name, 512) in found
            cells.append(f"{seconds / found[name, 512][0] * (512 / size) ** 2:.2f}" if grown else LEFT_OUT)
        rows.append(cells)
    heads = [f"{size}: {unit}" for size in sizes for unit in (f"/ {REFERENCE}", "growth")]
    print(table(["network", *heads], rows))


def report_profile(profile):
    """Where the time of `light` goes at 512 x 512."""
    seconds, totals = profile
    shares = dict.fromkeys(GROUPS, 0.0)
    for key, value in totals.items():
        group = next((name for name, words in GROUPS.items() if any(word in key for word in words)), None)
        if group:
            shares[group] += value
    shares["everything else"] = max(0.0, seconds - sum(shares.values()))
    rows = [(name, f"{value * 1e3:.1f}", f"{value / seconds:.0%}") for name, value in shares.items()]
    print("\nWhere the time of `light` goes at 512 x 512, under torch's profiler:\n")
    print(table(["part", "ms", "share"], rows))


def report_photos():
    """Starting, and large photos, through the tools' own way from pixels to pixels."""
    from utils.sketcher import Sketcher

    program = (
        "import numpy; from utils.sketcher import Sketcher;"
        "Sketcher(device='cpu').draw(numpy.zeros((512, 512, 3), numpy.uint8))"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    rows = [("from starting Python to the first drawing", f"{time.perf_counter() - start:.1f}", "")]
    for label, side, size in (
        ("24 megapixels at the default size", (4000, 6000), WORKING_SIZE),
        ("24 megapixels, full", (4000, 6000), "full"),
        ("100 megapixels, full", (10000, 10000), "full"),
    ):
        watch = Stopwatch(_Large(Sketcher, size))
        seconds, memory = watch.time(np.random.default_rng(0).integers(0, 256, (*side, 3), np.uint8))
        watch.close()
        rows.append((label, f"{seconds:.1f}", f"{memory / 1e6:.0f}"))
    print("\n## Photos, without decoding and encoding\n")
    print(table(["photo", "s", "MB"], rows))


class _Large:
    """Builds a Sketcher in another process."""

    def __init__(self, kind, size):
        self.kind, self.size = kind, size

    def __call__(self):
        return self.kind(device="cpu", size=self.size).draw


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.split("\n\n")[0])
    parser.add_argument("--quick", action="store_true", help="256 and 512 pixels, few passes, no large photos")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--save", action="store_true", help=f"put the tables into {README} too, in place of all that are there, also with --quick and --only")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, metavar="NETWORK", help="these and HED, by names in quotes: " + "; ".join(CONTENDERS))
    options = parser.parse_args(arguments)
    sizes = SIZES[:2] if options.quick else SIZES
    names = [name for name in CONTENDERS if not options.only or name in (*options.only, REFERENCE)]
    if importlib.util.find_spec("onnxruntime") is None or options.device != "cpu":
        names = [name for name in names if name != "light, onnxruntime"]
    with contextlib.redirect_stdout(Tee(sys.stdout)) as output:
        run(names, sizes, options.device, options.quick)
    if options.save:
        save(output.text)


def save(text):
    """Replace the tables of README."""
    with open(README) as file:
        before, _, after = file.read().partition(MARKS[0])
    with open(README, "w") as file:
        file.write(before + MARKS[0] + text + MARKS[1] + after.partition(MARKS[1])[2])


class Tee:
    """A stream that keeps what it passes on."""

    def __init__(self, stream):
        self.stream, self.text = stream, ""

    def write(self, text):
        self.text += text
        self.stream.write(text)

    def flush(self):
        self.stream.flush()


def run(names, sizes, device, quick):
    """Measure and print everything."""
    other_work = OtherWork()
    print(f"{machine(device)}. Milliseconds are medians, of one pass where it takes over {TOO_LONG:.0f} s.")
    if quick:
        print("A quick run: few passes, and the larger sizes are left out.")
    for precision in ("float32", "bfloat16"):
        if precision == "bfloat16":
            names = [name for name in names if "onnx" not in name]
            if choose_dtype("auto", device) != torch.bfloat16:
                print("\nbfloat16 is no faster than float32 on this machine, by the engine's own probe: not measured.")
                break
        top = peak(precision, device)
        found, profile = measure(names, sizes, precision, device, 1.0 if quick else 5.0)
        top = max(top, peak(precision, device))  # before and after, because other load comes and goes
        report(names, sizes, precision, found, top)
        if profile and device == "cpu":
            report_profile(profile)
    if not quick and device == "cpu" and os.path.exists(CHECKPOINTS["photo2sketch"]):
        report_photos()
    print(f"\n{other_work.sentence()}")


if __name__ == "__main__":
    main()
