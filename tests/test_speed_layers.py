"""The layers that are computed in another way where a CPU is faster for it: against the plain ones, in float64."""
import copy
import threading
import time

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from model import Photo2Sketch
from model.doubling import Doubling
from model.engine import Engine
from model.fold import FusedConv, fold
from model.onednn import MOST, Packed, native_bfloat16
from model.pixel_stage import PixelStage, as_input, round_alike, side_by_side
from tests.speed_kit import noise_photos, shipped_photo
from tests.tool_kit import one_thread
from utils.checkpoint import load_network
from utils.defaults import CHECKPOINTS

needs_bfloat16 = pytest.mark.skipif(not native_bfloat16(), reason="this CPU has no bfloat16")
TYPES = [torch.float32, pytest.param(torch.bfloat16, marks=needs_bfloat16)]


def channels_last(x):
    return x.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 16, 5, 7), (2, 24, 32, 40), (1, 8, 1, 3), (1, 3, 1, 1)])
def test_doubling_interpolates(dtype, shape):
    torch.manual_seed(0)
    x = channels_last(torch.rand(shape).to(dtype))
    exact = F.interpolate(x.double(), scale_factor=2, mode="bilinear", align_corners=False)
    with torch.inference_mode():
        doubled = Doubling()(x)
    assert doubled.dtype == dtype and (dtype == torch.float32 or doubled.is_contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(doubled.double(), exact, atol=2 * torch.finfo(dtype).eps, rtol=0)


@needs_bfloat16
def test_doubling_serves_one_width_after_the_other_and_copies_of_itself():
    doubling = Doubling()
    for shape in ((1, 16, 4, 4), (1, 24, 4, 6), (1, 16, 9, 4)):
        x = channels_last(torch.rand(shape).bfloat16())
        exact = F.interpolate(x.double(), scale_factor=2, mode="bilinear", align_corners=False)
        for layer in (doubling, copy.deepcopy(doubling)):
            with torch.inference_mode():
                torch.testing.assert_close(layer(x).double(), exact, atol=2**-7, rtol=0)


def test_each_shape_type_and_number_of_threads_has_its_layout_up_to_a_number_of_them(monkeypatch):
    made = []
    monkeypatch.setattr("model.onednn.pack", lambda weight, x, *how: made.append((weight, tuple(x.shape), *how)) or len(made))
    packed, how = Packed(), ((2, 2), (1, 0), 4)
    ask = lambda *shape, dtype=torch.float32: packed(torch.zeros(shape, dtype=dtype), lambda: "plain", *how)
    with one_thread():
        assert ask(1, 8, 64, 64) == ask(1, 8, 64, 64) == 1 and made == [("plain", (1, 8, 64, 64), *how)]
        shapes = (1, 8, 64, 40), (1, 8, 40, 64), (2, 8, 64, 64), (1, 16, 64, 64)
        assert [ask(*shape) for shape in shapes] == [ask(*shape) for shape in shapes] == [2, 3, 4, 5]
        assert ask(1, 8, 64, 64, dtype=torch.bfloat16) == 6
        torch.set_num_threads(2)
        assert ask(1, 8, 64, 64) == 7
        torch.set_num_threads(1)
        for side in range(1, 2 * MOST):
            ask(1, 8, side, 7)
        assert len(packed.layouts) == MOST == len(made) and ask(1, 8, 64, 64) == 1 and ask(1, 8, 2 * MOST, 7) == "plain"
    assert copy.deepcopy(packed).layouts == {}


def test_layers_are_laid_out_once_for_a_shape():
    layer, x = FusedConv(nn.Conv2d(8, 16, 3, (2, 1), padding=(1, 0))), channels_last(torch.rand(1, 8, 20, 30))
    with torch.inference_mode():
        first = layer(x)
        (layout,) = layer.packed.layouts.values()
        assert layout.is_mkldnn and torch.equal(layer(x), first) and list(layer.packed.layouts.values())[0] is layout
        layer(channels_last(torch.rand(1, 8, 20, 40)))
        assert len(layer.packed.layouts) == 2


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("inputs, outputs, stride, sides", [(96, 96, 1, (48, 4)), (80, 128, 2, (32, 48))])
def test_a_photo_is_drawn_as_fast_after_others_as_before(inputs, outputs, stride, sides, dtype):
    fresh, used = (FusedConv(nn.Conv2d(inputs, outputs, 3, stride, padding=1)).to(dtype) for _ in range(2))
    before, now = (channels_last(torch.rand(1, inputs, side, side).to(dtype)) for side in sides)

    def seconds(layer):
        start = time.perf_counter()
        layer(now)
        return time.perf_counter() - start

    with one_thread(), torch.inference_mode():
        used(before)
        times = [(seconds(fresh), seconds(used)) for _ in range(12)][2:]
    assert min(after for _, after in times) < 3 * min(alone for alone, _ in times)  # with one layout for both 5 to 100 times on some CPUs


@pytest.mark.parametrize("dtype", TYPES)
def test_a_layer_convolves_as_in_float64_in_every_layout(dtype):
    torch.manual_seed(0)
    conv = nn.Conv2d(64, 64, 3, padding=1)
    layer = FusedConv(conv).to(dtype)
    with torch.inference_mode():
        for number in range(MOST + 4):  # the last ones with the plain weight
            x = channels_last(torch.rand(1, 64, 3 + number % 5, 20 + number).to(dtype))
            exact = F.conv2d(x.double(), layer.weight.double(), conv.bias.double(), padding=1)
            torch.testing.assert_close(layer(x).double(), exact, atol=32 * torch.finfo(dtype).eps, rtol=torch.finfo(dtype).eps)  # of 576 products


def test_weights_are_rounded_so_that_their_sums_stay():
    torch.manual_seed(0)
    weight = torch.randn(16, 3, 6, 6) / 7
    rounded = round_alike(weight)
    assert rounded.dtype == torch.bfloat16 and rounded.shape == weight.shape
    error = rounded.double() - weight.double()
    assert (error.abs() <= 2**-7 * weight.abs().double() + 2**-10).all()
    nearest = (weight.bfloat16().double() - weight.double()).sum((2, 3)).abs()
    ours = error.sum((2, 3)).abs()
    assert ours.max() < 1e-4 and ours.mean() < nearest.mean() / 50
    exact = torch.tensor([1.0, -0.5, 0.25, 3.0]).view(1, 1, 2, 2)
    assert torch.equal(round_alike(exact).float(), exact)


def test_side_by_side_puts_neighbours_of_a_row_into_channels():
    x = channels_last(torch.arange(2 * 3 * 4 * 6).float().view(2, 3, 4, 6))
    pairs = side_by_side(x, 2)
    assert pairs.data_ptr() == x.data_ptr()
    assert torch.equal(pairs, torch.cat([x[..., 0::2], x[..., 1::2]], 1))


@pytest.fixture(scope="module", params=["photo2sketch", "fast"])
def stages(request):
    """The folded first stage of a shipped network, and what takes its place in bfloat16."""
    stage = fold(load_network(Photo2Sketch, CHECKPOINTS[request.param])).encoder.stages[0]
    return stage, PixelStage(stage)


def exactly(stage, pixels):
    """What a folded first stage makes of bytes, in float64."""
    enter = stage.enter
    y = F.conv2d(pixels.double() / 255, enter.weight.double(), enter.bias.double(), enter.stride, enter.padding)
    return F.leaky_relu(y, *enter.then[1])


@needs_bfloat16
@torch.inference_mode()
def test_bytes_are_convolved_as_pixels_are(stages):
    stage, ours = stages
    pixels = torch.from_numpy(noise_photos(2, 32, 48)).permute(0, 3, 1, 2)
    exact = exactly(stage, pixels)
    found = ours(channels_last(as_input(pixels, ours)))
    assert found.dtype == torch.bfloat16
    enter = stage.enter
    terms = F.conv2d(pixels.double() / 255, enter.weight.double().abs(), None, enter.stride, enter.padding)
    assert ((found - exact).abs() <= 2**-8 * exact.abs() + 2**-10 * terms).all()  # each term may be wrong by 2^-8 of itself
    assert torch.equal(ours(channels_last(pixels.float() / 255)), stage(channels_last(pixels.float() / 255)).bfloat16())


@needs_bfloat16
@pytest.mark.parametrize("grey", [3, 100, 128, 201, 255])
@torch.inference_mode()
def test_even_ground_stays_as_it_is(stages, grey):
    """Away from the border, within the rounding of the result: what pixels in [0, 1] would lose is several times more."""
    stage, ours = stages
    pixels = torch.full((1, 3, 32, 32), grey, dtype=torch.uint8)
    exact = exactly(stage, pixels)[..., 4:-4, 4:-4]
    found = ours(channels_last(as_input(pixels, ours)))[..., 4:-4, 4:-4]
    assert ((found - exact).abs() <= 2**-8 * exact.abs() + 1e-4).all()


@needs_bfloat16
@torch.inference_mode()
def test_engines_take_bytes_and_pixels_alike():
    network = load_network(Photo2Sketch, CHECKPOINTS["photo2sketch"])
    photo = torch.from_numpy(shipped_photo(160)).permute(2, 0, 1)[None]
    rounded, exact = (Engine(network, precision=name) for name in ("bfloat16", "float32"))
    assert isinstance(rounded.network.encoder.stages[0], PixelStage)
    expected = exact.draw(photo).sketch
    assert torch.equal(exact.draw(photo.float() / 255).sketch, expected)
    for pixels in (photo, photo.float() / 255):
        assert ((rounded.draw(pixels).sketch - expected).abs() > 2 / 255).float().mean() < 0.001


def test_threads_may_ask_for_layouts_at_once():
    packed, wrong, weight = Packed(), [], channels_last(torch.rand(8, 1, 1, 1))
    inputs = [torch.zeros(1, 1, 2, 2 + number) for number in range(2 * MOST)]

    def ask(shift):
        try:
            for number in range(300):
                packed(inputs[(7 * number + shift) % len(inputs)], lambda: weight, (1, 1), (0, 0))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(shift,)) for shift in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and len(packed.layouts) == MOST
