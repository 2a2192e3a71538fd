"""The networks of a run: those that its losses need."""
import dataclasses

import torch
from torch import nn

from losses.vgg import VGGFeatures
from model import PRESETS, ConditionalDiscriminator, Discriminator, Photo2Sketch, Sketch2Photo
from model.side_outputs import SideOutputs
from utils.checkpoint import CheckpointError, load_network

DISCRIMINATORS = ("discriminator", "conditional_discriminator")


@dataclasses.dataclass
class Networks:
    """None stands for a network that no loss of the run needs."""

    photo2sketch: nn.Module
    sketch2photo: nn.Module | None
    side_outputs: nn.Module | None  # of photo2sketch, for the deep supervision
    discriminator: nn.Module | None
    conditional_discriminator: nn.Module | None
    features: nn.Module | None  # VGG, frozen
    teacher: nn.Module | None = None  # a Photo2Sketch that draws the guidance, frozen

    def trained(self):
        """{name: network} of those that learn."""
        names = ("photo2sketch", "sketch2photo", "side_outputs", *DISCRIMINATORS)
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    def generators(self):
        """{name: network} of the generators."""
        return {name: network for name, network in self.trained().items() if name in ("photo2sketch", "sketch2photo")}

    def with_generators(self):
        """{name: network} of the generators and what learns with them: all but the discriminators."""
        return {name: network for name, network in self.trained().items() if name not in DISCRIMINATORS}

    def discriminators(self):
        """{name: network} of the discriminators."""
        return {name: network for name, network in self.trained().items() if name in DISCRIMINATORS}

    def map(self, change):
        """Networks with change(network) in place of each one there is."""
        parts = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return Networks(**{name: None if part is None else change(part) for name, part in parts.items()})


def freeze(network):
    """The network as it draws: in evaluation, without gradients."""
    return network.eval().requires_grad_(False)


def freeze_norm(network, file):
    """The network with batch norm by its running statistics, as it draws, instead of those of each batch.

    file: where it is from, which CheckpointError names where there is no batch norm.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        raise CheckpointError(f"--freeze-norm: {file} has no batch norm, so nothing would be kept. Leave the option out.")
    for norm in norms:
        norm.eval()
    return network


def architecture(options):
    """The generators' architecture that the options describe."""
    arch = PRESETS[options.preset]
    return dataclasses.replace(arch, preset="custom", widths=options.widths, last_width=None) if options.widths else arch


def build_networks(options, architectures=None):
    """New networks on the CPU, started from `options.seed` or from the checkpoints that the options name.

    architectures: {name: Architecture} of the generators of a run that is resumed; its checkpoint brings their weights.
    Each network is seeded by itself, so that its start does not depend on which others there are. CheckpointError or
    VGGError for files that cannot be used.
    """
    weights = options.weights()

    def generator(kind, name, number):
        file = getattr(options, name)
        if file and architectures is None:
            network = load_network(kind, file).train()
        else:
            torch.manual_seed(options.seed + number)
            network = kind((architectures or {}).get(name) or architecture(options))
        return freeze_norm(network, file) if file and options.freeze_norm else network

    photo2sketch = generator(Photo2Sketch, "photo2sketch", 0)
    if options.freeze_photo2sketch:
        freeze(photo2sketch)
    sketch2photo = generator(Sketch2Photo, "sketch2photo", 1) if weights.needs_reconstruction else None
    side_outputs = SideOutputs(photo2sketch.arch) if weights.deep_supervision else None
    torch.manual_seed(options.seed + 2)
    discriminator = Discriminator(options.discriminator_widths) if weights.needs_discriminator else None
    torch.manual_seed(options.seed + 3)
    conditional = ConditionalDiscriminator(photo2sketch.arch.candidates + 1) if weights.conditional else None
    features = VGGFeatures(options.vgg or None) if weights.needs_features else None
    teacher = freeze(load_network(Photo2Sketch, options.teacher)) if options.teacher else None
    return Networks(photo2sketch, sketch2photo, side_outputs, discriminator, conditional, features, teacher)
