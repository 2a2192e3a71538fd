"""What the discriminator minimises: its formula, R1, and that it learns."""
import numpy as np
import pytest
import torch

from losses.augment import Augmentation
from losses.objective import DiscriminatorObjective, GeneratorObjective
from losses.weights import Weights
from model import Drawing
from tests.tiny import small_discriminator


def test_discriminator_objective_by_formula():
    network = small_discriminator().eval()
    real, fake = torch.rand(2, 1, 24, 24), torch.rand(4, 1, 32, 16, requires_grad=True)
    terms = DiscriminatorObjective(network, gamma=0)(real, fake)
    with torch.no_grad():
        scores = [[logits.double().numpy() for logits in network(images)] for images in (real, fake)]
    expected = np.mean([np.maximum(0, 1 - a).mean() for a in scores[0]])
    expected += np.mean([np.maximum(0, 1 + a).mean() for a in scores[1]])
    assert set(terms) == {"discriminator", "total"}
    assert terms["total"].item() == pytest.approx(expected, rel=1e-4)
    terms["total"].backward()
    assert fake.grad is None and any(parameter.grad.abs().sum() > 0 for parameter in network.parameters())


def test_r1_counts_half_gamma_and_lazily():
    network = small_discriminator().eval()
    objective = DiscriminatorObjective(network, gamma=8.0)
    real, fake = torch.rand(2, 1, 24, 24), torch.rand(2, 1, 24, 24)
    terms = objective(real, fake, lazy=4)
    assert terms["r1"].item() > 0
    assert (terms["total"] - terms["discriminator"]).item() == pytest.approx(16 * terms["r1"].item(), rel=1e-2)
    assert "r1" not in objective(real, fake, lazy=0)
    assert not real.requires_grad


def test_discriminator_learns_to_tell_lines_from_noise():
    torch.manual_seed(0)
    network = small_discriminator()
    objective = DiscriminatorObjective(network, gamma=0, augment=Augmentation())
    optimiser = torch.optim.Adam(network.parameters(), 1e-2, betas=(0.0, 0.9))

    def lines_and_noise():
        lines, noise = torch.ones(8, 1, 32, 32), torch.ones(8, 1, 32, 32)
        lines[:, :, ::8] = 0
        noise[torch.rand_like(noise) < 0.125] = 0
        return lines, noise

    history = []
    for _ in range(40):
        terms = objective(*lines_and_noise())
        optimiser.zero_grad()
        terms["total"].backward()
        optimiser.step()
        history.append(terms["discriminator"].item())
    assert np.mean(history[-5:]) < 0.5 * history[0]
    lines, noise = lines_and_noise()
    generator = GeneratorObjective(Weights.only(adversarial=1), None, network, judged=("sketch",))
    with torch.no_grad():
        pays = [generator(None, Drawing(x.expand(-1, 5, -1, -1), None, x), None)["total"] for x in (lines, noise)]
    assert pays[0] < pays[1]
