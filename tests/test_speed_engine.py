"""The engine draws what the network draws: folded, in one batch, in tiles, in bfloat16, for every size."""
import copy
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from model import PRESETS, Photo2Sketch, Sketch2Photo
from model.engine import LIMITS, Engine
from model.precision import choose_dtype, trial
from model.reverse import ReverseEngine
from model.tiles import reach
from tests.speed_kit import ROOT, lively_network, noise_photos, shipped_photo
from tests.tiny import TINY, TINY_PAPER
from tests.tool_kit import one_thread
from utils.checkpoint import load_network
from utils.defaults import CHECKPOINTS

NETWORKS = {"fast": PRESETS["fast"], "light": PRESETS["light"], "paper": TINY_PAPER}
SHIPPED = {"fast": CHECKPOINTS["fast"], "light": CHECKPOINTS["photo2sketch"]}


@pytest.fixture(scope="module", params=NETWORKS)
def pair(request):
    network = lively_network(NETWORKS[request.param])
    return network, Engine(network, precision="float32")


def as_tensor(photos):
    return torch.from_numpy(photos).permute(0, 3, 1, 2).float() / 255


@torch.inference_mode()
def plainly(network, photos, detail=0.0):
    return network(as_tensor(photos), detail)


@pytest.mark.parametrize("height, width", [(16, 16), (17, 33), (31, 16), (95, 130), (128, 96)])
def test_folded_network_draws_the_same(pair, height, width):
    network, engine = pair
    photos = noise_photos(2, height, width)
    expected = plainly(network, photos, 0.4)
    assert expected.sketch.std() > 0.03
    for ours, theirs in zip(engine.draw(as_tensor(photos), 0.4), expected):
        assert ours.shape == theirs.shape and ours.dtype == torch.float32
        torch.testing.assert_close(ours, theirs, atol=2e-5, rtol=0)


@pytest.mark.filterwarnings("ignore")  # of the tracer
def test_a_network_that_has_drawn_can_be_copied_and_traced(pair):
    _, engine = pair
    photo = noise_photos(1, 32, 48)
    expected = engine.sketch(photo)
    x = as_tensor(photo).contiguous(memory_format=torch.channels_last)
    copied = copy.deepcopy(engine.network)
    with torch.inference_mode():
        traced = torch.jit.trace(lambda x: copied.head(copied.features(x)).sketch, x, check_trace=False)(x)
    assert (traced[:, 0] * 255 - expected).abs().max() < 0.51


def test_network_is_left_as_it_was(pair):
    network, _ = pair
    before = {name: value.clone() for name, value in network.state_dict().items()}
    Engine(network, precision="float32").sketch(noise_photos(1, 32, 32))
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert len(before) == len(network.state_dict())


@pytest.mark.parametrize("height, width, tile", [(250, 331, 64), (203, 160, 96), (259, 64, 128), (96, 300, 250)])
def test_tiles_join_without_seams(pair, height, width, tile):
    network, engine = pair
    photos = noise_photos(1, height, width)
    calls = []
    tiled = engine.draw(as_tensor(photos), tile=tile, progress=lambda *call: calls.append(call))
    for ours, theirs in zip(tiled, plainly(network, photos)):
        torch.testing.assert_close(ours, theirs, atol=5e-5, rtol=0)
    total = calls[0][1]
    assert total >= 2 * -(-height // 256) * -(-width // 256) and calls == [(i + 1, total) for i in range(total)]


def beyond(output, source, pixels):
    """How far beyond the middle cell of `output` the cells of `source` lie that it depends on, in pixels. pixels: of a side."""
    middle, cell, step = output.shape[-1] // 2, pixels // output.shape[-1], pixels // source.shape[-1]
    (gradient,) = torch.autograd.grad(output[0, :, middle, middle].sum(), source, retain_graph=True)
    seen = gradient.abs().amax((0, 1)).nonzero()
    return max(middle * cell - seen.min().item() * step, (seen.max().item() + 1) * step - (middle + 1) * cell)


@pytest.mark.parametrize("name", NETWORKS)
def test_reach_is_what_a_pixel_sees_in_the_tiled_levels(name):
    network = lively_network(NETWORKS[name])
    distance, levels = reach(network.arch)
    for norm in (module for module in network.modules() if isinstance(module, torch.nn.InstanceNorm2d)):
        norm.forward = lambda x: x  # its statistics see everything
    photo = torch.rand(1, 3, 256, 256, requires_grad=True)
    features = [network.encoder.unshuffle(photo)]
    for stage in network.encoder.stages[:levels]:
        features.append(stage(features[-1]))
    base = torch.rand_like(features[-1]).requires_grad_()  # what comes back from the levels that are computed whole
    skips, x = features[1:-1], base
    for block in network.decoder.blocks[len(network.arch.widths) - levels :]:
        x = block(x, skips.pop() if network.arch.skips else None)
    drawing = network.head.conv(x)
    farthest = max(beyond(features[-1], photo, 256), beyond(drawing, base, 256))
    if network.arch.skips:
        farthest = max(farthest, beyond(drawing, photo, 256))
    assert farthest <= distance < farthest + 8


def test_photos_in_tiles_do_not_mix_with_those_of_other_threads(pair):
    network, engine = pair
    engine = copy.copy(engine)
    engine.turn = threading.Semaphore(2)
    photos = noise_photos(4, 96, 112)
    expected = engine.sketch(photos)
    with ThreadPoolExecutor(2) as threads:
        drawn = list(threads.map(lambda index: engine.sketch(photos[index % 4], tile=(64, None)[index // 4 % 2]), range(12)))
    for index, sketch in enumerate(drawn):
        assert (sketch.int() - expected[index % 4].int()).abs().max() <= 1


def test_photos_of_a_batch_do_not_mix(pair):
    _, engine = pair
    photos = noise_photos(3, 80, 112)
    together = engine.sketch(photos)
    for photo, sketch in zip(photos, together):
        assert (engine.sketch(photo).int() - sketch.int()).abs().max() <= 1


@pytest.mark.parametrize("tile", [None, 96])
def test_sketch_is_the_rounded_drawing(pair, tile):
    network, engine = pair
    photos = noise_photos(1, 131, 178)
    expected = plainly(network, photos, -0.7)
    sketch = engine.sketch(photos[0], -0.7, tile=tile)
    assert sketch.dtype == torch.uint8 and sketch.shape == (131, 178)
    assert np.abs(sketch.numpy() - expected.sketch[0, 0].numpy() * 255).max() < 0.51
    for index in (0, 4):
        one = engine.sketch(torch.from_numpy(photos[0]), -0.7, candidate=index, tile=tile)
        assert np.abs(one.numpy() - expected.candidates[0, index].numpy() * 255).max() < 0.51


def test_some_drawings_of_one_pass_are_those_of_one_pass_each(pair):
    _, engine = pair
    photos, numbers = noise_photos(2, 64, 100), (3, None, 0, None)
    together = engine.sketches(photos, 0.3, numbers)
    assert together.shape == (4, 2, 64, 100) and together.dtype == torch.uint8
    assert all(torch.equal(one, engine.sketch(photos, 0.3, number)) for one, number in zip(together, numbers))
    assert (engine.sketches(photos, 0.3, numbers, tile=40).int() - together.int()).abs().max() <= 1


def test_paper_may_have_a_larger_value_than_bytes_allow(pair):
    network, engine = pair
    photos = noise_photos(1, 48, 80)
    finer = engine.sketches(photos, paper=10_000)[0, 0]
    assert finer.dtype == torch.uint16
    assert np.abs(finer.numpy() - plainly(network, photos, 0.0).sketch[0, 0].numpy() * 1e4).max() < 1.0  # float32 rounds too
    backwards = ReverseEngine(Sketch2Photo(TINY).eval(), precision="float32")
    light, lighter = (backwards.sketches(photos, paper=value)[0, 0].double() / value for value in (255, 10_000))
    assert 0 < (light - lighter).abs().max() < 0.501 / 255 + 0.501 / 10_000


@pytest.mark.parametrize("arch, passes", [(TINY, 2), (TINY_PAPER, 12)], ids=["fast", "paper"])
def test_large_photos_are_drawn_in_tiles_without_being_asked(monkeypatch, arch, passes):
    monkeypatch.setitem(LIMITS, arch.norm, (100 * 100, 64))
    engine = Engine(lively_network(arch), precision="float32")
    for side, tiles in ((100, None), (120, 4)):
        calls = []
        engine.sketch(noise_photos(1, side, side)[0], progress=lambda *call: calls.append(call))
        assert calls[-1] == ((tiles * passes,) * 2 if tiles else (1, 1))


@pytest.mark.parametrize("preset", SHIPPED)
def test_bfloat16_is_seen_by_nobody(preset):
    """At most 2/255 on 99.9 % of the pixels, with the shipped weights."""
    network = load_network(Photo2Sketch, SHIPPED[preset])
    assert network.arch == PRESETS[preset]
    photo = shipped_photo(160)
    exact, rounded = (Engine(network, precision=name).sketch(photo).int() for name in ("float32", "bfloat16"))
    difference = (exact - rounded).abs()
    assert (difference > 2).float().mean() < 0.001
    assert difference.max() > 0  # it was bfloat16 indeed


@pytest.mark.parametrize("preset", NETWORKS)
def test_candidates_are_blended_in_float32_in_bfloat16_too(preset):
    """bfloat16 sums would be off by up to 1/256 of the ink."""
    engine = Engine(lively_network(NETWORKS[preset]), precision="bfloat16")
    assert engine.network.head.ink.weight.dtype == torch.bfloat16
    drawing = engine.draw(as_tensor(noise_photos(2, 48, 64)))
    for maps in (drawing.candidates, drawing.confidences):  # no bfloat16 numbers
        assert (1 - maps != (1 - maps).bfloat16()).float().mean() > 0.5
    blended = (drawing.candidates.double() * drawing.confidences.double()).sum(1, keepdim=True)
    assert (drawing.sketch - blended).abs().max() < 1e-5 and drawing.sketch.std() > 0.01


@pytest.mark.parametrize("preset", NETWORKS)
def test_exact_is_float32_whatever_the_precision(preset):
    network, photos = lively_network(NETWORKS[preset]), noise_photos(2, 48, 64)
    exact, rounded = (Engine(network, precision=name) for name in ("float32", "bfloat16"))
    expected = exact.sketches(photos, candidates=(1, None), paper=4080)
    assert torch.equal(rounded.sketches(photos, candidates=(1, None), paper=4080, exact=True), expected)
    assert torch.equal(exact.sketches(photos, candidates=(1, None), paper=4080, exact=True), expected)
    assert not torch.equal(rounded.sketches(photos, candidates=(1, None), paper=4080), expected)


def test_other_layouts_of_the_channels_give_the_same(monkeypatch):
    """Convolutions of some devices put channels first, whatever they are given."""
    engine = Engine(lively_network(NETWORKS["light"]), precision="float32")
    features = torch.rand(2, NETWORKS["light"].head_width, 12, 20)
    usual = engine.network.head(features.contiguous(memory_format=torch.channels_last))
    monkeypatch.setattr("model.onednn.fuses", lambda x: False)
    monkeypatch.setattr("model.fold.fuses", lambda x: False)
    for maps, expected in zip(engine.network.head(features), usual):
        assert torch.allclose(maps, expected, atol=1e-5)


def test_bfloat16_draws_backwards_too():
    torch.manual_seed(0)
    network = Sketch2Photo(TINY).eval()
    torch.nn.init.normal_(network.out.weight, std=0.3)
    drawings = noise_photos(1, 50, 70)
    exact, rounded = (ReverseEngine(network, precision=name).sketch(drawings) for name in ("float32", "bfloat16"))
    difference = (exact.int() - rounded.int()).abs()
    assert exact.float().std() > 5 and 0 < difference.max() <= 8


def test_one_drawing_backwards_is_a_batch_of_one():
    engine = ReverseEngine(Sketch2Photo(TINY).eval(), precision="float32")
    drawings = noise_photos(1, 50, 70)
    assert torch.equal(engine.sketch(drawings[0]), engine.sketch(drawings)[0])
    with pytest.raises(ValueError, match="uint8"):
        engine.sketch(drawings.astype(np.float32))
    for channels in (1, 2, 4):  # opacity is no tone
        with pytest.raises(ValueError, match=rf"expected.*, {channels}\)"):
            engine.sketch(np.zeros((1, 50, 70, channels), np.uint8))
    with pytest.raises(TypeError, match="sketch"):
        engine.draw(drawings)


def test_precision_is_probed_quickly_and_by_speed_alone(monkeypatch):
    start = time.perf_counter()
    assert choose_dtype("auto", "cpu") in (torch.float32, torch.bfloat16)
    assert time.perf_counter() - start < 2
    seconds = {torch.float32: 3.0, torch.bfloat16: 1.0}
    monkeypatch.setattr("model.precision.trial", lambda dtype, *shape: lambda: seconds[dtype] / 1000)
    from model.precision import _bfloat16_pays

    monkeypatch.setattr("model.precision.native_bfloat16", lambda: True)
    assert _bfloat16_pays.__wrapped__("cpu")
    seconds[torch.bfloat16] = 2.9
    assert not _bfloat16_pays.__wrapped__("cpu")
    seconds[torch.bfloat16] = 1.0
    monkeypatch.setattr("model.precision.native_bfloat16", lambda: False)
    assert not _bfloat16_pays.__wrapped__("cpu")  # emulated
    assert choose_dtype("bfloat16", "cpu") == torch.bfloat16


def test_a_trial_waits_for_no_other_thread(monkeypatch):
    """On a busy machine the slowest of several threads decides how long a layer takes, in either precision."""
    threads, convolve = [], torch.nn.functional.conv2d
    monkeypatch.setattr("model.precision.F.conv2d", lambda *args, **more: threads.append(torch.get_num_threads()) or convolve(*args, **more))
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert 0 < trial(torch.float32, (1, 8, 16, 16))() < 1
        assert threads == [1] and torch.get_num_threads() == 2
        monkeypatch.setattr("model.precision.F.conv2d", lambda *args, **more: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            trial(torch.float32, (1, 8, 16, 16))()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("shape, dtype", [((64, 64), np.uint8), ((64, 64, 3), np.float32), ((8, 64, 3), np.uint8)])
def test_photos_of_the_wrong_kind_are_refused(shape, dtype):
    photos = np.zeros(shape, dtype)
    with pytest.raises(ValueError, match="expected|pixels"):
        Engine(lively_network(TINY), precision="float32").sketch(photos)
    with pytest.raises(ValueError, match="candidate"):
        Engine(lively_network(TINY), precision="float32").sketch(np.zeros((32, 32, 3), np.uint8), candidate=5)
    with pytest.raises(ValueError, match="float16"):
        choose_dtype("float16", "cpu")


def test_first_drawing_comes_soon():
    """From starting Python: the imports, the weights, the probe of the precision and a drawing of 512 x 512."""
    program = (
        "import numpy as np; from model import Photo2Sketch; from model.engine import Engine;"
        "from utils.checkpoint import load_network;"
        f"Engine(load_network(Photo2Sketch, {CHECKPOINTS['photo2sketch']!r})).sketch(np.zeros((512, 512, 3), np.uint8))"
    )
    start = os.times()
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    end = os.times()
    assert end.children_user + end.children_system - start.children_user - start.children_system < 8  # CPU seconds


@pytest.mark.parametrize("preset", SHIPPED)
def test_time_per_pixel_does_not_grow(preset):
    """In seconds of the processor on one thread, so that other work on the machine matters little."""
    engine = Engine(load_network(Photo2Sketch, SHIPPED[preset]), precision="float32")
    with one_thread():
        best = {}
        for side, passes in ((512, 6), (2048, 2)):
            photo, seconds = noise_photos(1, side, side)[0], []
            for _ in range(passes):
                start = time.process_time()
                engine.sketch(photo)
                seconds.append((time.process_time() - start) / side**2)
            best[side] = min(seconds)
    assert best[2048] < 1.3 * best[512]
