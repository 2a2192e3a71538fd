"""Photos per second of the shipped network by the size of the batch: `python -m benchmarks.batches --device cuda`.

The tools draw photos of one size together; a GPU needs that to have enough to do. From uint8 photos in memory to uint8 drawings
in memory, transfers included.
"""
import argparse
import time

import numpy as np
import torch

from benchmarks.machine import machine
from benchmarks.speed import table
from model import Photo2Sketch
from model.engine import Engine
from utils.checkpoint import load_network
from utils.defaults import CHECKPOINTS

BATCHES = (1, 2, 4, 8, 16)
WARM_UP = 3  # batches


def rate(engine, batch, size, seconds):
    """Photos per second: random photos of `size` x `size` pixels, `batch` at a time, for about `seconds`."""
    photos = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), np.uint8)
    for _ in range(WARM_UP):
        engine.sketch(photos)
    drawn, start, passed = 0, time.perf_counter(), 0.0
    while passed < seconds or not drawn:
        engine.sketch(photos)  # ends on the CPU, so nothing is left running
        drawn, passed = drawn + batch, time.perf_counter() - start
    return drawn / passed


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__.split(":")[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--size", type=int, default=512, help="side of the photos in pixels (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each measurement (default: %(default)s)")
    options = parser.parse_args(arguments)
    network = load_network(Photo2Sketch, CHECKPOINTS["photo2sketch"])
    print(f"{machine(options.device)}. Photos of {options.size} x {options.size} per second:\n")
    rows = []
    for precision in ("float32", "bfloat16"):
        engine = Engine(network, torch.device(options.device), precision)
        rows.append([precision, *(f"{rate(engine, batch, options.size, options.seconds):.0f}" for batch in BATCHES)])
    print(table(["precision", *(f"{batch} at a time" for batch in BATCHES)], rows))


if __name__ == "__main__":
    main()
