"""The discriminator: any size, images that do not mix, spectral norm, scales, features."""
import numpy as np
import pytest
import torch
from torch import nn

from model import Discriminator


@pytest.fixture(scope="module")
def network():
    """In evaluation mode, its attention switched on as after some training."""
    torch.manual_seed(0)
    network = Discriminator(widths=(6, 8, 8), scales=3, grid=4, heads=2).eval()
    for scale in network.scales:
        nn.init.normal_(scale.attention.out.weight, std=0.5)
    return network


@pytest.mark.parametrize("size", [(16, 16), (17, 16), (31, 45), (64, 50), (16, 129)])
def test_any_size_gives_a_decision_per_position_and_scale(size, network):
    with torch.no_grad():
        logits = network(torch.rand(2, 1, *size))
    sides, expected = size, []
    for _ in range(3):
        expected.append((2, 1, *(-(-side // 8) for side in sides)))
        sides = [-(-side // 2) for side in sides]
    assert [tuple(scale.shape) for scale in logits] == expected
    assert all(scale.isfinite().all() for scale in logits)


def test_images_of_a_batch_do_not_mix(network):
    drawings = torch.rand(3, 1, 40, 33)
    order = [2, 0, 1]
    with torch.no_grad():
        together, permuted, alone = network(drawings), network(drawings[order]), network(drawings[1:2])
    for all_of_them, moved, single in zip(together, permuted, alone):
        assert torch.allclose(all_of_them[order], moved, atol=1e-5)
        assert torch.allclose(all_of_them[1:2], single, atol=1e-5)
        assert (all_of_them[0] - all_of_them[1]).abs().max() > 1e-4  # they do see the image


def test_attention_lets_far_positions_see_each_other(network):
    drawing = torch.ones(1, 1, 128, 128)
    marked = drawing.clone()
    marked[..., :16, :16] = 0
    with torch.no_grad():
        fine, fine_marked = network(drawing)[0], network(marked)[0]
        fresh = Discriminator(widths=(6, 8, 8), scales=1, grid=4, heads=2).eval()
        local, local_marked = fresh(drawing)[0], fresh(marked)[0]
    assert (fine - fine_marked)[..., -1, -1].abs() > 1e-7
    assert (local - local_marked)[..., -1, -1] == 0  # the attention starts from nothing


def test_coarse_scales_see_averages(network):
    drawing = torch.rand(1, 1, 64, 48)
    averaged = drawing.reshape(1, 1, 32, 2, 24, 2).mean((3, 5))
    with torch.no_grad():
        second = network(drawing)[1]
        assert torch.allclose(second, network.scales[1](1 - averaged)[0], atol=1e-5)


def test_features_for_matching(network):
    logits, maps = network(torch.rand(2, 1, 32, 40), features=True)
    assert len(logits) == len(maps) == 3
    assert [tuple(layer.shape[1:]) for layer in maps[0]] == [(6, 16, 20), (8, 8, 10), (8, 4, 5)]


def test_convolutions_have_spectral_norm_one():
    torch.manual_seed(0)
    network = Discriminator(widths=(6, 8), scales=1, grid=4, heads=2)
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        for layer in convolutions:
            layer.parametrizations.weight.original.mul_(7)
        for _ in range(60):  # each call in training mode is one step of the power iteration
            network(torch.rand(1, 1, 16, 16))
    assert len(convolutions) == 3
    for layer in convolutions:
        matrix = layer.weight.detach().flatten(1).double().numpy()
        assert np.linalg.svd(matrix, compute_uv=False)[0] == pytest.approx(1, abs=0.02)


def test_the_default_is_small_and_blank_paper_leaves_the_border_alone():
    torch.manual_seed(0)
    network = Discriminator().eval()
    assert sum(parameter.numel() for parameter in network.parameters()) < 2e6
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.zeros_(layer.bias)
    with torch.no_grad():  # paper is zero ink and so is the padding: without biases nothing is left
        assert all(logits.abs().max() < 1e-6 for logits in network(torch.ones(1, 1, 64, 64)))


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), (1, 32, 32), (1, 1, 15, 40)])
def test_other_inputs_are_refused(shape, network):
    with pytest.raises(ValueError, match="drawing"):
        network(torch.rand(*shape))
