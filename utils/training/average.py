"""The mean of two checkpoints for drawing: python -m utils.training.average ONE TWO --output FILE [--share S]"""
import argparse
import sys

import torch

from utils.checkpoint import CheckpointError, load_network, read, save_generator

from .export import KINDS


def average(one, two, output, share):
    """Write the generator whose weights are 1 - share of those in the file `one` and share of those in `two`.

    For two trainings that went on from the same weights: then the way between them is of low loss, and the mean is often
    better than either (Wortsman et al. 2022, "Model soups"). Running statistics of batch norm are averaged as weights are.
    CheckpointError if a file is none of a generator, or they differ in kind or architecture.
    """
    kinds = {kind.__name__: kind for kind in KINDS.values()}
    kind = kinds.get(read(one).get("kind"))
    if kind is None:
        raise CheckpointError(f"{one} is not a checkpoint of a generator. Export one with python -m utils.training.export.")
    first, second = (load_network(kind, path) for path in (one, two))
    if first.arch != second.arch:
        raise CheckpointError(f"{one} and {two} differ in architecture: there is nothing between them.")
    others = second.state_dict()
    with torch.no_grad():
        for name, value in first.state_dict().items():
            if value.is_floating_point():
                value.lerp_(others[name], share)
    runs = " and ".join(str(network.notes.get("run", "an unnamed run")) for network in (first, second))
    save_generator(first, output, max(first.step, second.step), {"run": runs, "share": share})


def main(argv=None):
    """The command. Leaves with a sentence on what is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m utils.training.average", description="The mean of two checkpoints for drawing."
    )
    parser.add_argument("one", help="checkpoint of a generator, as exported")
    parser.add_argument("two", help="another of the same kind and architecture, trained from the same weights")
    parser.add_argument("--output", required=True, help="file to write")
    parser.add_argument("--share", type=float, default=0.5, help="share of the second one, from 0 to 1 (default: %(default)s)")
    arguments = parser.parse_args(argv)
    if not 0 <= arguments.share <= 1:
        parser.error(f"--share {arguments.share:g} must lie between 0 and 1.")
    try:
        average(arguments.one, arguments.two, arguments.output, arguments.share)
    except (CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")
    print(arguments.output)


if __name__ == "__main__":
    main()
