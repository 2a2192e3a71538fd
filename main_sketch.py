"""Train Photo2Sketch and Sketch2Photo: python main_sketch.py --photos DIR --references DIR. See --help and README.md."""
import os
import sys

# Before torch is loaded: its threads wait asleep, not spinning, and leave the cores to the processes that load data.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from losses.vgg import VGGError
from utils.checkpoint import CheckpointError
from utils.devices import is_out_of_memory
from utils.training.fields import OptionError
from utils.training.preview import print_preview
from utils.training.run_folder import RunError
from utils.training.stages import read_stages, train_stages


def main(argv):
    """Train as the command line says. Returns the exit status."""
    try:
        stages = read_stages(argv)
        if stages[0].dry_run:
            print_preview(stages)
            return 0
        return train_stages(stages)
    except (OptionError, RunError, CheckpointError, VGGError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # the disk is full, a folder cannot be written, no photo can be decoded
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            sentence = "the memory of the device is full. Give a smaller --batch or --size, or more --accumulate."
            print(f"error: {sentence}", file=sys.stderr)
            return 1
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        reason = str(error).strip().splitlines()[0]
        print(f"error: --compile failed ({reason}). Leave it out, or install a C++ compiler.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before the first step, or a second time
        print("Interrupted: nothing was saved since the last checkpoint.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
