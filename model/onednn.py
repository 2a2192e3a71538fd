"""Convolutions that do more than convolve while they write their output: oneDNN's, or the same in single steps.

On a CPU oneDNN applies an activation or adds to what is there in the same pass over memory. It is also the faster one
for 1x1 convolutions of few channels, for which torch on one thread takes its own.
"""
import torch
from torch.nn import functional as F

NOTHING = ("none", ())
MOST = 32  # layouts of one weight that are kept: of all weights of `fast` in float32 up to 140 MB, beside what drawing takes


def native_bfloat16():
    """Whether oneDNN has bfloat16 instructions to work with on this CPU.

    What is emulated never pays, whatever a trial on a busy machine says.
    """
    return torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def fuses(x):
    """Whether oneDNN's convolution with a pointwise function behind it is there for this tensor."""
    if x.device.type != "cpu" or not torch.backends.mkldnn.is_available() or torch.jit.is_tracing():
        return False
    return x.dtype == torch.float32 or x.dtype == torch.bfloat16 and native_bfloat16()


def pack(weight, x, stride, padding, groups=1):
    """The weight in the layout that oneDNN wants for inputs like x, for which fuses(x): else it is rearranged in every call."""
    return torch.ops.mkldnn._reorder_convolution_weight(weight, padding, stride, (1, 1), groups, list(x.shape))


class Packed:
    """The layouts of one weight for the inputs that come, each made once.

    oneDNN wants a layout by the shape of the input and the number of threads. Given another layout it rearranges that in every call,
    which takes longer than to convolve, for small inputs 20 to 140 times as long. A plain weight is rearranged fast: it serves all
    shapes that come after the first MOST.
    """

    def __init__(self):
        self.layouts = {}

    def __getstate__(self):
        return {"layouts": {}}  # they cannot be copied

    def __call__(self, x, plain, stride, padding, groups=1):
        """The weight to convolve an input x with, for which fuses(x). plain: called for the weight as it is."""
        key = x.dtype, tuple(x.shape), torch.get_num_threads()
        layouts = self.layouts
        if key in layouts:
            return layouts[key]
        if len(layouts) == MOST:
            return plain()
        layout = pack(plain(), x, stride, padding, groups)
        self.layouts = layouts | {key: layout}  # replaced, not changed: other threads may read it, or replace it too
        return layout


def convolve(x, weight, bias=None, stride=(1, 1), padding=(0, 0), then=NOTHING, groups=1):
    """Convolution and an activation: (B, inputs, H, W) -> (B, outputs, H', W').

    then: ("leaky_relu", (slope,)), ("hardtanh", (low, high)) or NOTHING.
    """
    name, values = then
    if fuses(x):
        return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, padding, stride, (1, 1), groups, name, values, "")
    y = F.conv2d(x, weight, bias, stride, padding, groups=groups)
    return y if then == NOTHING else getattr(F, name + "_")(y, *values)


def add_convolution(total, x, weight, bias=None, stride=(1, 1), padding=(0, 0)):
    """Adds a convolution of x to `total`, in place, and returns it."""
    if not fuses(x):
        return total.add_(F.conv2d(x, weight, bias, stride, padding))
    return torch.ops.mkldnn._convolution_pointwise_(
        total, x, weight, bias, padding, stride, (1, 1), 1, "add", 1.0, None, [], None
    )
