"""A folder drawn by the tools against the networks alone: `python -m benchmarks.folder --photos DIR`.

The tools decode, finish and encode on the processors that the networks draw with, while they draw: what they take is time
that the networks have not. So does what is between their passes: dark masses, half tones, maps made even. Photos should be of
few sizes, for those of one shape are drawn together.
"""
import argparse
import itertools
import os
import resource
import statistics
import tempfile
import threading
import time

from benchmarks.machine import OtherWork, machine
from benchmarks.speed import table
from utils import records
from utils.checkpoint import CheckpointError
from utils.defaults import CHECKPOINTS
from utils.folder import InputError, assign, find
from utils.outputs import OneDrawing
from utils.pictures import PictureError
from utils.runner import BATCH, Runner
from utils.sketcher import Sketcher
from utils.style import Style
from utils.tool_options import number


class Clock:
    """Adds up the seconds in which the networks draw, which take turns with it."""

    def __init__(self):
        self.seconds = 0.0

    def __enter__(self):
        self.start = time.perf_counter()

    def __exit__(self, *error):
        self.seconds += time.perf_counter() - self.start


def alone(sketcher, workings):
    """Seconds in which some Workings are drawn with all cores, at most BATCH of one shape together: (of the networks, in all).

    Their faces have been found and are drawn as they are; the network that finds faces looks once more, for its time counts.
    """
    turn, clock, start = sketcher.engine.turn, Clock(), time.perf_counter()
    sketcher.engine.turn = clock
    for _, same in itertools.groupby(workings, lambda one: one.pixels.shape):
        same = list(same)
        count = min(BATCH, sketcher.at_once(same[0]))
        for first in range(0, len(same), count):
            some = same[first : first + count]
            with clock:
                for one in some:
                    sketcher.find_faces(one.photo)
            sketcher.sketches(some, foregrounds=sketcher.foregrounds(some, Style()))
    sketcher.engine.turn = turn
    return clock.seconds, time.perf_counter() - start


def as_folder(sketcher, tasks, folder):
    """Seconds in which the tools read, draw and write the photos of some Tasks. OSError if one was not drawn."""
    output = OneDrawing(folder, "png", Style())
    record = records.Records(folder)
    runner = Runner(sketcher, output, record, "", False, threading.Event(), lambda task, reason: None)
    start = time.perf_counter()
    counts = runner.run(tasks)
    seconds = time.perf_counter() - start
    if counts.drawn < len(tasks):
        raise OSError(f"of {len(tasks)} photos {counts.drawn} were drawn: {counts.broken or counts.failed}")
    return seconds


def measure(sketcher, tasks, rounds):
    """(photos a second of the networks, with what is between their passes, of the tools, MB at most after the first round, after the last)."""
    workings = [sketcher.prepare(sketcher.read(task.path)) for task in tasks]
    alone(sketcher, workings[:BATCH])  # warm up
    seconds, peaks = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):  # in turns, so that what else the machine does meets both
            seconds.append((*alone(sketcher, workings), as_folder(sketcher, tasks, folder)))
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    rates = (len(tasks) / statistics.median(rounds) for rounds in zip(*seconds))
    return *rates, peaks[0], peaks[-1]


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.folder", description=__doc__.split(":")[0])
    parser.add_argument("--photos", required=True, metavar="DIR", help="folder of photos")
    parser.add_argument("--limit", type=number(1, kind=int), default=200, metavar="N", help="photos at most (default: %(default)s)")
    parser.add_argument("--rounds", type=number(1, kind=int), default=3, metavar="N", help="of which the median counts (default: %(default)s)")
    parser.add_argument("--checkpoint", nargs="+", default=[CHECKPOINTS["photo2sketch"]], metavar="FILE", help="weights, the lightest first, for the peaks of memory are those of all so far (default: those that the tools draw with)")
    options = parser.parse_args(arguments)
    work, rows = OtherWork(), []
    try:
        found, _ = find([options.photos], os.devnull, "--photos")
        tasks, _ = assign(found[: options.limit], lambda target: [f"{target}.png"])
        for checkpoint in options.checkpoint:
            bare, drawn, tools, first, last = measure(Sketcher(checkpoint, "cpu"), tasks, options.rounds)
            name = os.path.splitext(os.path.basename(checkpoint))[0]
            rows.append([name, f"{bare:.1f}", f"{drawn:.1f}", f"{tools:.1f}", f"{100 * tools / bare:.0f} %", f"{first:.0f}", f"{last:.0f}"])
    except (InputError, CheckpointError, PictureError, OSError) as error:
        parser.error(str(error))
    print(f"{machine('cpu')}. {len(tasks)} photos:\n")
    head = ["weights", "networks alone, photos a second", "with what is between", "the tools", "share of the networks", "MB, first round", f"MB, round {options.rounds}"]
    print(table(head, rows))
    print(f"\n{work.sentence()}")


if __name__ == "__main__":
    main()
