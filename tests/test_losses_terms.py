"""Pixel, pyramid, style and content terms against float64 formulas of numpy, scipy and OpenCV."""
import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage

from losses.content import content_loss
from losses.cycle import BINOMIAL, cycle_loss, expand, laplacian_pyramid, reduce, smooth
from losses.deep_supervision import EMPHASIS, deep_supervision_loss
from losses.edge import IMPORTANCE, NEAR, edge_loss, presence_l1
from losses.luminance import luminance, luminance_loss
from losses.style import EPSILON, style_loss

KERNEL = np.convolve([1, 2, 1], [1, 2, 1]) / 16


def noise(*shape, seed=0):
    return torch.rand(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_luminance_is_that_of_opencv():
    rgb = noise(2, 3, 5, 7).float()
    expected = [cv2.cvtColor(image.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY) for image in rgb]
    assert np.allclose(luminance(rgb)[:, 0].numpy(), expected, atol=2e-4)
    assert luminance_loss(luminance(rgb), torch.zeros(2, 1, 5, 7)).item() == pytest.approx(np.mean(expected), abs=1e-4)


def test_edge_loss_formula():
    candidates, sketch, guidance = noise(2, 5, 9, 8), noise(2, 1, 9, 8, seed=1), noise(2, 6, 9, 8, seed=2)
    emphasis = (3.0, 2.0, 1.0, 0.5, 0.0)
    importance = noise(2, 1, 9, 8, seed=3)
    plain = edge_loss(candidates, sketch, guidance, None, emphasis, sketch_emphasis=1.5)
    weighted = edge_loss(candidates, sketch, guidance, importance, emphasis, sketch_emphasis=1.5)
    for name, made, target, weight in (
        ("edge_candidates", candidates.numpy(), guidance[:, :5].numpy(), np.reshape(emphasis, (5, 1, 1))),
        ("edge_sketch", sketch.numpy(), guidance[:, 5:].numpy(), 1.5),
    ):
        difference = made - target
        for terms, share in ((plain, np.zeros((2, 1, 9, 8))), (weighted, importance.numpy())):
            pixel = 1 + IMPORTANCE * share
            absolute = np.mean(np.abs(difference) * (pixel + (1 - share) * weight * (1 - target)))
            across = (np.abs(np.diff(difference, axis=3)) * pixel[..., 1:]).mean()
            down = (np.abs(np.diff(difference, axis=2)) * pixel[..., 1:, :]).mean()
            assert terms[name].item() == pytest.approx(absolute + across + down)
    assert all(term == 0 for term in edge_loss(guidance[:, :5], guidance[:, 5:], guidance).values())


def test_deep_supervision_is_the_entropy_of_cells_at_every_scale():
    edges = noise(2, 1, 10, 7)
    logits = {2: 6 * noise(2, 1, 5, 4, seed=1) - 3, 4: 6 * noise(2, 1, 4, 4, seed=2) - 3}  # the coarse one of a padded photo
    expected = []
    for stride, sides in logits.items():
        costs = []
        for image in range(2):
            for row, top in enumerate(range(0, 10, stride)):
                for column, left in enumerate(range(0, 7, stride)):
                    label = edges[image, 0, top : top + stride, left : left + stride].max().item()
                    p = 1 / (1 + np.exp(-sides[image, 0, row, column].item()))
                    costs.append(-(1 + EMPHASIS * label) * (label * np.log(p) + (1 - label) * np.log(1 - p)))
        expected.append(np.mean(costs))
    assert deep_supervision_loss(logits, edges).item() == pytest.approx(np.mean(expected), rel=1e-5)


def test_presence_compares_the_ink_of_windows():
    drawing, target = noise(2, 5, 20, 16), noise(2, 5, 20, 16, seed=1)
    expected = np.zeros(5)
    for candidate in range(5):
        costs = []
        for image in range(2):
            for top in (0, 4, 8, 12):
                for left in (0, 4, 8):
                    window = (image, candidate, slice(top, top + NEAR), slice(left, left + NEAR))
                    drawn, wanted = (1 - part[window].numpy().mean() for part in (drawing, target))
                    costs.append(abs(drawn - wanted) * (1 + 4 * wanted))
        expected[candidate] = np.mean(costs)
    np.testing.assert_allclose(presence_l1(drawing, target).numpy(), expected)
    shares = (2.0, 1.0, 0.0, 0.0, 0.5)
    guidance = torch.cat([target, target[:, :1]], 1)
    term = edge_loss(drawing, drawing[:, :1], guidance, presence=shares)["edge_presence"]
    assert term.item() == pytest.approx(np.mean(expected * shares))


def test_presence_asks_for_a_line_whose_place_is_uncertain():
    """Where a line is in one of four places, paper is the best answer pixel by pixel, and a line in any place by its presence."""
    target, line = torch.ones(4, 1, 32, 32), torch.ones(4, 1, 32, 32)
    for image in range(4):
        target[image, 0, :, 14 + image] = 0
    line[..., 15] = 0
    blank = torch.ones_like(line)
    assert (blank - target).abs().mean() < (line - target).abs().mean()
    assert presence_l1(line, target) < 0.5 * presence_l1(blank, target)


def blurred(image):
    for axis in (0, 1):
        image = ndimage.correlate1d(image, KERNEL, axis, mode="mirror")
    return image


def upsampled(image, shape):
    spread = np.zeros(shape)
    spread[::2, ::2] = image
    return 4 * blurred(spread)


def pyramid(image, levels):
    bands = []
    for _ in range(levels):
        coarse = blurred(image)[::2, ::2]
        bands.append(image - upsampled(coarse, image.shape))
        image = coarse
    return [*bands, image]


def test_kernel_is_binomial():
    impulse = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    impulse[..., 4, 4] = 1
    assert np.allclose(smooth(impulse)[0, 0, 2:7, 2:7], np.outer(KERNEL, KERNEL), atol=1e-15)
    assert sum(BINOMIAL) == 1


@pytest.mark.parametrize("shape", [(64, 64), (37, 50), (33, 17), (16, 90)])
def test_pyramid_is_that_of_scipy(shape):
    image = noise(1, 2, *shape)
    for channel in range(2):
        expected = pyramid(image[0, channel].numpy(), 3)
        made = [band[0, channel].numpy() for band in laplacian_pyramid(image, 3)]
        assert [band.shape for band in made] == [band.shape for band in expected]
        assert all(np.allclose(a, b, atol=1e-12) for a, b in zip(made, expected))


@pytest.mark.parametrize("shape", [(64, 48), (37, 51), (16, 16), (3, 5)])
def test_pyramid_can_be_collapsed(shape):
    image = noise(2, 1, *shape)
    *bands, restored = laplacian_pyramid(image)
    assert len(bands) >= 1 and min(restored.shape[-2:]) >= 2
    for band in reversed(bands):
        restored = band + expand(restored, band.shape[-2:])
    assert torch.allclose(restored, image, atol=1e-12)


def test_a_flat_image_has_no_detail():
    *bands, rest = laplacian_pyramid(torch.full((1, 1, 41, 30), 0.7, dtype=torch.float64))
    assert all(band.abs().max() < 1e-12 for band in bands) and torch.allclose(rest, torch.full_like(rest, 0.7))
    assert reduce(torch.zeros(1, 1, 41, 30)).shape[-2:] == (21, 15)


def test_cycle_loss_formula():
    a, b = noise(2, 1, 50, 47), noise(2, 1, 50, 47, seed=1)
    bands = [[np.abs(x) for x in pyramid(image, 4)] for image in (a - b)[:, 0].numpy()]
    expected = sum(np.mean(level) for level in zip(*bands))
    assert cycle_loss(a, b, levels=4).item() == pytest.approx(expected, rel=1e-5)
    assert cycle_loss(a, a) == 0
    with torch.autocast("cpu", torch.bfloat16):
        assert cycle_loss(a, b, levels=4).item() == pytest.approx(expected, rel=1e-5)


def features_like(seed):
    """Random positive maps of several scales, one entry per layer."""
    sizes = ((4, 12, 10), (6, 6, 5), (8, 3, 3))
    return [3 * noise(2, *size, seed=seed + i) ** 2 for i, size in enumerate(sizes)]


def test_style_loss_formula():
    made, real = features_like(0), features_like(10)
    expected = 0
    for a, b in zip(made, real):
        a, b = a.numpy(), b.numpy()
        expected += np.mean((a.mean((2, 3)) - b.mean((2, 3))) ** 2)
        expected += np.mean((np.sqrt(a.var((2, 3)) + EPSILON) - np.sqrt(b.var((2, 3)) + EPSILON)) ** 2)
    assert style_loss(made, real).item() == pytest.approx(expected, rel=1e-4)


def test_style_ignores_where_and_content_does_not():
    made = features_like(0)
    order = torch.randperm(120, generator=torch.Generator().manual_seed(3))
    moved = [layer.flatten(2)[..., order[order < layer[0, 0].numel()]].view_as(layer) for layer in made]
    assert style_loss(made, made) == 0
    assert style_loss(made, moved).item() == pytest.approx(0, abs=1e-10)
    assert content_loss(made, made) == 0
    assert content_loss(made, moved) > 0.5


def test_style_compares_images_of_different_sizes():
    made = features_like(0)
    repeated = [torch.cat([layer, layer], 3) for layer in made]
    assert style_loss(repeated, made).item() == pytest.approx(0, abs=1e-10)


def test_content_is_two_minus_twice_the_correlation():
    made, real = features_like(0), features_like(10)
    expected = []
    for a, b in zip(made, real):
        pairs = [(a[i, c].flatten(), b[i, c].flatten()) for i in range(len(a)) for c in range(a.shape[1])]
        expected.append(np.mean([2 - 2 * np.corrcoef(*pair)[0, 1] for pair in pairs]))
    assert content_loss(made, real).item() == pytest.approx(np.mean(expected), rel=1e-3)
    brighter = [0.3 * layer + 2 for layer in real]
    assert content_loss(brighter, real).item() == pytest.approx(0, abs=1e-4)


def test_blank_paper_has_finite_gradients():
    blank = torch.ones(1, 4, 6, 6, requires_grad=True)
    real = [torch.rand(1, 4, 6, 6)]
    (style_loss([blank], real) + content_loss([blank], real)).backward()
    assert blank.grad.isfinite().all() and blank.grad.abs().sum() > 0
