"""What the tests of the drawing tools share: weights of a tiny network, and one thread, as its tensors are tiny too."""
import contextlib
import os
import pathlib

import numpy as np
import pytest
import torch
from PIL import Image

import eval_multiple
import eval_test
from model import Photo2Sketch, Sketch2Photo
from tests.tiny import TINY
from utils import tool
from utils.checkpoint import save_generator

QUADRANTS = np.zeros((16, 24, 3), np.uint8)  # red, green / blue, white
QUADRANTS[:8, :12, 0] = QUADRANTS[:8, 12:, 1] = QUADRANTS[8:, :12, 2] = 255
QUADRANTS[8:, 12:] = 255
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def weights(folder, kind=Photo2Sketch):
    """A checkpoint with a tiny, random network."""
    torch.manual_seed(1)
    path = os.path.join(folder, f"{kind.__name__.lower()}.pth")
    save_generator(kind(TINY), path, 0)
    return path


def reverse_weights(folder):
    return weights(folder, Sketch2Photo)


@contextlib.contextmanager
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def scene(height=48, width=64, seed=0):
    """A picture with areas and edges: uint8 (height, width, 3)."""
    generator = np.random.RandomState(seed)
    image = np.full((height, width, 3), 200, np.uint8)
    for _ in range(6):
        top, left = generator.randint(0, height), generator.randint(0, width)
        image[top : top + height // 3, left : left + width // 3] = generator.randint(0, 256, 3)
    return image


def store(path, image=None, **options):
    """Write a picture file, making its folder."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Image.fromarray(scene() if image is None else image).save(path, **options)
    return path


def files(folder):
    """Visible files below a folder, sorted, with /."""
    folder = pathlib.Path(folder)
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in paths if not path.name.startswith("."))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    with one_thread():
        yield weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture
def draw(checkpoint, tmp_path, capfd):
    """Runs eval_test, or eval_multiple, on tmp_path/in -> (exit status, output, errors)."""

    def run(*arguments, multiple=False, inputs=None, weights=checkpoint):
        script = eval_multiple if multiple else eval_test
        arguments = ["--input", str(inputs or tmp_path / "in"), "--output", str(tmp_path / "out"), *arguments]
        if "--page" in arguments:
            arguments.remove("--page")
        else:
            arguments.append("--no-page")
        arguments += ["--checkpoint", str(weights), "--device", "cpu", "--size", "64"]
        status = tool.main("tool", script.DESCRIPTION, script.EXAMPLES, multiple, arguments)
        return (status, *capfd.readouterr())

    return run
