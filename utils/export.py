"""Photo2Sketch for other programs: `python -m utils.export` writes ONNX and TorchScript, which need no code of ours.

Both take photo, float32 RGB (B, 3, H, W) in [0, 1] of any size from 16 x 16, and detail, a float32 scalar from -1
(sparse) to 1 (dense), and return the blended sketch (B, 1, H, W) in [0, 1], 1 = paper: as the network
draws it, which is --faces 1 --crisp 0 --fur 0 --shade 0 --background 1 of the tools without their smaller drawings of dark masses.
"""
import argparse
import os
import sys
import warnings

import torch
from torch import nn

from model import Photo2Sketch
from model.fold import fold
from model.fused_head import FusedHead
from utils.atomic import replacing
from utils.checkpoint import CheckpointError, load_network
from utils.defaults import CHECKPOINTS

FORMATS = {"onnx": ".onnx", "torchscript": ".pt"}
OPSET = 18  # of ONNX; onnxruntime reads it from version 1.14 on
EXAMPLE = (2, 3, 75, 98)  # any batch and size that is no special case
DYNAMIC = {0: "batch", 2: "height", 3: "width"}


class ExportError(Exception):
    """A file that could not be written. The message says why and what helps."""


class Portable(nn.Module):
    """The folded network from photo and detail to the sketch, in operations of tensors alone."""

    def __init__(self, network):
        super().__init__()
        self.network = fold(network)
        self.network.head = FusedHead(network.head)

    def reflected(self, size):
        """Positions of a line and, behind its end, of its reflection up to a multiple of the stride."""
        stride = self.network.arch.stride
        position = torch.arange((size + stride - 1) // stride * stride)
        return torch.where(position < size, position, 2 * (size - 1) - position)

    def forward(self, photo, detail):
        height, width = photo.shape[-2:]
        padded = photo[:, :, self.reflected(height)][:, :, :, self.reflected(width)]
        (sketch,) = self.network.head.sketches(self.network.features(padded), detail)
        return sketch[..., :height, :width]


def trace(network):
    """A Photo2Sketch as a TorchScript module for any batch and size."""
    with warnings.catch_warnings(), torch.no_grad():  # its successor torch.export fixes sizes left open here
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        return torch.jit.trace(Portable(network).eval(), (torch.rand(EXAMPLE), torch.tensor(0.0)), check_trace=False)


def write(traced, path, kind):
    """Write what trace() gave to `path`, whole or not at all. kind: "onnx" or "torchscript". ExportError, OSError."""
    with replacing(path) as temporary:
        if kind == "torchscript":
            with open(temporary, "wb") as file:
                file.write(traced.save_to_buffer())
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                torch.onnx.export(
                    traced,
                    (torch.rand(EXAMPLE), torch.tensor(0.0)),
                    temporary,
                    dynamo=False,
                    opset_version=OPSET,
                    input_names=["photo", "detail"],
                    output_names=["sketch"],
                    dynamic_axes={"photo": DYNAMIC, "sketch": DYNAMIC},
                )
            except torch.onnx.OnnxExporterError as error:
                if "not installed" not in str(error):
                    raise
                raise ExportError("ONNX needs the package onnx: pip install onnx, or --format torchscript.") from None


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="python -m utils.export", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", default=CHECKPOINTS["photo2sketch"], help="default: %(default)s")
    parser.add_argument("--output", default="Result", help="folder of the files photo2sketch.* (default: %(default)s)")
    parser.add_argument("--format", choices=[*FORMATS, "both"], default="both", help="default: %(default)s")
    options = parser.parse_args(arguments)
    try:
        traced = trace(load_network(Photo2Sketch, options.checkpoint))
        os.makedirs(options.output, exist_ok=True)
        for kind in FORMATS if options.format == "both" else [options.format]:
            path = os.path.join(options.output, "photo2sketch" + FORMATS[kind])
            write(traced, path, kind)
            print(f"{path} ({os.path.getsize(path) / 1e6:.1f} MB)")
    except (CheckpointError, ExportError) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"--output {options.output}: cannot be written to ({error.strerror}).")


if __name__ == "__main__":
    main()
