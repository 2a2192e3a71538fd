"""Frozen VGG features, the common ground of the style and content losses."""
import os
import pickle
import re

import torch
from torch import nn

URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"  # torchvision's VGG19, hash in its name
MEAN = (0.485, 0.456, 0.406)  # of ImageNet's RGB, as torchvision's models expect it
DEVIATION = (0.229, 0.224, 0.225)

# Outputs of the convolutions up to conv4_1, "P" = 2 x 2 max pooling; each convolution is followed by a ReLU
# (Simonyan and Zisserman 2015, table 1, columns D and E). conv1_1, 2_1, 3_1 and 4_1 open their blocks.
LAYERS = {
    "VGG16": (64, 64, "P", 128, 128, "P", 256, 256, 256, "P", 512),
    "VGG19": (64, 64, "P", 128, 128, "P", 256, 256, 256, 256, "P", 512),
}


class VGGError(Exception):
    """VGG weights that are missing, damaged or foreign. The message names the file and the remedy."""


def build(layers):
    """The convolutional part as torchvision numbers it (the pooling that would follow conv4_1 left out)."""
    modules, channels = [], 3
    for width in layers:
        if width == "P":
            modules.append(nn.MaxPool2d(2))
        else:
            modules += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*modules)


def read_weights(path):
    """The state dict of a local file, or of torchvision's VGG19 if `path` is None. VGGError says what is wrong."""
    if path is None:
        try:
            return torch.hub.load_state_dict_from_url(URL, map_location="cpu", check_hash=True, weights_only=True)
        except (OSError, RuntimeError, pickle.UnpicklingError) as error:
            raise VGGError(
                f"torchvision's VGG19 weights could not be fetched from {URL} ({error}). "
                "Name a local file of VGG16 or VGG19 weights, or set the style and content weights to 0."
            ) from error
    if not os.path.isfile(path):
        raise VGGError(f"VGG weights not found: {path}. Name a file of torchvision's VGG16 or VGG19 weights.")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError, KeyError, AttributeError) as error:
        raise VGGError(f"{path} cannot be read as a file of weights. Download it again.") from error


def recognize(state, origin):
    """(name, the "N.weight" / "N.bias" entries up to conv4_1) of the architecture whose convolutions `state` holds.

    state: a state dict in torchvision's naming, "features.N.weight" (or "N.weight", of the convolutional part alone);
    classifier entries and deeper layers are ignored. VGGError if it is neither VGG16 nor VGG19.
    """
    if isinstance(state, dict):
        entries = {re.sub(r"^features\.", "", str(key)): value for key, value in state.items()}
        for name, layers in LAYERS.items():
            expected = {key: value.shape for key, value in build(layers).state_dict().items()}
            found = {key: getattr(entries.get(key), "shape", None) for key in expected}
            # VGG19 has a convolution where VGG16 pools, so the keys and shapes up to conv4_1 fit one of them only.
            if found == expected:
                return name, {key: entries[key] for key in expected}
    raise VGGError(
        f"{origin} holds neither VGG16 nor VGG19 up to conv4_1 in torchvision's naming "
        "(features.N.weight, no batch norm). Name another file."
    )


class VGGFeatures(nn.Module):
    """(B, 1 or 3, H, W) in [0, 1], sides of at least 8 -> features after the ReLU of conv1_1, 2_1, 3_1 and 4_1.

    A list of (B, 64, H, W), (B, 128, H/2, W/2), (B, 256, H/4, W/4), (B, 512, H/8, W/8). A single channel is replicated.
    weights: path of a file (VGG16 or VGG19, see recognize()); None fetches torchvision's VGG19 once into torch's cache.
    Parameters never require gradients; gradients pass through to the input. VGGError for weights that cannot be used.
    """

    def __init__(self, weights=None):
        super().__init__()
        self.name, state = recognize(read_weights(weights), weights or URL)
        self.layers = build(LAYERS[self.name])
        self.layers.load_state_dict(state)
        self.requires_grad_(False)
        pools = [i for i, layer in enumerate(self.layers) if isinstance(layer, nn.MaxPool2d)]
        self.taps = {1, *(i + 2 for i in pools)}  # the ReLU after the first convolution of each block
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1))
        self.register_buffer("deviation", torch.tensor(DEVIATION).view(3, 1, 1))

    def forward(self, image):
        x = (image - self.mean) / self.deviation  # one channel broadcasts to three
        outputs = []
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i in self.taps:
                outputs.append(x)
        return outputs
