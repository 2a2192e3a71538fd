"""The state of a run: everything that a checkpoint holds.

What a step draws at random and which photos it sees are functions of the seed and the step alone (see cycle.seed_step and
loader.Order), so the step is all that has to be kept of them.
"""
import dataclasses

from model.presets import Architecture
from utils.checkpoint import CheckpointError

from .distributed import unwrap

FORMAT = "photo2sketch-training-2"  # 1: Sketch2Photo saw paper, not ink


def collect(step, cycle, averages, best):
    """The content of a checkpoint after `step` steps.

    cycle: Cycle. averages: {name: Average} of the generators. best: best validation score so far, or None.
    """
    networks = {name: unwrap(network) for name, network in cycle.networks.trained().items()}
    return {
        "format": FORMAT,
        "step": step,
        "best": best,
        "architectures": {name: dataclasses.asdict(average.model.arch) for name, average in averages.items()},
        "networks": {name: network.state_dict() for name, network in networks.items()},
        "averages": {name: average.model.state_dict() for name, average in averages.items()},
        "optimisers": {name: optimiser.state_dict() for name, optimiser in cycle.optimisers.items()},
    }


def architectures(content):
    """{name: Architecture} of the generators in a checkpoint's content. CheckpointError for other files."""
    found = content.get("format")
    if found != FORMAT:
        older = str(found).startswith(FORMAT[:-1])
        reason = "was written by another version: start a new run from exported weights" if older else "is not one of a training"
        raise CheckpointError(f"The checkpoint {reason} (format {found!r}, expected {FORMAT!r}).")
    return {
        name: Architecture(**{key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()})
        for name, fields in content["architectures"].items()
    }


def check(content, networks):
    """CheckpointError if a checkpoint's content is of a run that trained other networks than these."""
    other = content["networks"].keys() ^ networks.trained().keys()
    if other:
        raise CheckpointError(
            f"A resumed run keeps its networks, but the options {'leave out' if other & content['networks'].keys() else 'add'} "
            f"{', '.join(sorted(other))}. Weights of losses that were 0 stay 0, and others do not become it; or start a new run."
        )
    shapes = lambda weights: {name: tensor.shape for name, tensor in weights.items()}
    for name, network in networks.trained().items():
        if shapes(content["networks"][name]) != shapes(unwrap(network).state_dict()):
            raise CheckpointError(
                f"The {name} of this run has other layers than the options of this version make. Export its networks with "
                "python -m utils.training.export, and start a new run from them."
            )


def restore(content, cycle, averages):
    """Put a checkpoint's content into what collect() took it from. CheckpointError if they do not fit."""
    try:
        for name, network in cycle.networks.trained().items():
            unwrap(network).load_state_dict(content["networks"][name])
        for name, average in averages.items():
            average.model.load_state_dict(content["averages"][name])
        for name, optimiser in cycle.optimisers.items():
            optimiser.load_state_dict(content["optimisers"][name])
    except (KeyError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"The checkpoint does not fit the options of this run ({reason}).") from error
