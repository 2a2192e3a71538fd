"""Schedule, averages, order of the data, weights of a step, picture grids."""
import copy
import dataclasses
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from losses.weights import Weights
from model import Drawing
from tests.photo_kit import gray_of, working_of
from tests.speed_kit import lively_network
from tests.tiny import TINY
from utils.crisp import crisp as tools_crisp
from utils.reserve import reserved as tools_reserved
from utils.style import pen as tools_pen
from utils.tone import toned as tools_toned
from utils.training import samples
from utils.training.cycle import Cycle, seed_step
from utils.training.distributed import Group
from utils.training.ema import Average
from utils.training.pen import as_written, crisp, reserved, toned
from utils.training.loader import Items, Order, make_loader, to_device
from utils.training.networks import Networks, freeze
from utils.training.options import WEIGHT, make_options
from utils.training.schedule import averaging_decay, learning_rate_factor, weights_of_step

LOSSLESS = {WEIGHT + field.name: 0.0 for field in dataclasses.fields(Weights)}


def test_learning_rate_rises_then_falls_on_half_a_cosine():
    total, warmup, final = 101, 10, 0.2
    factors = [learning_rate_factor(step, total, warmup, final) for step in range(total)]
    assert factors[:10] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert factors[10] == 1 and factors[-1] == pytest.approx(final)
    assert factors[55] == pytest.approx((1 + final) / 2)  # halfway
    assert all(a >= b for a, b in zip(factors[10:], factors[11:]))
    assert [learning_rate_factor(step, 5, 0, 1.0) for step in range(5)] == [1.0] * 5
    for total in (4, 5, 30):  # shorter than the warm-up that is asked for
        factors = [learning_rate_factor(step, total, 100, final) for step in range(total)]
        assert max(factors) == 1 and factors[0] < 1 and factors[-1] == pytest.approx(final)


def test_average_follows_parameters_and_running_statistics():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    average = Average(model, 0.9)
    expected = {name: value.double().clone() for name, value in model.state_dict().items()}
    for step in range(30):
        with torch.no_grad():
            for value in model.parameters():
                value.add_(torch.randn_like(value))
        model(torch.randn(4, 3) + step)
        average.update(model, step)
        decay = min(0.9, (1 + step) / (10 + step))
        assert averaging_decay(step, 0.9) == decay
        for name, value in model.state_dict().items():
            expected[name] = decay * expected[name] + (1 - decay) * value.double()
    found = average.model.state_dict()
    assert found.pop("1.num_batches_tracked") == 30
    for name, value in found.items():
        torch.testing.assert_close(value.double(), expected[name], rtol=1e-4, atol=1e-5)
    assert not average.model.training and not any(p.requires_grad for p in average.model.parameters())


@pytest.mark.parametrize("parts, size", [(1, 1), (2, 1), (1, 2), (2, 2), (1, 4)])
def test_the_photos_of_a_step_do_not_depend_on_the_number_of_processes(parts, size):
    steps = {}
    for rank in range(size):
        order = Order(7, 8, parts, Group(rank, size), first=2, last=5)
        keys = list(order)
        assert len(keys) == len(order) == 3 * parts
        for number, batch in enumerate(keys):
            assert len(batch) == 8 // parts // size
            steps.setdefault(2 + number // parts, []).extend(batch)
    for step, keys in steps.items():
        assert sorted(keys) == [divmod(number, 7) for number in range(8 * step, 8 * step + 8)]


class Numbers(torch.utils.data.Dataset):
    def set_epoch(self, epoch):
        self.epoch = epoch

    def __getitem__(self, index):
        return {"photo": torch.full((1, 2, 2), 10 * self.epoch + index, dtype=torch.uint8), "name": str(index)}


@pytest.mark.parametrize("workers", [0, 2])
def test_loader_gives_the_epochs_items_whoever_loads(workers):
    state = torch.get_rng_state()
    loader = make_loader(Numbers(), Order(3, 2, 1, Group(), 0, 3), workers, pin=False)
    batches = [batch["photo"][:, 0, 0, 0].tolist() for batch in loader]
    assert batches == [[0, 1], [2, 10], [11, 12]]
    assert torch.equal(state, torch.get_rng_state())  # loading draws nothing from the training's generator
    assert Items(Numbers())[(2, 1)]["name"] == "1"


def test_to_device_scales_to_one_and_keeps_names():
    batch = to_device({"photo": torch.tensor([[[[0, 255]], [[51, 102]]]], dtype=torch.uint8), "name": ["a"]}, torch.device("cpu"))
    assert batch["name"] == ["a"]
    torch.testing.assert_close(batch["photo"][0, :, 0], torch.tensor([[0, 1.0], [0.2, 0.4]]))
    assert batch["photo"].is_contiguous(memory_format=torch.channels_last)


def test_lazy_terms_keep_their_mean_weight():
    weights = Weights()
    steps = [weights_of_step(weights, step, cycle_every=2, vgg_every=3, adversarial_every=4) for step in range(12)]
    for name in vars(weights):
        mean = sum(getattr(step, name) for step in steps) / len(steps)
        assert mean == pytest.approx(getattr(weights, name)), name
    for step in steps:  # what looks at the reconstruction runs with the reconstruction
        assert not step.content_reconstruction or (step.cycle and step.style)
    assert sum(step.needs_reconstruction for step in steps) == 6
    assert sum(step.needs_discriminator for step in steps) == 3
    assert sum(step.needs_features for step in steps) == 4


def test_random_numbers_are_a_function_of_seed_step_and_rank():
    def draw(*place):
        seed_step(*place)
        return torch.rand(4).tolist()

    assert draw(0, 1, 0) == draw(0, 1, 0)
    places = [(0, 1, 0), (0, 2, 0), (0, 1, 1), (1, 1, 0)]
    assert len({tuple(draw(*place)) for place in places}) == 4


def test_grid_shows_photo_guidance_candidates_sketch_reconstruction_and_reference():
    size, count = 8, 5

    def plane(value, channels):
        return torch.full((2, channels, size, size), value)

    levels = torch.linspace(0.1, 0.5, count).view(1, count, 1, 1).expand(2, count, size, size)
    drawing = Drawing(levels, levels, plane(0.6, 1))
    sheet = samples.grid(plane(0.0, 3), plane(0.9, count + 1), drawing, plane(0.7, 1), plane(0.8, 1))
    step = size + samples.GAP
    assert sheet.shape == (samples.HEADER + 2 * step, (1 + count + 1 + count + 3) * step, 3) and sheet.dtype == np.uint8
    assert sheet[: samples.HEADER].min() < 128  # titles
    middle = samples.HEADER + size // 2
    middles = sheet[middle, size // 2 :: step, 0] / 255
    expected = [0.0] + [0.9] * 6 + [0.1, 0.2, 0.3, 0.4, 0.5] + [0.6, 0.7, 0.8]
    np.testing.assert_allclose(middles, expected, atol=1 / 255)
    small = torch.full((2, 1, 5, 5), 0.8)  # references of another size are scaled
    blank = samples.grid(plane(0.0, 3), plane(0.9, count + 1), drawing, None, small)
    assert blank[middle, size // 2 :: step, 0][-2:].tolist() == [255, 204]


def test_crisp_strokes_are_those_of_the_tools():
    drawing = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (40, 50), np.uint8), (0, 0), 1.0)
    trained = crisp(torch.from_numpy(drawing)[None, None] / 255)[0, 0].numpy()
    assert np.abs(255 * trained - tools_crisp(drawing, 1.0)).max() < 0.51  # the tools round


def test_tone_is_that_of_the_tools_and_its_gradient_is_finite_everywhere():
    greys = np.arange(256, dtype=np.uint8)
    values = (torch.from_numpy(greys) / 255).requires_grad_()
    trained = toned(values)
    assert np.abs(255 * trained.detach().numpy() - tools_toned(greys[None], 1.0)[0]).max() < 0.51  # the tools round
    trained.sum().backward()
    assert torch.isfinite(values.grad).all() and (values.grad >= 0).all()


@pytest.mark.parametrize("height, width", [(60, 70), (61, 71)])
def test_reserved_lights_are_those_of_the_tools(height, width):
    smooth = lambda seed, *shape: cv2.GaussianBlur(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), (0, 0), 2.5)
    stretched = lambda image: np.uint8(np.clip((image - image.mean()) / image.std() * 60 + 128, 0, 255))
    drawing, photo = stretched(smooth(0, height, width)), stretched(smooth(1, height, width, 3))
    sketch, rgb = torch.from_numpy(drawing)[None, None] / 255, torch.from_numpy(photo).permute(2, 0, 1)[None] / 255
    off = np.abs(255 * reserved(sketch, rgb)[0, 0].numpy() - tools_reserved(drawing, gray_of(photo), 1.0))
    assert off.mean() < 1 and off.max() < 16  # the tools' greys are bytes
    assert np.abs(reserved(sketch, rgb).numpy() - sketch.numpy()).max() > 0.4
    written = 255 * as_written(sketch, rgb)[0, 0].numpy()  # no speck is small enough here
    assert np.abs(written - tools_pen(drawing, working_of(photo), 1.0)).mean() < 2


def test_crisp_strokes_have_the_gradient_of_their_formula():
    drawing = torch.rand(1, 1, 9, 8, generator=torch.Generator().manual_seed(0))
    direction = torch.rand(drawing.shape, generator=torch.Generator().manual_seed(1)) - 0.5
    value, slope = torch.autograd.functional.jvp(lambda x: crisp(x).square().sum(), drawing, direction)
    above, below = (float(crisp(drawing + h * direction).double().square().sum()) for h in (1e-3, -1e-3))
    assert value > 0 and float(slope) == pytest.approx((above - below) / 2e-3, rel=0.02)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_losses_see_a_share_of_the_drawings_crisp_and_sketch2photo_sees_these_as_written(share):
    random = torch.Generator().manual_seed(0)
    drawing = Drawing(torch.rand(200, 2, 28, 28, generator=random), None, torch.rand(200, 1, 28, 28, generator=random))
    photo = torch.rand(200, 3, 28, 28, generator=random)
    options = make_options({"crisp_share": share, "candidate_share": 0.5, "batch": 200})
    networks = SimpleNamespace(with_generators=lambda: {"photo2sketch": nn.Conv2d(1, 1, 1)}, discriminators=dict)
    cycle = Cycle(options, networks, Group(), "cpu", torch.float32, 1)
    seen = cycle.as_seen(0, 0, drawing)
    alike = lambda one, other: (one == other).flatten(1).all(1)
    sharpened = alike(seen.sketch, crisp(drawing.sketch))
    assert torch.equal(sharpened, alike(seen.candidates, crisp(drawing.candidates)))
    assert (sharpened ^ (alike(seen.sketch, drawing.sketch) & alike(seen.candidates, drawing.candidates))).all()
    assert abs(float(sharpened.float().mean()) - share) < 0.1
    given = cycle.input_of_sketch2photo(0, 0, drawing, photo)
    written = lambda part: torch.where(sharpened[:, None, None, None], as_written(part, photo), part)
    near = lambda one, other: ((one - other).abs() < 1e-4).flatten(1).all(1)  # one photo or 200 at once: other roundings
    kinds = torch.stack([near(given, written(part)) for part in (drawing.sketch, *drawing.candidates.split(1, 1))])
    assert (kinds.sum(0) == 1).all() and (abs(kinds.float().mean(1) - torch.tensor([0.5, 0.25, 0.25])) < 0.1).all()


def test_a_teacher_asks_its_pupil_for_what_it_draws_itself():
    """To a copy of itself a teacher has nothing to say, on undamaged photos, with soft strokes and with crisp ones."""
    network = freeze(lively_network(TINY))
    networks = Networks(network, None, None, None, None, None, teacher=copy.deepcopy(network))
    options = make_options({**LOSSLESS, "weight_edge": 1.0, "crisp_share": 0.5, "batch": 4})
    cycle = Cycle(options, networks, Group(), torch.device("cpu"), torch.float32, 1)
    clean = torch.rand(4, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    blank = dict(importance=torch.zeros(4, 1, 48, 48), edges=None, reference=None, guidance=torch.ones(4, 6, 48, 48))
    edges_of = lambda batch: cycle.forward_generators(0, 0, cycle.taught(batch, lambda drawing: cycle.as_seen(0, 0, drawing)), options.weights())[1]["total"]
    assert edges_of(blank | {"photo": clean, "clean": clean}) == 0
    assert edges_of(blank | {"photo": clean.flip(0), "clean": clean}) > 0.01
    networks.teacher = None
    assert cycle.taught(blank) is blank
