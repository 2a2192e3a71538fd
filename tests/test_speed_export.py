"""Exported files draw what the network draws, for any size, without this project's code."""
import os
import resource
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import torch

from tests.speed_kit import lively_network, noise_photos
from tests.tiny import TINY, TINY_PAPER
from utils.checkpoint import save_generator
from utils.export import main

SIZES = [(1, 16, 16), (1, 17, 45), (3, 64, 50), (1, 130, 99)]
READ_ALONE = """
import sys, numpy, torch
for folder in sys.argv[2:]:
    network = torch.jit.load(folder + "/photo2sketch.pt")
    for size, photo in numpy.load(sys.argv[1]).items():
        sketch = network(torch.from_numpy(photo), torch.tensor(-0.5))
        numpy.save(folder + "/" + size + ".npy", sketch.detach().numpy())
assert "model" not in sys.modules
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Pairs of a network and the folder with its two files."""
    pairs = []
    for arch in (TINY, TINY_PAPER):
        folder = tmp_path_factory.mktemp(arch.preset)
        network = lively_network(arch)
        save_generator(network, folder / "network.pth", step=1)
        main(["--checkpoint", str(folder / "network.pth"), "--output", str(folder)])
        pairs.append((network, folder))
    return pairs


def example(batch, height, width):
    return np.float32(noise_photos(batch, height, width).transpose(0, 3, 1, 2) / 255)


@pytest.mark.parametrize("index", [0, 1], ids=["fast", "paper"])
def test_onnxruntime_agrees(exported, index):
    network, folder = exported[index]
    session = onnxruntime.InferenceSession(folder / "photo2sketch.onnx", providers=["CPUExecutionProvider"])
    for size in SIZES:
        photo = example(*size)
        for detail in (0.0, 0.6):
            ours = session.run(["sketch"], {"photo": photo, "detail": np.array(detail, np.float32)})[0]
            with torch.inference_mode():
                expected = network(torch.from_numpy(photo), detail).sketch.numpy()
            assert ours.shape == expected.shape
            assert np.abs(ours - expected).max() < 1 / 255


def test_torchscript_agrees_where_the_project_is_not(exported, tmp_path):
    photos = {"x".join(map(str, size)): example(*size) for size in SIZES}
    np.savez(tmp_path / "photos.npz", **photos)
    names = [str(tmp_path / "photos.npz"), *(str(folder) for _, folder in exported)]
    subprocess.run([sys.executable, "-c", READ_ALONE, *names], check=True, cwd=tmp_path)
    for network, folder in exported:
        for size, photo in photos.items():
            with torch.inference_mode():
                expected = network(torch.from_numpy(photo), -0.5).sketch.numpy()
            assert np.abs(np.load(folder / f"{size}.npy") - expected).max() < 1 / 255


def test_mistakes_get_a_sentence_and_leave_no_file(tmp_path):
    with pytest.raises(SystemExit, match="none.pth"):
        main(["--checkpoint", str(tmp_path / "none.pth"), "--output", str(tmp_path / "out")])
    assert not os.path.exists(tmp_path / "out")
    (tmp_path / "out").write_text("a file")
    save_generator(lively_network(TINY), tmp_path / "network.pth", step=1)
    arguments = ["--checkpoint", str(tmp_path / "network.pth"), "--output"]
    with pytest.raises(SystemExit, match="--output"):
        main([*arguments, str(tmp_path / "out")])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for kind in ("onnx", "torchscript"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        try:
            with pytest.raises(SystemExit, match="cannot be written"):
                main([*arguments, str(tmp_path / "full"), "--format", kind])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert os.listdir(tmp_path / "full") == []
