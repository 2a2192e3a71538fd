"""What the machine can do for a training: its devices, and whether bfloat16 is fast there and back."""
import torch

from model.onednn import native_bfloat16
from model.precision import choose_dtype, trial
from utils.devices import DeviceError, choose_device

from .fields import OptionError

WORTH_IT = 0.9  # bfloat16 must need at most this share of float32's time
HOPELESS = 20  # times float32's time in a small trial: a large one would take too long
SMALL, LARGE = (1, 16, 32, 32), (4, 64, 128, 128)  # (B, C, H, W) of the trials


def choose_training_device(name, group):
    """The torch device of "auto", "cpu", "cuda" or "cuda:N" for this process of a Group. OptionError if it is not there.

    "auto" takes CUDA or the CPU. Of several GPUs each process takes its own, so that only one alone can name one.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = choose_device(name)
    except DeviceError as error:
        raise OptionError(str(error)) from None
    if device.type == "cpu":
        return device
    if device.type != "cuda":
        raise OptionError(f"--device {name}: training runs on CUDA or the CPU. Use --device auto.")
    if name != "cuda" and group.size > 1:
        raise OptionError(f"--device {name} is one GPU for {group.size} processes. Use --device cuda: each takes its own.")
    if name == "cuda":
        count = torch.cuda.device_count()
        if group.local_rank >= count:
            raise OptionError(f"There are more processes than the {count} CUDA devices here: give torchrun --nproc-per-node {count}.")
        device = torch.device("cuda", group.local_rank)
    torch.cuda.set_device(device)
    torch.backends.cudnn.benchmark = True  # crops have one size: the fastest algorithms are worth the search
    return device


def bfloat16_is_fast(device):
    """Whether convolutions, forward and backward, take clearly less time in bfloat16 here. Decided by the clock, because
    processors that accept bfloat16 may emulate it hundreds of times slower; a CPU without instructions for it is not asked,
    for on a busy machine the clock errs.
    """
    if device.type == "cpu" and not native_bfloat16():
        return False

    def seconds(dtype, shape):
        once = trial(dtype, shape, device, backward=True)
        once()  # warms up
        return min(once() for _ in range(3))

    try:
        if seconds(torch.bfloat16, SMALL) > HOPELESS * seconds(torch.float32, SMALL):
            return False
        return seconds(torch.bfloat16, LARGE) < WORTH_IT * seconds(torch.float32, LARGE)
    except RuntimeError:
        return False


def choose_training_dtype(precision, device):
    """torch.float32 or torch.bfloat16 for "auto", "float32" or "bfloat16"; "auto" by the time forward and backward."""
    if precision == "auto":
        return torch.bfloat16 if bfloat16_is_fast(device) else torch.float32
    return choose_dtype(precision, device)
