"""What a run would be, without running it: options, data, networks and memory."""
import dataclasses

import torch

from losses.vgg import LAYERS, build
from model import ConditionalDiscriminator, Discriminator, Photo2Sketch, Sketch2Photo
from model.side_outputs import SideOutputs

from .cycle import Cycle
from .distributed import Group
from .networks import Networks, architecture, freeze
from .sources import open_data, open_validation, total_steps

BYTES_PER_WEIGHT = 4 * 4  # float32: the weight, its gradient and AdamW's two moments
GIB = 2**30


def blank_networks(options):
    """The networks of `options` with random weights: checkpoint and VGG files are not read."""
    weights, arch = options.weights(), architecture(options)
    return Networks(
        freeze(Photo2Sketch(arch)) if options.freeze_photo2sketch else Photo2Sketch(arch),
        Sketch2Photo(arch) if weights.needs_reconstruction else None,
        SideOutputs(arch) if weights.deep_supervision else None,
        Discriminator(options.discriminator_widths) if weights.needs_discriminator else None,
        ConditionalDiscriminator(arch.candidates + 1) if weights.conditional else None,
        build(LAYERS["VGG19"]).requires_grad_(False) if weights.needs_features else None,
    )


def saved_bytes(options, networks):
    """Bytes of the tensors that the backward pass of both generators needs for each photo, all losses taking part.

    Counted in a forward pass of one blank photo on the CPU in float32.
    """
    kept, known = {}, {p.untyped_storage().data_ptr() for n in networks.trained().values() for p in n.parameters()}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage  # held, so that no other storage takes its place
        return tensor

    layers = networks.features
    if layers is not None:  # the losses take a list of features
        networks = dataclasses.replace(networks, features=lambda image: [layers(image.expand(-1, 3, -1, -1))])
    channels = {"photo": 3, "clean": 3, "guidance": 6, "importance": 1, "edges": 1, "reference": 1}
    sides = dict.fromkeys(channels, options.size) | {"reference": options.reference_size or options.size}
    batch = {name: torch.rand(1, n, sides[name], sides[name]) for name, n in channels.items()}
    cycle = Cycle(options, networks, Group(), torch.device("cpu"), torch.float32, 1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        cycle.forward_generators(0, 0, batch, options.weights())
    return sum(storage.nbytes() for storage in kept.values())


def preview(options, processes=1):
    """The text that --dry-run prints. OptionError if the data is not there."""
    dataset, held_back = open_data(options, "train"), open_validation(options)
    total = total_steps(options, len(dataset))
    networks = blank_networks(options)
    counts = {name: sum(p.numel() for p in n.parameters()) for name, n in networks.trained().items()}
    averages = sum(counts[name] for name in networks.generators())
    share = options.batch // (options.accumulate * processes)
    weights = BYTES_PER_WEIGHT * sum(counts.values()) + 4 * averages
    activations = share * saved_bytes(options, networks)
    lines = ["options"]
    lines += [f"  {name}: {value}" for name, value in options.settings().items()]
    lines += ["data", *(f"  {line}" for line in dataset.describe().splitlines())]
    validation = held_back.describe() if held_back else "no photos"
    lines += [f"  {line}" for line in f"for validation: {validation}".splitlines()]
    lines.append(f"  {total} steps of {options.batch} photos, {total * options.batch / len(dataset):.1f} epochs of {len(dataset)}")
    lines += ["networks", *(f"  {name}: {count / 1e6:.2f} million weights" for name, count in counts.items())]
    lines += [
        "memory of each process, estimated for float32",
        f"  weights, gradients, optimisers and averages: {weights / GIB:.2f} GiB",
        f"  activations of {share} photos at {options.size} pixels: {activations / GIB:.2f} GiB",
        f"  together about {(weights + activations) / GIB:.1f} GiB, beside what torch and the loading processes take",
    ]
    return "\n".join(lines)
