"""Turn a run into the checkpoints that drawing uses: python -m utils.training.export RUN --output FOLDER [--best]"""
import argparse
import os
import sys

from model import Photo2Sketch, Sketch2Photo
from utils.checkpoint import CheckpointError, save_generator

from . import state
from .run_folder import RunError, RunFolder

KINDS = {"photo2sketch": Photo2Sketch, "sketch2photo": Sketch2Photo}


def path_of(name, folder):
    """Where the generator `name` of a run is exported to."""
    return os.path.join(folder, f"{name}.pth")


def export(run, output, best=False):
    """Write the averaged generators of the run folder `run` into the folder `output`: the paths written.

    best: take the checkpoint that validated best instead of the newest. RunError or CheckpointError if there is none.
    """
    folder = RunFolder.open(run)
    content = folder.best() if best else folder.newest()
    if content is None:
        raise RunError(f"{run} has no checkpoint that loads.")
    os.makedirs(output, exist_ok=True)
    paths = []
    for name, arch in state.architectures(content).items():
        generator = KINDS[name](arch)
        try:
            generator.load_state_dict(content["averages"][name])
        except RuntimeError as error:
            raise CheckpointError(f"The {name} of {run} is of another version, which has other layers. Use that one.") from error
        paths.append(path_of(name, output))
        save_generator(generator, paths[-1], content["step"], {"run": os.path.basename(os.path.normpath(run))})
    return paths


def main(argv=None):
    """The command. Leaves with a sentence on what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m utils.training.export", description="Export the generators of a run.")
    parser.add_argument("run", help="run folder, such as runs/001-run")
    parser.add_argument("--output", required=True, help="folder for the .pth files; those of the same name are replaced")
    parser.add_argument("--best", action="store_true", help="take the checkpoint that validated best, not the newest")
    arguments = parser.parse_args(argv)
    try:
        for path in export(arguments.run, arguments.output, arguments.best):
            print(path)
    except (RunError, CheckpointError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
