"""Adversarial forms, R1, feature matching and augmentation against hand-computed values and properties."""
import numpy as np
import pytest
import torch

from losses.adversarial import FORMS, discriminator_loss, feature_matching, generator_loss, known_form, r1_penalty
from losses.augment import Augmentation
from model.discriminator import Discriminator

OFF = {"flip": False, "translation": 0.0, "contrast": 0.0, "brightness": 0.0}


def maps(*scales):
    return [torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1) for values in scales]


def test_hinge_by_hand():
    real, fake = maps([2.0, 0.5], [-1.0]), maps([-3.0, 0.0], [0.25])
    # Real: scale 1 pays (0 + 0.5) / 2, scale 2 pays 2. Fake: (0 + 1) / 2 and 1.25.
    assert discriminator_loss(real, fake, "hinge").item() == pytest.approx((0.25 + 2) / 2 + (0.5 + 1.25) / 2)
    assert generator_loss(fake, "hinge").item() == pytest.approx((1.5 - 0.25) / 2)


def test_least_squares_and_non_saturating_formulas():
    real, fake = maps([2.0, 0.5], [-1.0]), maps([-3.0, 0.0], [0.25])
    a, b = ([layer.numpy().ravel() for layer in layers] for layers in (real, fake))

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def over(function, layers):
        return np.mean([function(layer).mean() for layer in layers])

    squares = over(lambda x: (x - 1) ** 2, a) + over(lambda x: (x + 1) ** 2, b)
    assert discriminator_loss(real, fake, "least-squares").item() == pytest.approx(squares)
    assert generator_loss(fake, "least-squares").item() == pytest.approx(over(lambda x: (x - 1) ** 2, b))
    entropy = over(lambda x: -np.log(sigmoid(x)), a) + over(lambda x: -np.log(1 - sigmoid(x)), b)
    assert discriminator_loss(real, fake, "non-saturating").item() == pytest.approx(entropy)
    assert generator_loss(fake, "non-saturating").item() == pytest.approx(over(lambda x: -np.log(sigmoid(x)), b))


@pytest.mark.parametrize("form", FORMS)
def test_both_sides_pull_apart(form):
    logits = torch.zeros(1, 1, 2, 2, requires_grad=True)
    (up,) = torch.autograd.grad(generator_loss([logits], form), logits)
    (down,) = torch.autograd.grad(discriminator_loss([torch.ones(1, 1, 1, 1)], [logits], form), logits)
    assert (up < 0).all() and (down > 0).all()


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="wasserstein.*hinge"):
        known_form("wasserstein")


def test_r1_of_a_linear_discriminator_is_the_squared_norm_of_its_weights():
    weights = torch.randn(1, 5, 6, dtype=torch.float64, requires_grad=True)
    images = torch.rand(3, 1, 5, 6, dtype=torch.float64, requires_grad=True)
    logits = (weights * images).sum((1, 2, 3)).view(3, 1, 1, 1)
    penalty = r1_penalty([logits], images)
    assert penalty.item() == pytest.approx(weights.square().sum().item())
    (gradient,) = torch.autograd.grad(penalty, weights)
    assert torch.allclose(gradient, 2 * weights)


def test_r1_of_a_quadratic_discriminator_depends_on_the_images():
    images = torch.rand(4, 1, 3, 3, dtype=torch.float64, requires_grad=True)
    penalty = r1_penalty([images.square().sum((1, 2, 3)).view(4, 1, 1, 1) / 2], images)
    assert penalty.item() == pytest.approx(images.square().sum((1, 2, 3)).mean().item())


def test_r1_of_the_discriminator_by_finite_differences():
    torch.manual_seed(0)
    network = Discriminator(widths=(4, 6), scales=2, grid=4, heads=2).double().eval()
    for scale in network.scales:
        torch.nn.init.normal_(scale.attention.out.weight, std=0.3)
    image = torch.rand(1, 1, 16, 16, dtype=torch.float64)
    steps = 1e-5 * torch.eye(256, dtype=torch.float64).view(256, 1, 16, 16)

    def decisions(images):
        with torch.no_grad():
            return sum(logits.mean((1, 2, 3)) for logits in network(images)) / 2

    expected = ((decisions(image + steps) - decisions(image - steps)) / 2e-5).square().sum()
    image.requires_grad_()
    penalty = r1_penalty(network(image), image)
    assert penalty.item() == pytest.approx(expected.item(), rel=1e-4)
    penalty.backward()
    assert all(p.grad.isfinite().all() for p in network.parameters() if p.grad is not None)
    assert network.scales[0].attention.qkv.weight.grad.abs().sum() > 0


def test_feature_matching_formula():
    a, b = [[torch.rand(3, 4, 5, 6), torch.rand(3, 8, 2, 3)]], [[torch.rand(2, 4, 7, 6), torch.rand(2, 8, 1, 3)]]
    gaps = [np.abs(x.numpy().mean((0, 2, 3)) - y.numpy().mean((0, 2, 3))).mean() for x, y in zip(a[0], b[0])]
    assert feature_matching(a, b).item() == pytest.approx(np.mean(gaps), rel=1e-4)
    shuffled = [[layer.flip(0).flip(3) for layer in a[0]]]
    assert feature_matching(a, shuffled).item() == pytest.approx(0, abs=1e-6)


def test_augmentation_switched_off_changes_nothing():
    drawings = torch.rand(4, 1, 20, 24)
    assert torch.equal(Augmentation(**OFF)(drawings), drawings)


def test_flip_mirrors_about_half_of_the_images():
    torch.manual_seed(0)
    drawings = torch.rand(200, 1, 4, 6)
    made = Augmentation(**OFF | {"flip": True})(drawings)
    kept = (made == drawings).flatten(1).all(1)
    mirrored = (made == drawings.flip(-1)).flatten(1).all(1)
    assert (kept ^ mirrored).all() and 60 < mirrored.sum() < 140


def test_translation_moves_by_whole_pixels_and_brings_in_paper():
    torch.manual_seed(0)
    drawings = torch.ones(60, 1, 16, 24)
    drawings[:, 0, 8, 12] = 0
    made = Augmentation(**OFF | {"translation": 0.25})(drawings)
    assert (made.sum((1, 2, 3)) == 16 * 24 - 1).all()
    _, _, rows, columns = (made == 0).nonzero(as_tuple=True)
    assert set((rows - 8).tolist()) == set(range(-4, 5)) and set((columns - 12).tolist()) == set(range(-6, 7))
    corner = torch.zeros(40, 1, 16, 24)
    assert set(Augmentation(**OFF | {"translation": 0.25})(corner).unique().tolist()) == {0.0, 1.0}


def test_tone_changes_are_affine_and_stay_in_their_ranges():
    torch.manual_seed(0)
    drawings = torch.zeros(500, 1, 1, 2)
    drawings[..., 1] = 1
    made = Augmentation(**OFF | {"contrast": 0.25, "brightness": 0.1})(drawings)
    gain, shade = made[..., 1] - made[..., 0], 1 - made[..., 1]
    assert 0.75 <= gain.min() < 0.78 and 1.22 < gain.max() <= 1.25
    assert -1e-6 <= shade.min() < 0.01 and 0.09 < shade.max() <= 0.1 + 1e-6


def test_augmentation_passes_gradients_and_follows_the_seed():
    drawings = torch.rand(3, 1, 16, 16, requires_grad=True)
    torch.manual_seed(1)
    made = Augmentation()(drawings)
    torch.manual_seed(1)
    assert torch.equal(made, Augmentation()(drawings))
    assert not torch.equal(made, Augmentation()(drawings))
    made.sum().backward()
    assert (drawings.grad != 0).float().mean() > 0.7
