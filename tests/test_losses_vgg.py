"""VGG features against a float64 numpy network; weights files of every kind, good and bad."""
import urllib.error

import numpy as np
import pytest
import torch

from losses.vgg import DEVIATION, MEAN, VGGError, VGGFeatures

# Number of torchvision's layer: output channels, for the convolutions up to conv4_1.
CONVOLUTIONS = {
    "VGG16": {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 17: 512},
    "VGG19": {0: 64, 2: 64, 5: 128, 7: 128, 10: 256, 12: 256, 14: 256, 16: 256, 19: 512},
}
TAPS = {"VGG16": (0, 5, 10, 17), "VGG19": (0, 5, 10, 19)}


def random_weights(name):
    generator, state, inputs = torch.Generator().manual_seed(0), {}, 3
    for number, outputs in CONVOLUTIONS[name].items():
        scale = (2 / (9 * inputs)) ** 0.5
        state[f"features.{number}.weight"] = scale * torch.randn(outputs, inputs, 3, 3, generator=generator)
        state[f"features.{number}.bias"] = 0.1 * torch.randn(outputs, generator=generator)
        inputs = outputs
    return state


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    paths = {name: tmp_path_factory.mktemp("vgg") / f"{name}.pth" for name in CONVOLUTIONS}
    for name, path in paths.items():
        torch.save(random_weights(name), path)
    return paths


@pytest.fixture(scope="module")
def vgg(files):
    return VGGFeatures(str(files["VGG16"]))


def convolve(x, weight, bias):
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    patches = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("bcyxij,ocij->boyx", patches, weight, optimize=True) + bias[:, None, None]


def expected_features(name, image):
    """The network in numpy: pooling stands where torchvision's numbering leaves a gap of three."""
    state = {key: value.double().numpy() for key, value in random_weights(name).items()}
    x = (image - np.reshape(MEAN, (3, 1, 1))) / np.reshape(DEVIATION, (3, 1, 1))
    outputs, last = [], 0
    for number in CONVOLUTIONS[name]:
        if number - last == 3:
            x = x.reshape(*x.shape[:2], x.shape[2] // 2, 2, x.shape[3] // 2, 2).max((3, 5))
        x = np.maximum(convolve(x, state[f"features.{number}.weight"], state[f"features.{number}.bias"]), 0)
        last = number
        if number in TAPS[name]:
            outputs.append(x)
    return outputs


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_features_are_those_of_a_network_in_numpy(name, files):
    image = torch.rand(2, 3, 16, 24, dtype=torch.float64)
    vgg = VGGFeatures(str(files[name])).double()
    made, expected = vgg(image), expected_features(name, image.numpy())
    assert vgg.name == name and len(made) == 4
    for a, b in zip(made, expected):
        assert a.shape == b.shape and np.abs(b).max() > 0.1
        assert np.allclose(a, b, atol=1e-6)  # the buffers have been float32


def test_gray_is_replicated(vgg):
    gray = torch.rand(1, 1, 16, 16)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(vgg(gray), vgg(gray.expand(1, 3, 16, 16))))


def test_gradients_reach_the_image_and_not_the_weights(vgg):
    image = torch.rand(1, 1, 16, 16, requires_grad=True)
    sum(layer.mean() for layer in vgg(image)).backward()
    assert image.grad.abs().sum() > 0
    assert all(not parameter.requires_grad and parameter.grad is None for parameter in vgg.parameters())


def test_full_classifier_checkpoints_and_bare_numbering(tmp_path, vgg):
    state = random_weights("VGG16")
    state |= {"features.19.weight": torch.zeros(512, 512, 1, 1), "classifier.0.weight": torch.zeros(2, 3)}
    torch.save(state, tmp_path / "full.pth")
    bare = {key.removeprefix("features."): value for key, value in random_weights("VGG16").items()}
    torch.save(bare, tmp_path / "bare.pth")
    image = torch.rand(1, 3, 16, 16)
    for name in ("full.pth", "bare.pth"):
        other = VGGFeatures(str(tmp_path / name))
        assert other.name == "VGG16" and torch.equal(other(image)[3], vgg(image)[3])


class Harmful:
    def __reduce__(self):
        return print, ("loading a file must not run its code",)


def foreign_contents():
    short = random_weights("VGG16")
    del short["features.17.weight"]
    with_batch_norm = {"features.0.weight": torch.zeros(64, 3, 3, 3), "features.1.weight": torch.zeros(64)}
    return {"short": short, "batch norm": with_batch_norm, "list": [1, 2], "text": "VGG16", "code": Harmful()}


@pytest.mark.parametrize("kind", ["short", "batch norm", "list", "text", "code", "bytes", "cut", "missing"])
def test_bad_files_are_named_in_one_sentence(kind, tmp_path, files, capsys):
    path = tmp_path / f"{kind}.pth"
    if kind == "bytes":
        path.write_bytes(b"no weights at all")
    elif kind == "cut":
        path.write_bytes(files["VGG16"].read_bytes()[:100_000])
    elif kind != "missing":
        torch.save(foreign_contents()[kind], path)
    with pytest.raises(VGGError, match=str(path)):
        VGGFeatures(str(path))
    assert "must not run" not in capsys.readouterr().out


def test_default_weights_are_fetched_with_their_hash_checked(monkeypatch):
    asked = {}

    def fetch(url, **options):
        asked.update(options, url=url)
        return random_weights("VGG19")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fetch)
    assert VGGFeatures().name == "VGG19"
    assert asked["url"].endswith("vgg19-dcbb9e9d.pth") and asked["check_hash"] and asked["weights_only"]


def test_no_network_says_what_to_do(monkeypatch):
    def fail(*args, **options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", fail)
    with pytest.raises(VGGError, match="Name a local file"):
        VGGFeatures()
