"""What a run would be, without running it: options, data, networks and memory."""
import dataclasses

import torch

from losses.vgg import LAYERS, VGGFeatures, build
from model import ConditionalDiscriminator, Discriminator, Photo2Sketch, Sketch2Photo
from model.side_outputs import SideOutputs
from utils.checkpoint import load_network

from . import state
from .cycle import Cycle
from .distributed import Group
from .networks import Networks, architecture, freeze
from .run_folder import RunFolder
from .schedule import VGG_TERMS
from .sources import open_data, open_validation, total_steps
from .stages import check_shares, rehearse

WEIGHT = 4  # bytes, in float32
LEARNT = 4 * WEIGHT  # a weight, its gradient and AdamW's two moments
GIB = 2**30


def print_preview(stages):
    """What --dry-run prints of all stages, a list of Options, in the first process of a training.

    The files that the first stage names are read, and what train_stages() refuses at its start is refused here.
    """
    group = Group.from_environment()
    check_shares(stages, group)
    rehearse(stages, group, fetch=False)
    content = RunFolder.open(stages[0].resume).newest() if stages[0].resume else None
    made = state.architectures(content) if content else {}
    for options in stages if group.first else []:
        networks = blank_networks(options, made)
        made = made | {name: network.arch for name, network in networks.generators().items()}
        print(preview(options, networks, group.size))


def blank_networks(options, made):
    """The networks of `options` with random weights, but for a teacher's, which are read.

    made: {name: Architecture} of the generators that the stages before train, which are not there yet, or that a resumed run
    holds. CheckpointError or VGGError for files that cannot be used.
    """
    weights = options.weights()

    def generator(kind, name):
        file = getattr(options, name)
        arch = made.get(name) or (load_network(kind, file).arch if file else architecture(options))
        return kind(arch)

    photo2sketch = generator(Photo2Sketch, "photo2sketch")
    features = None
    if weights.needs_features:  # torchvision's weights are not fetched for a preview
        features = (VGGFeatures(options.vgg).layers if options.vgg else build(LAYERS["VGG19"])).requires_grad_(False)
    return Networks(
        freeze(photo2sketch) if options.freeze_photo2sketch else photo2sketch,
        generator(Sketch2Photo, "sketch2photo") if weights.needs_reconstruction else None,
        SideOutputs(photo2sketch.arch) if weights.deep_supervision else None,
        Discriminator(options.discriminator_widths) if weights.needs_discriminator else None,
        ConditionalDiscriminator(photo2sketch.arch.candidates + 1) if weights.conditional else None,
        features,
        freeze(load_network(Photo2Sketch, options.teacher)) if options.teacher else None,
    )


def weight_bytes(networks):
    """Bytes of all weights, and of what learning adds to them: gradients, the optimisers' moments, the averages."""
    fixed = [network for network in (networks.features, networks.teacher) if network is not None]
    parameters = [p for network in (*networks.trained().values(), *fixed) for p in network.parameters()]
    averages = sum(p.numel() for network in networks.generators().values() for p in network.parameters())
    return sum((LEARNT if p.requires_grad else WEIGHT) * p.numel() for p in parameters) + WEIGHT * averages


def saved_bytes(options, networks, weights):
    """Bytes of the tensors that the backward pass of both generators needs for each photo, with losses of these weights.

    Counted in a forward pass of one blank photo on the CPU in float32.
    """
    layers = networks.features
    owners = [*networks.trained().values(), *([layers] if layers is not None else [])]
    kept, known = {}, {p.untyped_storage().data_ptr() for network in owners for p in network.parameters()}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in known:
            kept[storage.data_ptr()] = storage  # held, so that no other storage takes its place
        return tensor

    if layers is not None:  # the losses take a list of features
        networks = dataclasses.replace(networks, features=lambda image: [layers(image.expand(-1, 3, -1, -1))])
    channels = {"photo": 3, "clean": 3, "guidance": 6, "importance": 1, "edges": 1, "reference": 1}
    sides = dict.fromkeys(channels, options.size) | {"reference": options.reference_size or options.size}
    batch = {name: torch.rand(1, n, sides[name], sides[name]) for name, n in channels.items()}
    cycle = Cycle(options, networks, Group(), torch.device("cpu"), torch.float32, 1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        cycle.forward_generators(0, 0, batch, weights)
    return sum(storage.nbytes() for storage in kept.values())


def activation_bytes(options, networks, photos):
    """Bytes that the backward pass of both generators needs for a part of a step, of whose photos some go through VGG."""
    weights = options.weights()
    without = saved_bytes(options, networks, dataclasses.replace(weights, **dict.fromkeys(VGG_TERMS, 0.0)))
    if networks.features is None:
        return photos * without
    through_vgg = max(1, round(options.vgg_share * photos))
    return photos * without + through_vgg * (saved_bytes(options, networks, weights) - without)


def preview(options, networks, processes=1):
    """What --dry-run prints of one stage. networks: of blank_networks(). OptionError if the data is not there."""
    dataset, held_back = open_data(options, "train"), open_validation(options)
    total = total_steps(options, len(dataset))
    counts = {name: sum(p.numel() for p in n.parameters()) for name, n in networks.trained().items()}
    if networks.teacher is not None:
        counts["teacher"] = sum(p.numel() for p in networks.teacher.parameters())
    share = options.batch // (options.accumulate * processes)
    weights, activations = weight_bytes(networks), activation_bytes(options, networks, share)
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
