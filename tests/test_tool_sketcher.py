"""Sketcher: any kind of image in, its drawing out, in its own size."""
import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from model import Photo2Sketch, Sketch2Photo
from tests.tiny import TINY
from tests.tool_kit import checkpoint, one_thread, reverse_weights, scene, store  # noqa: F401 (fixture)
from utils.checkpoint import CheckpointError, load_network, save_generator
from utils.pictures import PictureError
from utils.sketcher import Sketcher
from utils.style import PLAIN
from utils.working import working_shape


@pytest.fixture(scope="module")
def sketcher(checkpoint):
    with one_thread():
        yield Sketcher(checkpoint, device="cpu", precision="float32", size=64)


def test_path_image_and_array_give_the_same_drawing(sketcher, tmp_path):
    image = scene()
    path = store(tmp_path / "photo.png", image)
    from_path, from_image, from_array = sketcher.draw(path), sketcher.draw(Image.fromarray(image)), sketcher.draw(image)
    assert isinstance(from_path, Image.Image) and isinstance(from_image, Image.Image)
    assert from_path.mode == "L" and from_path.size == (64, 48)
    assert isinstance(from_array, np.ndarray) and from_array.dtype == np.uint8 and from_array.shape == (48, 64)
    assert np.array_equal(from_path, from_array) and np.array_equal(from_image, from_array)
    assert np.array_equal(sketcher.draw(str(path)), from_array)


def test_the_drawing_is_the_networks(sketcher, checkpoint):
    image = scene()
    network = load_network(Photo2Sketch, checkpoint)
    photo = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        drawing = network(photo, 0.5)
    found = sketcher.draw(image, detail=0.5, **PLAIN)
    assert np.abs(found - 255 * drawing.sketch[0, 0].numpy()).max() < 0.51
    found = sketcher.draw(image, candidate=4, crisp=0)
    assert np.abs(found - 255 * drawing.candidates[0, 3].numpy()).max() < 0.51


@pytest.mark.parametrize("dtype", ["float32", "float64", "uint16", "bool", "gray", "one channel", "alpha", "view"])
def test_kinds_of_arrays(sketcher, dtype):
    image = np.uint8(scene() > 127) * np.uint8(255)
    gray = image[..., 0]
    kinds = {
        "float32": (np.float32(image / 255), image),
        "float64": (image / 255, image),
        "uint16": (image.astype(np.uint16) * 257, image),
        "bool": (gray > 0, gray),
        "gray": (gray, np.repeat(gray[..., None], 3, 2)),
        "one channel": (gray[..., None], gray),
        "alpha": (np.dstack([image, np.full(gray.shape, 255, np.uint8)]), image),
        "view": (image[:, ::-1], image[:, ::-1].copy()),
    }
    given, plain = kinds[dtype]
    assert np.array_equal(sketcher.draw(given), sketcher.draw(plain))


NO_PICTURES = [np.zeros((0, 4, 3)), np.zeros(5), np.zeros((4, 4, 2)), np.full((4, 4), 2.0), np.zeros((4, 4), int)]


@pytest.mark.parametrize("array", NO_PICTURES)
def test_arrays_that_are_no_pictures(sketcher, array):
    with pytest.raises(ValueError, match="image array"):
        sketcher.draw(array)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (15, 15), (17, 3), (16, 16), (33, 47), (5, 400)])
def test_every_size_comes_back(sketcher, checkpoint, size):
    with one_thread():
        full = Sketcher(checkpoint, device="cpu", size="full")
    for draws in (sketcher, full):
        assert draws.draw(scene(*size)).shape == size
        assert draws.draw(scene(*size), colour=True).shape == (*size, 3)


def test_working_size():
    assert working_shape(3000, 4000, 1024) == (768, 1024)
    assert working_shape(4000, 3000, 1024) == (1024, 768)
    assert working_shape(300, 400, 1024) == (768, 1024)  # small photos are enlarged, for the same line width
    assert working_shape(30, 40, 1024) == (120, 160)  # but not without limit
    assert working_shape(3000, 4000, "full") == (3000, 4000)
    assert working_shape(1, 40000, 1024) == (1, 1024)


def test_line_width_does_not_depend_on_the_resolution(sketcher):
    """The drawing of an enlarged photo is the enlarged drawing, up to what enlarging the photo blurs."""
    small = np.array(Image.fromarray(scene(32, 32)).resize((256, 256), Image.Resampling.BICUBIC))
    large = np.array(Image.fromarray(small).resize((512, 512), Image.Resampling.BICUBIC))
    expected = Image.fromarray(sketcher.draw(small, line_width=2.0)).resize((512, 512), Image.Resampling.BICUBIC)
    assert np.abs(sketcher.draw(large, line_width=2.0).astype(int) - expected).mean() < 3


def test_styles(sketcher):
    image = scene()
    plain = sketcher.draw(image)
    assert np.array_equal(sketcher.draw(image, invert=True), 255 - plain)
    cut = sketcher.draw(image, transparent=True)
    assert cut.shape == (48, 64, 4) and (cut[..., :3] == 0).all() and np.array_equal(cut[..., 3], 255 - plain)
    assert (sketcher.draw(image, transparent=True, invert=True)[..., :3] == 255).all()
    side = sketcher.draw(image, beside=True)
    assert np.array_equal(side[:, :64], image) and np.array_equal(side[:, -64:, 0], plain)
    assert sketcher.draw(image, ink=2.0).mean() < plain.mean() < sketcher.draw(image, ink=0.5).mean()
    assert sketcher.draw(image, line_width=3.0).mean() < plain.mean()
    coloured = sketcher.draw(image, colour=True)
    assert coloured.shape == (48, 64, 3) and np.ptp(coloured.astype(int), axis=2).max() > 10


@pytest.mark.parametrize(
    "style",
    [{"detail": 1.5}, {"candidate": 0}, {"candidate": 6}, {"line_width": 0}, {"ink": 99}, {"detail": float("nan")}]
    + [{"colour": True, "transparent": True}, {"beside": True, "transparent": True}, {"colour": True, "invert": True}],
)
def test_impossible_styles_are_refused(sketcher, style):
    with pytest.raises(ValueError, match="must be|cannot be had together"):
        sketcher.draw(scene(), **style)


def test_all_maps_agree_with_single_drawings(sketcher):
    working = sketcher.prepare(scene(40, 70))
    maps = sketcher.maps([working, working], 0.3)[1]
    assert len(maps.drawings) == 6 and np.abs(maps.confidences.sum(0) - 1).max() < 1e-5
    for candidate in (None, 1, 2, 3, 4, 5):
        expected = sketcher.sketches([working], 0.3, candidate)[0].astype(int)
        assert np.abs(maps.drawings[candidate].astype(int) - expected).max() <= 1


def test_maps_of_large_photos_are_made_one_by_one(sketcher, monkeypatch):
    working = sketcher.prepare(scene(48, 64))
    expected = sketcher.maps([working])[0]
    monkeypatch.setattr("utils.sketcher.LARGE", 1000)
    monkeypatch.setattr("utils.sketcher.WORKING_SIZE", 32)
    maps = sketcher.maps([working])[0]
    assert maps.confidences.shape == (5, 24, 32)
    for candidate in (None, 1, 5):
        assert np.abs(maps.drawings[candidate].astype(int) - expected.drawings[candidate]).max() <= 1


def test_bad_files_raise_a_reason(sketcher, tmp_path):
    (tmp_path / "x.jpg").write_text("no picture")
    with pytest.raises(PictureError, match="x.jpg: not a picture"):
        sketcher.draw(tmp_path / "x.jpg")


def test_missing_weights_are_an_error(tmp_path):
    with pytest.raises(CheckpointError, match="not found"):
        Sketcher(tmp_path / "none.pth")


def test_weights_of_the_other_direction_are_refused(checkpoint):
    with pytest.raises(CheckpointError, match="Name the other file"):
        Sketcher(checkpoint, direction="sketch2photo")


def test_weights_of_another_architecture_are_refused(tmp_path):
    path = tmp_path / "three.pth"
    save_generator(Photo2Sketch(dataclasses.replace(TINY, candidates=3)), path, 0)
    with pytest.raises(CheckpointError, match="draws 3 candidates"):
        Sketcher(path, device="cpu")


def test_drawings_back_to_photos(tmp_path):
    with one_thread():
        reverse = Sketcher(reverse_weights(tmp_path), device="cpu", size=64, direction="sketch2photo")
    drawing = scene(40, 56)[..., 0]
    photo = reverse.draw(drawing)
    assert photo.shape == (40, 56) and photo.dtype == np.uint8
    prepared = reverse.prepare(np.repeat(drawing[..., None], 3, 2))
    network = load_network(Sketch2Photo, reverse_weights(tmp_path))
    with torch.no_grad():
        expected = network(torch.from_numpy(prepared.pixels[None, None, ..., 0] / np.float32(255)))[0, 0] * 255
    found = reverse.sketches([prepared])[0]
    assert np.abs(found - expected.numpy()).max() < 0.6 and found.std() > 0


def test_options_that_do_not_exist(checkpoint):
    for wrong in ({"direction": "up"}, {"size": 4}, {"size": "half"}, {"size": 100.5}):
        with pytest.raises(ValueError, match="direction|size"):
            Sketcher(checkpoint, **wrong)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_and_cpu_agree(checkpoint, sketcher):
    gpu = Sketcher(checkpoint, device="cuda", precision="float32", size=64)
    assert np.abs(gpu.draw(scene()).astype(int) - sketcher.draw(scene())).max() <= 1


def test_what_is_for_drawings_is_refused_where_photos_are_made(tmp_path):
    with one_thread():
        reverse = Sketcher(reverse_weights(tmp_path), device="cpu", size=64, direction="sketch2photo")
        plain = reverse.draw(scene())
        for wrong in ({"candidate": 1}, {"detail": 1.0}, {"fur": 1.0}, {"shade": 0.5}, {"background": 0.0}, {"crisp": 2.0}, {"line_width": 3.0}):
            with pytest.raises(ValueError, match=f"{next(iter(wrong))} is for drawings"):
                reverse.draw(scene(), **wrong)
        assert np.array_equal(reverse.draw(scene(), crisp=0.0, candidate=None), plain)
        assert reverse.draw(scene(), beside=True).shape[1] > plain.shape[1]
        with pytest.raises(TypeError, match="colours"):
            reverse.draw(scene(), colours=True)
