"""A training in stages: each goes on from the weights of the one before, by the configuration file that --then names."""
import os

from .distributed import Group
from .fields import OptionError
from .loop import train
from .options import Options, check, read_stage

# What holds for all stages: data, machine and place. The rest is each stage's own.
INHERITED = ("photos", "references", "categories", "workers", "vgg", "seed", "device", "precision", "threads", "compile", "runs")


def next_stage(options, weights):
    """The Options of the stage that `options` names, or None if it is the last one.

    weights: the folder of the stage's exported generators. OptionError where the next stage's options do not go together.
    """
    if not options.then:
        return None
    values = {name: getattr(options, name) for name in INHERITED} | read_stage(options.then)
    for name in ("photo2sketch", "sketch2photo"):
        exported = os.path.join(weights, f"{name}.pth")
        values[name] = exported if name == "photo2sketch" or os.path.isfile(exported) else options.sketch2photo
    following = Options(**values)
    try:
        check(following)
    except OptionError as error:
        raise OptionError(f"{options.then}, which follows: {error}") from None
    return following


def stages(options):
    """The Options of all stages, the first one's first, before any is trained. OptionError if one comes twice."""
    found, seen = [options], set()
    while (following := next_stage(found[-1], os.path.join(found[-1].runs, f"NNN-{found[-1].name}"))) is not None:
        path = os.path.abspath(found[-1].then)
        if path in seen:
            raise OptionError(f"{found[-1].then} follows itself: remove a 'then'.")
        seen.add(path)
        found.append(following)
    return found


def check_share(options, processes):
    """OptionError where the photos of a step cannot be dealt out to the processes."""
    parts = options.accumulate * processes
    if options.batch % parts:
        raise OptionError(
            f"--batch {options.batch} cannot be dealt out to {processes} processes in --accumulate {options.accumulate} parts. "
            f"Give a multiple of {parts}."
        )


def train_stages(options):
    """Train all stages. Returns the exit status of the last one that ran, see train().

    OptionError, RunError, CheckpointError and VGGError say in a sentence why one could not start.
    """
    group = Group.from_environment()
    for stage in stages(options):  # refused before hours of work
        check_share(stage, group.size)
    try:
        while True:
            status, weights = train(options)
            if status or weights is None or not options.then:
                return status
            options = next_stage(options, weights)
    finally:
        group.stop()
