"""The precision of inference: which one a device is fastest in, found by trying, and which layers need float32."""
import functools
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

from .onednn import native_bfloat16
from .pixel_stage import PixelStage, suits

PRECISIONS = ("auto", "float32", "bfloat16")
GAIN = 1.3  # bfloat16 must be this much faster: below it, exactness is worth more
PATIENCE = 0.02  # seconds that the first bfloat16 convolution, SMALL, may take: emulation needs seconds for a photo
SMALL, LARGE, REPEATS = (1, 32, 32, 32), (1, 64, 64, 64), 8  # of trials: 19 and 302 MFLOP
# What other programs do counts less in a thread's own time. Windows counts that in ticks, which are longer than a trial.
CLOCK = time.perf_counter if sys.platform == "win32" else time.thread_time


def choose_dtype(precision, device):
    """torch.float32 or torch.bfloat16 for "auto", "float32" or "bfloat16" on a torch device. ValueError otherwise."""
    if precision not in PRECISIONS:
        raise ValueError(f"precision must be one of {', '.join(PRECISIONS)}, got {precision!r}.")
    if precision == "auto":
        return torch.bfloat16 if _bfloat16_pays(torch.device(device).type) else torch.float32
    return getattr(torch, precision)


@functools.lru_cache(maxsize=None)
def _bfloat16_pays(kind):
    """Whether bfloat16 convolutions are clearly faster than float32 ones on this kind of device. Takes under 0.2 s."""
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if kind != "cpu" or not native_bfloat16():
        return False
    with torch.inference_mode():
        patient = trial(torch.bfloat16, SMALL)
        if patient() > PATIENCE and patient() > PATIENCE:
            return False
        slow, fast = trial(torch.float32), trial(torch.bfloat16)
        seconds = [(slow(), fast()) for _ in range(1 + REPEATS)][1:]  # the first ones warm up
        return min(one for one, _ in seconds) > GAIN * min(other for _, other in seconds)


class Float32Stage(nn.Module):
    """A float32 part of a network that hands its result on in another type."""

    def __init__(self, part, dtype):
        super().__init__()
        self.part, self.dtype = part, dtype

    def forward(self, x):
        return self.part(x).to(self.dtype)


def set_precision(network, dtype):
    """Change a folded Sketch2Photo, or Photo2Sketch with a FusedHead, in place, to convolve in `dtype`, except where bfloat16 would be seen.

    Pictures go in as pixel_stage.as_input() has them, or as float32 in [0, 1]; float32 is what a FusedHead gives and the last
    layer of a Sketch2Photo wants. In bfloat16 the first stage is computed of bytes, or else stays in float32: it takes differences of
    neighbouring pixels, which the type rounds to 1/256 of the pixels' value; of such pixels, it moved up to 1.2 % of a drawing's by
    more than 2/255. The attention stays too, because it costs next to nothing, and the blending of the candidates.
    """
    if dtype != torch.float32:
        for part in (*network.encoder.stages[1:], network.decoder):
            part.to(dtype)
        if hasattr(network, "head"):
            network.head.convolve_in(dtype)
        first = network.encoder.stages[0]
        network.encoder.stages[0] = PixelStage(first) if suits(first) else Float32Stage(first, dtype)
    return network


def trial(dtype, shape=LARGE, device="cpu", backward=False):
    """A function that convolves an input (B, C, H, W) = `shape` to C channels once in `dtype` and returns the seconds it took.

    On a CPU it does so on one thread: several wait for the slowest, which on a busy machine is any. backward: what a training
    does, casts from float32 and back to the gradient of the weights included.
    """
    stored = torch.float32 if backward else dtype
    x = torch.zeros(shape, dtype=stored, device=device).to(memory_format=torch.channels_last)
    weight = torch.zeros(shape[1], shape[1], 3, 3, dtype=stored, device=device).to(memory_format=torch.channels_last)
    weight.requires_grad_(backward)
    clock = time.perf_counter if x.is_cuda else CLOCK

    def seconds():
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            start = clock()
            result = F.conv2d(x.to(dtype), weight.to(dtype), padding=1)
            if backward:
                result.float().sum().backward()
            if x.is_cuda:
                torch.cuda.synchronize(x.device)
            return clock() - start
        finally:
            torch.set_num_threads(threads)

    return seconds
