"""On a GPU: the same drawings as on the CPU, tiles without seams, and a training that goes on. Skipped where there is none."""
import numpy as np
import pytest
import torch

from model import Photo2Sketch, Sketch2Photo
from model.engine import Engine
from model.reverse import ReverseEngine
from tests.speed_kit import shipped_photo
from tests.training_runs import arguments, call, newest, stats
from utils.checkpoint import load_network
from utils.defaults import CHECKPOINTS

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA")


@pytest.fixture(scope="module")
def network():
    return load_network(Photo2Sketch, CHECKPOINTS["photo2sketch"])


@pytest.fixture(scope="module")
def expected(network):
    return Engine(network, "cpu", "float32").sketch(shipped_photo(500))


def apart(one, other):
    """Share of the pixels of two uint8 drawings that differ by more than 2."""
    return float((np.abs(np.int16(one) - np.int16(other)) > 2).mean())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_drawings_are_those_of_the_cpu(network, expected, precision):
    drawn = Engine(network, "cuda", precision).sketch(shipped_photo(500))
    assert drawn.device.type == "cpu" and apart(drawn, expected) <= 1e-3


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_tiles_join_without_seams_and_batches_draw_what_single_photos_do(network, precision):
    engine, photo = Engine(network, "cuda", precision), shipped_photo(500)
    whole = engine.sketch(photo)
    assert apart(engine.sketch(photo, tile=192), whole) <= 1e-3
    assert apart(engine.sketch(np.stack([photo, photo[::-1]]))[0], whole) <= 1e-3


def test_photos_from_drawings_are_those_of_the_cpu(expected):
    network = load_network(Sketch2Photo, CHECKPOINTS["sketch2photo"])
    drawing = np.asarray(expected)[None, ..., None].repeat(3, 3)
    assert apart(*(ReverseEngine(network, device, "float32").sketch(drawing) for device in ("cpu", "cuda"))) <= 1e-3


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_runs_with_all_terms_and_resumes(tmp_path, precision):
    extra = ("--device", "cuda", "--precision", precision, "--weight-deep-supervision", "10", "--weight-conditional", "1")
    extra += ("--crisp-share", "0.5", "--line-art", "0.3", "--candidate-share", "0.5", "--weight-feature-matching", "1")
    call(arguments(tmp_path, *extra))
    run = next(tmp_path.iterdir())
    assert [line["step"] for line in stats(run)] == [1, 2, 3, 4] and all(np.isfinite(line["total"]) for line in stats(run))
    call(["--resume", run, "--steps", "6"])
    assert newest(run)["step"] == 6
