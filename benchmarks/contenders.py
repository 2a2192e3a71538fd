"""What benchmarks/speed.py times: a name for each network and the way it is run."""
import functools
import tempfile

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.networks import HED, LDC, ResNetGenerator
from data.crops import squeezed
from model import PRESETS, Foreground, Photo2Sketch
from model.engine import Engine
from model.foreground import SIDE, for_finding
from utils.memory import keep_freed_memory


def preset(name):
    torch.manual_seed(0)
    return Photo2Sketch(PRESETS[name]).eval()


light, fast, paper = (functools.partial(preset, name) for name in ("light", "fast", "paper"))


def foreground():
    torch.manual_seed(0)
    return Foreground().eval()


def with_engine(make, precision, device):
    """One drawing alone, as the tools draw it; never in tiles, which would cost the paper's preset many passes."""
    engine = Engine(make(), device, precision)
    return lambda photo: engine.sketch(photo, tile=max(photo.shape))


def all_maps(make, precision, device):
    """Candidates, confidences and blend."""
    engine = Engine(make(), device, precision)
    return lambda photo: engine.draw(torch.from_numpy(photo)[None].permute(0, 3, 1, 2).float() / 255)


def finding(make, precision, device):
    """The map of a photo's foreground, as the tools find it: at one size, whatever the photo's, and in float32 in any precision."""
    keep_freed_memory()
    network = for_finding(make(), device)
    return lambda photo: network.find(squeezed(photo, SIDE)[None])


def as_module(make, precision, device, layout):
    """The module called as it is. layout: of its weights and of the photo."""
    network = make().eval().to(device, getattr(torch, precision)).to(memory_format=layout)

    @torch.inference_mode()
    def run(photo):
        x = torch.from_numpy(photo).to(device).permute(2, 0, 1)[None].float().div_(255)
        return network(x.to(getattr(torch, precision)).contiguous(memory_format=layout))

    return run


def plain(make, precision, device):
    """As published: the module called as it is, channels last in bfloat16 only."""
    layout = torch.contiguous_format if precision == "float32" else torch.channels_last
    return as_module(make, precision, device, layout)


def tuned(make, precision, device):
    """With what helps any network: channels last, and memory that stays in the process."""
    keep_freed_memory()
    return as_module(make, precision, device, torch.channels_last)


def with_onnxruntime(make, precision, device):
    """The exported file; onnxruntime uses as many threads as torch."""
    import onnxruntime

    from utils.export import trace, write

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
        write(trace(make()), file.name, "onnx")
        session = onnxruntime.InferenceSession(file.name, options, providers=["CPUExecutionProvider"])
    detail = np.array(0, np.float32)
    planes = lambda photo: np.float32(photo.transpose(2, 0, 1)[None]) / np.float32(255)
    return lambda photo: session.run(None, {"photo": planes(photo), "detail": detail})


# name: (the network, the way to run it)
CONTENDERS = {
    "light": (light, with_engine),
    "light, all maps": (light, all_maps),
    "light, plain": (light, plain),
    "light, onnxruntime": (light, with_onnxruntime),
    "fast": (fast, with_engine),
    "foreground": (foreground, finding),
    "paper": (paper, with_engine),
    "paper, plain": (paper, plain),
    "LDC": (LDC, plain),
    "ResNet generator": (ResNetGenerator, plain),
    "HED": (HED, plain),
    "HED, tuned": (HED, tuned),
}


def builder(name, precision, device):
    """A picklable function that builds a contender: () -> function of a uint8 photo (S, S, 3)."""
    make, way = CONTENDERS[name]
    return functools.partial(way, make, precision, device)


def gflop(name, size):
    """Floating point operations of a contender for one photo, in 1e9; a multiplication and an addition are two."""
    network = CONTENDERS[name][0]().eval().to("meta")
    size = SIDE if isinstance(network, Foreground) else size
    if isinstance(network, Photo2Sketch):
        run = lambda x: network.head.conv(network.features(x))
    else:
        run = network
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run(torch.empty(1, 3, size, size, device="meta"))
    return counter.get_total_flops() / 1e9
