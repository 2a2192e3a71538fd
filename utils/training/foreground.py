"""Train the network that finds the foreground: python -m utils.training.foreground PHOTOS --output FILE

PHOTOS has foreground maps, see utils.training.foreground_maps. About twenty minutes on two cores.
"""
import argparse
import os
import sys

import torch

from data.foreground import ForegroundDataset
from losses.foreground import foreground_loss
from model import Foreground, Photo2Sketch
from model.foreground import SIDE
from utils.checkpoint import CheckpointError, load_network, save_generator
from utils.defaults import CHECKPOINTS
from utils.tool_options import device, number

from .distributed import Group
from .ema import Average
from .fields import OptionError
from .loader import Order, batches_of, dead_loaders_named, make_loader, to_device
from .machine import choose_training_device, choose_training_dtype
from .schedule import learning_rate_factor

EVERY = 300  # steps between validations, after each of which the file is written
WARMUP, FINAL_LR = 100, 0.02  # steps; share of the peak learning rate in the last one
CLIP = 5.0  # largest norm of the gradient
DECAY = 0.998  # of the moving averages, which are what is written


def begin(checkpoint):
    """A Foreground with the body of the Photo2Sketch in a file, whose features know edges and bodies already."""
    body = load_network(Photo2Sketch, checkpoint)
    network = Foreground(body.arch)
    own = network.state_dict()
    network.load_state_dict(own | {name: value for name, value in body.state_dict().items() if name in own and not name.startswith("head")})
    return network


@torch.no_grad()
def validate(network, data):
    """(mean absolute error, mean intersection over union of what is surer than even) on the maps of a ForegroundDataset."""
    errors, overlaps = [], []
    for item in (data[i] for i in range(len(data))):
        batch = to_device({name: value[None] for name, value in item.items()}, next(network.parameters()).device)
        found = torch.sigmoid(torch.nn.functional.interpolate(network(batch["photo"]), size=(SIDE, SIDE), mode="bilinear"))
        errors.append((found - batch["foreground"]).abs().mean().item())
        one, other = found > 0.5, batch["foreground"] > 0.5
        if other.any():
            overlaps.append(((one & other).sum() / (one | other).sum()).item())
    return sum(errors) / len(errors), sum(overlaps) / max(len(overlaps), 1)


@dead_loaders_named()
def train(photos, output, checkpoint, steps, batch, lr, seed, place, precision, workers):
    """The network that validated last. Writes it to `output` every EVERY steps and at the end.

    OptionError, CheckpointError, OSError or ValueError with a sentence on what is wrong.
    """
    torch.manual_seed(seed)
    place = choose_training_device(place, Group())
    dtype = choose_training_dtype(precision, place)
    data, held_out = (ForegroundDataset(photos, split, SIDE, seed) for split in ("train", "val"))
    if os.path.isdir(output):
        raise OSError(f"{output} is a folder. Name a file in it.")
    folder = os.path.dirname(os.path.abspath(output))
    if not os.access(folder, os.W_OK):
        raise OSError(f"{output} cannot be written. Make the folder {folder}, or name another --output.")
    network = begin(checkpoint).to(place, memory_format=torch.channels_last).train()
    average = Average(network, DECAY)
    optimiser = torch.optim.AdamW(network.parameters(), lr, weight_decay=1e-2)
    print(f"{len(data)} photos and {len(held_out)} held out, {steps} steps of {batch} on {place} in {str(dtype)[6:]}")
    if held_out.photos.shared:
        print("too few photos to hold any back: those that are called held out are the training's own")
    loader = make_loader(data, Order(len(data), batch, 1, Group(), 0, steps), workers, place.type == "cuda")
    for step, items in enumerate(batches_of(loader)):
        for group in optimiser.param_groups:
            group["lr"] = lr * learning_rate_factor(step, steps, WARMUP, FINAL_LR)
        items = to_device(items, place)
        with torch.autocast(place.type, dtype, enabled=dtype != torch.float32):
            logits = network(items["photo"])
        loss = foreground_loss(logits.float(), items["foreground"])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        average.update(network, step)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            error, overlap = validate(average.model, held_out)
            print(f"step {step + 1}: loss {loss.item():.3f}, held out: mean absolute error {error:.4f}, overlap {overlap:.4f}", flush=True)
            save_generator(average.model, output, step + 1, {"run": "foreground", "error": error, "overlap": overlap})
    return average.model


def main(argv=None):
    """The command. Leaves with a sentence on what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m utils.training.foreground", description="Train the foreground network.")
    add = parser.add_argument
    add("photos", help="folder of photos with foreground maps: COCO 2017 layout, or any folder of pictures")
    add("--output", required=True, help="file of weights to write")
    add("--checkpoint", default=CHECKPOINTS["fast"], help="Photo2Sketch whose body it begins with (default: the shipped one of the preset fast)")
    add("--steps", type=number(1, 1_000_000, int), default=2400, help="optimisation steps (default: %(default)s)")
    add("--batch", type=number(1, 4096, int), default=16, help="photos per step (default: %(default)s)")
    add("--lr", type=number(0, 1), default=1e-3, help="peak learning rate of AdamW (default: %(default)s)")
    add("--seed", type=number(0, 2**31 - 1, int), default=0, help="of everything random (default: %(default)s)")
    add("--device", type=device, default="auto", help="cpu, cuda, cuda:N, or auto (default)")
    add("--precision", choices=("auto", "float32", "bfloat16"), default="auto", help="auto takes what is faster (default)")
    add("--workers", type=number(0, 256, int), default=1, help="processes that load data (default: %(default)s)")
    o = parser.parse_args(argv)
    try:
        train(o.photos, o.output, o.checkpoint, o.steps, o.batch, o.lr, o.seed, o.device, o.precision, o.workers)
    except (OptionError, CheckpointError, OSError, ValueError) as error:
        sys.exit(f"error: {error}")
    print(o.output)


if __name__ == "__main__":
    main()
