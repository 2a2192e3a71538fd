"""The conditional adversarial term: what its discriminator sees, what it pays for, and that it asks for crisp drawings."""
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from losses.conditional import all_drawings, pair
from losses.objective import DiscriminatorObjective, GeneratorObjective
from losses.weights import Weights
from model import ConditionalDiscriminator, Drawing
from tests.tiny import small_conditional
from tests.training_runs import newest, stats, tiny_run


def drawing_of(maps):
    """(B, T + 1, H, W) -> the Drawing with these candidates and this blend."""
    return Drawing(maps[:, :-1], torch.full_like(maps[:, :-1], 1 / (maps.shape[1] - 1)), maps[:, -1:])


def test_drawings_are_joined_in_the_order_of_their_guidance():
    maps = torch.rand(2, 6, 5, 7)
    assert torch.equal(all_drawings(drawing_of(maps)), maps)


def test_a_pair_is_the_photo_and_ink():
    photo, maps = torch.rand(2, 3, 5, 7), torch.rand(2, 6, 5, 7)
    joined = pair(photo, maps)
    assert torch.equal(joined[:, :3], photo) and torch.equal(joined[:, 3:], 1 - maps)


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (45, 64)])
def test_any_size_gives_a_decision_per_position_and_scale(size):
    logits = small_conditional().eval()(torch.rand(2, 9, *size))
    halves = [-(-side // 2) for side in size]
    assert [tuple(maps.shape) for maps in logits] == [(2, 1, *(-(-side // 4) for side in sides)) for sides in (size, halves)]


def test_too_small_pairs_are_refused():
    with pytest.raises(ValueError, match="15 x 16"):
        small_conditional()(torch.rand(1, 9, 16, 15))


def test_a_decision_is_about_its_patch_alone():
    network, pairs = small_conditional().eval(), torch.rand(1, 9, 64, 64)
    changed = pairs.clone()
    changed[..., :16, :16] = 0
    with torch.no_grad():
        for before, after in zip(network(pairs), network(changed)):
            assert (before - after)[..., -1, -1] == 0
            assert (before - after)[..., 0, 0] != 0


def test_generators_pay_the_hinge_of_all_drawings_and_the_discriminator_learns_nothing_from_it():
    network = small_conditional().eval()
    photo, maps = torch.rand(2, 3, 32, 24), torch.rand(2, 6, 32, 24, requires_grad=True)
    terms = GeneratorObjective(Weights.only(conditional=3), conditional=network)(photo, drawing_of(maps), None)
    with torch.no_grad():
        logits = [scale.double().numpy() for scale in network(torch.cat([photo, 1 - maps], 1))]
    assert set(terms) == {"conditional", "total"}
    assert terms["conditional"].item() == pytest.approx(-np.mean([scale.mean() for scale in logits]), rel=1e-4)
    assert terms["total"].item() == pytest.approx(3 * terms["conditional"].item())
    terms["total"].backward()
    assert all(maps.grad[:, i].abs().sum() > 0 for i in range(6))
    assert all(parameter.grad is None for parameter in network.parameters())


def test_it_cannot_be_asked_without_its_discriminator():
    with pytest.raises(ValueError, match="conditional discriminator"):
        GeneratorObjective(Weights.only(conditional=1))


def test_blurred_lines_and_lines_of_another_photo_cost_more_than_crisp_ones_in_their_place():
    torch.manual_seed(0)
    network = ConditionalDiscriminator(1, widths=(6, 8), scales=1)
    objective = DiscriminatorObjective(network, gamma=0)
    optimiser = torch.optim.Adam(network.parameters(), 1e-2, betas=(0.0, 0.9))

    def steps_and_lines():
        """Photos with a dark and a light half, and crisp drawings of the step between them."""
        photos, lines = torch.ones(8, 3, 32, 32), torch.ones(8, 1, 32, 32)
        for i, place in enumerate(torch.randint(4, 28, (8,))):
            photos[i, :, :, place:] = 0
            lines[i, :, :, place] = 0
        return photos, lines

    def soft(lines):
        return F.avg_pool2d(F.pad(lines, (3, 3, 0, 0), value=1.0), (1, 7), 1)

    for _ in range(80):
        photos, lines = steps_and_lines()
        fakes = torch.cat([soft(lines[:4]), lines[4:].roll(6, -1)])
        loss = objective(pair(photos, lines), pair(photos, fakes))["total"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    photos, lines = steps_and_lines()
    generator = GeneratorObjective(Weights.only(conditional=1), conditional=network.eval())
    with torch.no_grad():
        crisp, blurred, moved = (
            generator(photos, Drawing(maps[:, :0], None, maps), None)["total"] for maps in (lines, soft(lines), lines.roll(6, -1))
        )
    assert crisp < blurred - 0.2 and crisp < moved - 0.2


def test_a_training_has_a_discriminator_of_its_own_for_it(tmp_path):
    off = ("--weight-cycle", "0", "--weight-luminance", "0", "--weight-adversarial", "0")
    run = tiny_run(tmp_path, *off, "--weight-conditional", "2", "--adversarial-every", "2", "--r1-every", "1")
    assert newest(run)["networks"].keys() == {"photo2sketch", "conditional_discriminator"}
    asked = ("conditional", "conditional_discriminator", "conditional_r1", "gradient_conditional_discriminator")
    for name in asked:
        assert [name in line for line in stats(run)] == [True, False, True, False], name
    first = stats(run)[0]
    assert first["conditional_discriminator_total"] == pytest.approx(
        first["conditional_discriminator"] + 5 * first["conditional_r1"], rel=1e-4
    )
    others = sum(first[name] for name in ("edge_candidates", "edge_sketch", "edge_presence"))
    assert first["total"] == pytest.approx(100 * others + 4 * first["conditional"], rel=1e-4)  # it counts for two steps
