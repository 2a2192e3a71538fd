"""The generators: sizes, cost, independence of batch mates, and the soft weighted head."""
import dataclasses

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from model import PRESETS, Photo2Sketch, Sketch2Photo
from model.attention import GridAttention
from model.generator import pad_to_multiple
from model.head import blend
from model.side_outputs import SideOutputs
from tests.tiny import TINY, TINY_PAPER

TINY_POOLED = dataclasses.replace(TINY, preset="tiny-pooled", downsample="pool")


def randomised(network, seed=0):
    """The network in evaluation mode with every parameter, zero-initialised ones too, and statistics drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in network.state_dict().items():
        if value.is_floating_point() and not name.endswith("field"):
            noise = torch.randn(value.shape, generator=generator)
            value.copy_(noise.abs() + 0.5 if name.endswith("running_var") else 0.2 * noise)
    return network.eval()


def test_fast_preset_keeps_its_budget():
    network = Photo2Sketch(PRESETS["fast"]).eval()
    assert sum(p.numel() for p in network.parameters()) <= 2e6
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.rand(1, 3, 512, 512))
    assert counter.get_total_flops() <= 25e9


def test_paper_preset_has_the_published_shape():
    network = Photo2Sketch(PRESETS["paper"])
    body = sum(p.numel() for part in (network.encoder, network.attention, network.decoder) for p in part.parameters())
    assert 4.9e6 < body < 5.5e6
    with torch.no_grad():
        features = network.encoder(torch.rand(1, 3, 64, 64))
    assert [(f.shape[1], 64 // f.shape[2]) for f in features] == [(64, 1), (128, 2), (256, 4), (512, 8)]
    assert network.attention.grid == 32
    assert any(isinstance(module, torch.nn.InstanceNorm2d) for module in network.modules())


@pytest.mark.parametrize("arch", [TINY, TINY_PAPER, TINY_POOLED], ids=lambda a: a.preset)
@pytest.mark.parametrize("size", [(16, 16), (17, 33), (50, 31), (64, 64)])
def test_any_size_comes_back_in_its_own_size_and_range(arch, size):
    photo, sketch = torch.rand(1, 3, *size), torch.rand(1, 1, *size)
    drawing = randomised(Photo2Sketch(arch))(photo)
    assert drawing.candidates.shape == drawing.confidences.shape == (1, 5, *size)
    assert drawing.sketch.shape == (1, 1, *size)
    for part in (*drawing, randomised(Sketch2Photo(arch))(sketch)):
        assert part.min() >= 0 and part.max() <= 1
    assert torch.allclose(drawing.confidences.sum(1), torch.ones(1, *size), atol=1e-5)


@pytest.mark.parametrize("arch", [TINY, TINY_PAPER], ids=lambda a: a.preset)
def test_side_outputs_see_every_scale_of_the_same_drawing(arch):
    network, photo = randomised(Photo2Sketch(arch)), torch.rand(1, 3, 50, 31)
    drawing, features = network(photo, features=True)
    assert torch.equal(drawing.sketch, network(photo).sketch)
    sides = randomised(SideOutputs(arch))(features)
    padded = [-(-side // arch.stride) * arch.stride for side in (50, 31)]
    assert {stride: tuple(logits.shape[1:]) for stride, logits in sides.items()} == {
        arch.unshuffle * 2**i: (1, *(side // (arch.unshuffle * 2**i) for side in padded)) for i in range(len(arch.widths))
    }
    for i, logits in enumerate(sides.values()):  # each moves its own stage's features
        gradients = torch.autograd.grad(logits.sum(), features, retain_graph=True, allow_unused=True)
        assert gradients[i].abs().sum() > 0


def test_too_small_or_wrong_channels_is_a_sentence():
    with pytest.raises(ValueError, match="15 x 20.*at least 16"):
        Photo2Sketch(TINY)(torch.rand(1, 3, 20, 15))
    with pytest.raises(ValueError, match="3-channel"):
        Photo2Sketch(TINY)(torch.rand(1, 1, 32, 32))


@pytest.mark.parametrize("arch", [TINY, TINY_PAPER], ids=lambda a: a.preset)
def test_images_of_a_batch_do_not_mix(arch):
    network = randomised(Photo2Sketch(arch))
    photos = torch.rand(3, 3, 48, 40)
    together = network(photos).sketch
    order = [2, 0, 1]
    assert torch.allclose(network(photos[order]).sketch, together[order], atol=1e-5)
    assert torch.allclose(network(photos[1:2]).sketch, together[1:2], atol=1e-5)


def test_attention_reaches_far_positions_of_the_same_image_only():
    attention = GridAttention(8, grid=4, heads=2)
    torch.nn.init.normal_(attention.out.weight)
    x = torch.randn(2, 8, 16, 16)
    changed = x.clone()
    changed[0, 0, 0, 0] += 10  # one channel: a shift of all is what the layer norm removes
    difference = (attention(changed) - attention(x)).abs().amax(1)
    assert difference[0, 15, 15] > 1e-4
    assert difference[1].max() == 0


def test_attention_is_scaled_dot_product_attention():
    attention = GridAttention(4, grid=2, heads=1).double()
    torch.nn.init.normal_(attention.out.weight)
    x = torch.randn(1, 4, 2, 2, dtype=torch.float64)
    sequence = attention.norm(x.flatten(2)[0].T)
    q, k, v = (sequence @ attention.qkv.weight.T + attention.qkv.bias).split(4, 1)
    gathered = torch.softmax(q @ k.T / 4**0.5, 1) @ v @ attention.out.weight.T + attention.out.bias
    assert torch.allclose(attention.attend(x)[0], gathered.T.reshape(4, 2, 2), atol=1e-9)


def test_blend_is_the_softmax_weighted_sum():
    candidates, logits = torch.rand(2, 5, 6, 7).double(), torch.randn(2, 5, 6, 7).double()
    weights = logits.numpy()
    weights = np.exp(weights) / np.exp(weights).sum(1, keepdims=True)
    confidences, sketch = blend(candidates, logits)
    assert np.allclose(confidences, weights)
    assert np.allclose(sketch[:, 0], (weights * candidates.numpy()).sum(1))


def test_detail_moves_ink_monotonically_between_the_sparse_and_the_dense_end():
    paper = torch.linspace(0.9, 0.3, 5)[None, :, None, None].expand(1, 5, 8, 8)  # candidates of rising ink
    logits = torch.randn(1, 5, 8, 8)
    ink = [1 - blend(paper, logits, detail)[1].mean().item() for detail in (-1, -0.5, 0, 0.5, 1)]
    assert ink == sorted(ink) and ink[0] < 0.25 and ink[-1] > 0.55
    assert torch.equal(blend(paper, logits, 0.0)[1], blend(paper, logits)[1])


def test_detail_moves_no_ink_between_the_two_densest_candidates():
    """Either may have more of it: where both are all that counts, the blend stays; the others give way to both alike."""
    logits = torch.tensor([-40.0, -40, -40, 0.3, -0.4]).view(1, 5, 1, 1)
    weights = [blend(torch.rand(1, 5, 1, 1), logits, detail)[0][0, 3:, 0, 0] for detail in (-1, 0, 1)]
    assert torch.allclose(weights[0], weights[1]) and torch.allclose(weights[1], weights[2])
    even = blend(torch.rand(1, 5, 1, 1), torch.zeros(1, 5, 1, 1), 1.0)[0].flatten()
    steps = even.log().diff()
    assert torch.allclose(steps, torch.tensor([2.25, 2.25, 2.25, 0.0]), atol=1e-4)


def test_padding_reflects_even_more_than_once():
    x = torch.arange(3.0).reshape(1, 1, 1, 3).expand(1, 1, 2, 3)
    padded = pad_to_multiple(x, 8)
    assert padded.shape == (1, 1, 8, 8)
    assert padded[0, 0, 0].tolist() == [0, 1, 2, 1, 0, 1, 2, 1]
    assert pad_to_multiple(padded, 8) is padded


def test_strokes_continue_across_tiles():
    head = randomised(Photo2Sketch(TINY)).head
    features = torch.randn(1, 8, 1, 40).expand(1, 8, 30, 40).contiguous()
    whole, _ = head.maps_of(features)
    part, _ = head.maps_of(features[..., 8:, 10:], origin=(16, 20))
    assert torch.allclose(part[..., 4:-4, 4:-4], whole[..., 20:-4, 24:-4], atol=1e-5)


def test_the_module_itself_can_be_cast_to_bfloat16():
    """As users of torch would; the engine keeps more of it in float32."""
    torch.manual_seed(0)
    network = Photo2Sketch(TINY).eval()
    photo = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        exact = network(photo).sketch
        rounded = network.to(torch.bfloat16)(photo.to(torch.bfloat16)).sketch.float()
    assert 0 < (exact - rounded).abs().mean() < 0.02


def test_white_paper_does_not_drift_in_bfloat16():
    """Training: stage 1 as in float32. Its running statistics hold for drawing, where it is never in bfloat16."""
    torch.manual_seed(0)
    encoder, sketch = Sketch2Photo(TINY).train().encoder, torch.ones(1, 1, 64, 64)
    sketch[..., 30, 10:50] = 0
    plain = encoder(sketch)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = encoder(sketch)
    assert torch.equal(plain[0], rounded[0]) and rounded[1].dtype == torch.bfloat16


def test_sketch2photo_sees_nothing_on_white_paper():
    """Its convolutions start from 0 there, whatever their weights: paper of another grey is what they see."""
    torch.manual_seed(0)
    network, seen = Sketch2Photo(TINY).eval(), []
    network.encoder.stages[0].enter[0][0].register_forward_hook(lambda *args: seen.append(args[-1]))
    with torch.no_grad():
        network(torch.ones(1, 1, 64, 64))
        network(torch.full((1, 1, 64, 64), 0.9))
    assert not seen[0].any() and seen[1].abs().min() > 0
