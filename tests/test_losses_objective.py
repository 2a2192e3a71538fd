"""The objectives: what is computed when, how terms add up, and where gradients go."""
import dataclasses

import pytest
import torch
from torch import nn

from losses.augment import Augmentation
from losses.edge import edge_loss
from losses.luminance import luminance
from losses.objective import (
    DiscriminatorObjective,
    GeneratorObjective,
    frozen,
    judged_drawings,
    random_window,
)
from losses.weights import Weights
from model import Drawing
from tests.tiny import small_conditional, small_discriminator

EDGE_TERMS = ("edge_candidates", "edge_sketch", "edge_presence")
FIELDS = [field.name for field in dataclasses.fields(Weights)]


class Extractor(nn.Module):
    """Stands in for VGG: two frozen convolutions of different stride. Remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(1, 4, 3), nn.Conv2d(1, 6, 3, stride=2)]).requires_grad_(False)
        self.seen = []

    def forward(self, image):
        self.seen.append(image)
        return [layer(image).relu() for layer in self.layers]


def forbidden(*inputs, **options):
    raise AssertionError("this network should not have been asked")


@pytest.fixture
def batch():
    """Keyword arguments of a call: what is drawn requires gradients."""
    torch.manual_seed(0)
    candidates = torch.rand(2, 5, 32, 40, requires_grad=True)
    return {
        "photo": torch.rand(2, 3, 32, 40),
        "drawing": Drawing(candidates, torch.full((2, 5, 32, 40), 0.2), candidates.mean(1, keepdim=True)),
        "guidance": torch.rand(2, 6, 32, 40),
        "reconstruction": torch.rand(2, 1, 32, 40, requires_grad=True),
        "reference": torch.rand(2, 1, 36, 28),
        "edges": torch.rand(2, 1, 32, 40),
        "side_logits": {2: torch.randn(2, 1, 16, 20), 4: torch.randn(2, 1, 8, 10)},
    }


def test_defaults_are_the_published_weights():
    published = {"adversarial": 5, "luminance": 5, "cycle": 100, "edge": 100, "style": 0.4}
    published |= {"content_sketch": 0.1, "content_reconstruction": 0.01}
    published |= {"feature_matching": 0, "conditional": 0, "deep_supervision": 0}
    assert dataclasses.asdict(Weights()) == published


def test_total_is_the_weighted_sum_of_all_terms(batch):
    weights = Weights(**{name: 1.5 + i for i, name in enumerate(FIELDS)})
    terms = GeneratorObjective(weights, Extractor(), small_discriminator(), small_conditional())(**batch)
    total = terms.pop("total").item()
    assert set(terms) == {*EDGE_TERMS, *(name for name in FIELDS if name != "edge")}
    names = {name: name.split("_")[0] if name.startswith("edge") else name for name in terms}
    expected = sum(getattr(weights, names[n]) * t.item() for n, t in terms.items())
    assert total == pytest.approx(expected, rel=1e-5)


def test_only_the_edge_term(batch):
    objective = GeneratorObjective(Weights.only(edge=100), forbidden, forbidden)
    terms = objective(batch["photo"], batch["drawing"], batch["guidance"])
    expected = edge_loss(batch["drawing"].candidates, batch["drawing"].sketch, batch["guidance"])
    assert set(terms) == {*EDGE_TERMS, "total"}
    assert terms["total"].item() == pytest.approx(100 * sum(expected.values()).item(), rel=1e-5)


@pytest.mark.parametrize("name", FIELDS)
def test_a_weight_of_zero_skips_its_term_and_its_networks(name, batch):
    weights = Weights.only(**{name: 1.0})
    features = Extractor() if weights.needs_features else forbidden
    discriminator = small_discriminator() if weights.needs_discriminator else forbidden
    conditional = small_conditional() if weights.conditional else forbidden
    if not weights.needs_reconstruction:
        batch["reconstruction"] = None
    if not weights.needs_reference:
        batch["reference"] = None
    terms = GeneratorObjective(weights, features, discriminator, conditional)(**batch)
    assert {term.split("_")[0] for term in terms} == {name.split("_")[0], "total"}


def test_what_is_missing_is_named(batch):
    with pytest.raises(ValueError, match="VGG"):
        GeneratorObjective(Weights.only(style=1))
    with pytest.raises(ValueError, match="discriminator"):
        GeneratorObjective(Weights.only(adversarial=1))
    with pytest.raises(ValueError, match="reconstruction"):
        GeneratorObjective(Weights.only(cycle=1))(**batch | {"reconstruction": None})
    with pytest.raises(ValueError, match="deep supervision needs edges"):
        GeneratorObjective(Weights.only(deep_supervision=1))(**batch | {"side_logits": None})
    with pytest.raises(ValueError, match="references"):
        GeneratorObjective(Weights.only(style=1), Extractor())(**batch | {"reference": None})
    with pytest.raises(ValueError, match="unknown adversarial form"):
        GeneratorObjective(Weights.only(edge=1), form="none")


def test_gradients_reach_what_is_drawn_and_no_frozen_network(batch):
    extractor, discriminator = Extractor(), small_discriminator()
    objective = GeneratorObjective(Weights(feature_matching=1), extractor, discriminator, augment=Augmentation())
    objective(**batch)["total"].backward()
    assert batch["drawing"].candidates.grad.abs().sum() > 0 and batch["reconstruction"].grad.abs().sum() > 0
    assert all(p.grad is None for network in (extractor, discriminator) for p in network.parameters())
    assert all(parameter.requires_grad for parameter in discriminator.parameters())


def test_all_terms_work_in_bfloat16(batch):
    extractor, discriminator = Extractor(), small_discriminator().eval()
    generator = GeneratorObjective(Weights(feature_matching=1), extractor, discriminator)
    judge, fake = DiscriminatorObjective(discriminator), judged_drawings(batch["drawing"])
    exact = generator(**batch) | judge(batch["reference"], fake)
    batch["side_logits"] = {stride: logits.bfloat16() for stride, logits in batch["side_logits"].items()}
    with torch.autocast("cpu", torch.bfloat16):
        rough = generator(**batch) | judge(batch["reference"], fake)
    assert exact["r1"] > 0
    for name, term in exact.items():
        assert rough[name].dtype == torch.float32
        assert rough[name].item() == pytest.approx(term.item(), rel=0.1, abs=2e-3)
    rough["total"].backward()
    assert all(p.grad.isfinite().all() for p in discriminator.parameters() if p.grad is not None)


def test_freezing_ends_after_an_error_and_spares_what_was_frozen():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).requires_grad_(False))
    with pytest.raises(RuntimeError), frozen(network):
        assert not any(parameter.requires_grad for parameter in network.parameters())
        raise RuntimeError
    assert [parameter.requires_grad for parameter in network.parameters()] == [True, True, False, False]


def test_weights_of_the_reconstruction_ask_no_judge_of_drawings():
    weights = Weights().of_reconstruction()
    assert weights.needs_reconstruction and not (weights.needs_reference or weights.needs_discriminator)
    assert weights == Weights.only(luminance=5, cycle=100, content_reconstruction=0.01)


def test_references_meet_the_judged_drawings_only(batch):
    for judged, touched in (((5,), [4]), ((1, 3), [0, 2]), (("sketch",), range(5))):
        batch["drawing"].candidates.grad = None
        weights = Weights.only(adversarial=1, style=1, feature_matching=1)
        objective = GeneratorObjective(weights, Extractor(), small_discriminator(), judged=judged)
        objective(**batch)["total"].backward()
        pulled = batch["drawing"].candidates.grad.abs().sum((0, 2, 3)).nonzero().flatten().tolist()
        assert pulled == list(touched)


def test_judged_drawings_by_name(batch):
    drawing = batch["drawing"]
    made = judged_drawings(drawing, (5, "sketch"))
    assert torch.equal(made, torch.cat([drawing.candidates[:, 4:], drawing.sketch]))
    for wrong in ((0,), (6,), ("blend",), ()):
        with pytest.raises(ValueError, match="candidates 1 to 5"):
            judged_drawings(drawing, wrong)


def test_style_term_is_the_mean_over_judged_drawings(batch):
    extractor = Extractor()

    def style(*judged):
        return GeneratorObjective(Weights.only(style=1), extractor, judged=judged)(**batch)["style"].item()

    assert style(2, "sketch") == pytest.approx((style(2) + style("sketch")) / 2, rel=1e-5)


def test_each_vgg_term_gets_its_own_image(batch):
    """One pass serves all of them: the same values as when each is asked for alone."""
    extractor, names = Extractor(), ("style", "content_sketch", "content_reconstruction")
    together = GeneratorObjective(Weights.only(**dict.fromkeys(names, 1)), extractor)(**batch)
    for name in names:
        alone = GeneratorObjective(Weights.only(**{name: 1}), extractor)(**batch)
        assert together[name].item() == pytest.approx(alone[name].item(), rel=1e-4)


def test_content_crops_photo_and_drawings_at_the_same_place(batch):
    extractor, target = Extractor(), luminance(batch["photo"])
    batch |= {"drawing": batch["drawing"]._replace(sketch=target), "reconstruction": target}
    weights = Weights.only(content_sketch=1, content_reconstruction=1)
    objective = GeneratorObjective(weights, extractor, vgg_crop=16)
    for _ in range(5):
        assert objective(**batch)["total"].item() == pytest.approx(0, abs=1e-6)
    assert {tuple(image.shape[-2:]) for image in extractor.seen} == {(16, 16)}
    assert len({image.sum().item() for image in extractor.seen}) > 2  # not always the same place


def test_windows_stay_inside():
    torch.manual_seed(0)
    windows = [random_window((20, 9), 12) for _ in range(200)]
    assert {window[1].start for window in windows} == set(range(9))
    assert all(window[1].stop <= 20 and window[2].start == 0 for window in windows)
    assert torch.zeros(1, 1, 20, 9)[windows[0]].shape[-2:] == (12, 9)
