"""Networks for the tests of inference: every part of them matters to the output, as in a trained one."""
import os

import numpy as np
import torch
from PIL import Image
from torch import nn

from model import PRESETS, Photo2Sketch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def lively_network(arch=PRESETS["fast"], seed=0):
    """A Photo2Sketch with random weights, random statistics of batch norms, strong attention and strong contrasts."""
    torch.manual_seed(seed)
    network = Photo2Sketch(arch).eval()
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.InstanceNorm2d)):
            nn.init.uniform_(module.weight, 0.6, 1.4)
            nn.init.normal_(module.bias, std=0.2)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    nn.init.normal_(network.attention.out.weight, std=0.2)
    nn.init.normal_(network.head.conv.weight, std=0.1)
    return network


def noise_photos(batch, height, width, seed=1):
    """uint8 (B, H, W, 3) with structure at several scales."""
    generator = np.random.default_rng(seed)
    photos = np.zeros((batch, height, width, 3))
    for cell in (1, 4, 32):
        coarse = generator.random((batch, -(-height // cell), -(-width // cell), 3))
        photos += coarse.repeat(cell, 1).repeat(cell, 2)[:, :height, :width]
    return np.uint8(photos / 3 * 255)


def shipped_photo(size=None):
    """One of the shipped photos, uint8 (H, W, 3); `size` cuts a square out of its middle."""
    folder = os.path.join(ROOT, "Test")
    name = sorted(name for name in os.listdir(folder) if name.endswith(".jpg"))[0]
    photo = np.asarray(Image.open(os.path.join(folder, name)).convert("RGB"))
    if size is None:
        return photo
    top, left = (photo.shape[0] - size) // 2, (photo.shape[1] - size) // 2
    return photo[top : top + size, left : left + size].copy()
