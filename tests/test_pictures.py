"""Picture files of every kind: which are refused, how the others are decoded, at full size and smaller."""
import os
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from data.dataset import SketchDataset
from data.header import Header, read_header
from data.photos import Photos
from data.pictures import find_pictures, read_gray, read_rgb, usable, why_unusable
from tests.dataset_kit import picture, private_cache  # noqa: F401

ORIENTATION = 0x0112


def ramp(mode, width=80):
    """A horizontal ramp of greys 0, 3, 6, … as a PIL image of `mode`."""
    grey = np.tile(np.arange(0, 3 * width, 3, np.uint8), (70, 1))
    return Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(grey).convert(mode)


KINDS = [("L", "png"), ("LA", "png"), ("P", "png"), ("I;16", "png"), ("1", "png"), ("RGBA", "png"), ("L", "jpg"), ("CMYK", "jpg")]


@pytest.mark.parametrize("mode, kind", KINDS)
def test_every_picture_mode_reads_as_rgb(tmp_path, mode, kind):
    path = tmp_path / f"a.{kind}"
    ramp(mode).save(path, **({"quality": 95} if kind == "jpg" else {}))
    assert why_unusable(str(path)) == ""
    rgb = read_rgb(str(path))
    assert rgb.shape == (70, 80, 3) and rgb.dtype == np.uint8
    small = read_rgb(str(path), factor=4)
    assert small.shape == (18, 20, 3)
    if mode not in ("1", "P"):
        assert np.abs(rgb[5, :, 1].astype(int) - np.arange(0, 240, 3)).max() <= 6
        assert np.abs(small[5, :, 1].astype(int) - np.arange(4.5, 240, 12)).max() <= 6


@pytest.mark.parametrize("kind", ["jpg", "png"])
@pytest.mark.parametrize("factor, shape", [(1, (801, 1000)), (2, (401, 500)), (4, (201, 250)), (8, (101, 125))])
def test_smaller_decoding_keeps_the_picture(tmp_path, kind, factor, shape):
    path = str(tmp_path / f"big.{kind}")
    picture(tmp_path / f"big.{kind}", size=(1000, 801))
    found = read_rgb(path, factor)
    assert found.shape == (*shape, 3) == (*read_header(path).upright_shape(factor), 3)
    expected = cv2.resize(read_rgb(path), shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(expected.astype(int) - found).mean() < 3


def test_the_factor_leaves_the_short_side_long_enough():
    sides = {479: 1, 480: 1, 640: 1, 959: 1, 960: 2, 1919: 2, 1920: 4, 3840: 8, 20000: 8}
    assert {side: Header(2 * side, side, 1).factor(480) for side in sides} == sides
    assert Header(960, 3000, 6).factor(480) == 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("factor", [1, 2])
def test_points_turn_with_the_picture(tmp_path, orientation, factor):
    stored = np.zeros((200, 300, 3), np.uint8)
    stored[30:50, 220:260] = 255
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(stored).save(tmp_path / "a.jpg", exif=exif, quality=95)
    rgb, header = read_rgb(str(tmp_path / "a.jpg"), factor), read_header(str(tmp_path / "a.jpg"))
    assert rgb.shape[:2] == header.upright_shape(factor)
    y, x = np.nonzero(rgb[..., 0] > 128)
    assert header.upright([[240, 40]], factor)[0] == pytest.approx([x.mean() + 0.5, y.mean() + 0.5], abs=0.6)


@pytest.mark.parametrize(
    "kind, reason", [("jpg", "truncated"), ("png", "truncated"), ("bmp", "truncated"), ("tif", "unreadable"), ("webp", "unreadable")]
)
def test_files_that_were_cut_off_are_refused_and_counted(tmp_path, kind, reason):
    picture(tmp_path / f"whole.{kind}", size=(200, 150))
    content = (tmp_path / f"whole.{kind}").read_bytes()
    for name, length in (("half", len(content) // 2), ("almost", len(content) - 40)):
        (tmp_path / f"{name}.{kind}").write_bytes(content[:length])
    kept, reasons = usable(str(tmp_path), find_pictures(str(tmp_path)))
    assert kept == [f"whole.{kind}"]
    assert reasons == {reason: 2}


def test_what_follows_a_picture_does_no_harm(tmp_path):
    picture(tmp_path / "a.jpg")
    with open(tmp_path / "a.jpg", "ab") as file:
        file.write(b"\0" * 100)  # cameras add such things
    assert why_unusable(str(tmp_path / "a.jpg")) == ""


def test_other_reasons(tmp_path):
    picture(tmp_path / "tiny.png", size=(63, 200))
    (tmp_path / "text.jpg").write_text("no picture")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere.jpg")
    reasons = [why_unusable(str(tmp_path / name)) for name in ("tiny.png", "text.jpg", "link.jpg")]
    assert reasons == ["smaller than 64 pixels", "unreadable", "missing"]
    assert usable(str(tmp_path), ["tiny.png", "text.jpg", "link.jpg"])[0] == []


def test_large_photos_are_read_smaller_with_their_edge_maps(tmp_path):
    picture(tmp_path / "in/big.jpg", size=(1203, 1000))
    map_ = np.zeros((1000, 1203), np.uint8)
    map_[402] = 200  # one pixel thick
    for folder in ("edge", "edge_fine"):
        (tmp_path / "in" / folder).mkdir()
        cv2.imwrite(str(tmp_path / "in" / folder / "big.png"), map_)
    photo = Photos(str(tmp_path / "in")).read(0, least=250)
    assert photo.rgb.shape == (250, 301, 3)
    assert np.allclose(photo.fine[100], 200 / 255) and np.count_nonzero(photo.fine) == 301
    assert np.array_equal(photo.semantic, photo.fine)
    cv2.imwrite(str(tmp_path / "in/edge/big.png"), map_[:, :900])  # not of this photo: the edges are computed
    photo = Photos(str(tmp_path / "in")).read(0, least=250)
    assert photo.semantic.shape == photo.fine.shape == (250, 301)
    assert not np.allclose(photo.fine[100], 200 / 255)


def test_large_photos_count_as_their_smaller_selves(tmp_path):
    picture(tmp_path / "big/a.jpg", size=(2400, 1920))
    (tmp_path / "small").mkdir()
    cv2.imwrite(str(tmp_path / "small/a.png"), read_rgb(str(tmp_path / "big/a.jpg"), 4)[..., ::-1])
    for split in ("train", "val"):
        big, small = (SketchDataset(str(tmp_path / name), split=split, size=64)[0] for name in ("big", "small"))
        assert all(np.array_equal(big[part], small[part]) for part in ("photo", "clean", "guidance"))


@pytest.mark.parametrize("size", [32, 128, 256, 512])
def test_cocos_photos_are_read_whole_and_the_largest_crop_always_fits(tmp_path, size):
    picture(tmp_path / "a.png")
    data = SketchDataset(str(tmp_path), size=size)
    assert Header(640, 480, 1).factor(data.least) == Header(640, 640, 1).factor(data.least) == 1
    assert data.least * data.scales[0] >= size


def test_a_folder_of_odd_files_gives_items(tmp_path):
    for number, (mode, kind) in enumerate(KINDS):
        ramp(mode).save(tmp_path / f"{number}.{kind}")
    picture(tmp_path / "cut.jpg", size=(200, 150))
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:-500])
    data = SketchDataset(str(tmp_path), size=64)
    items = [data[i] for i in range(len(data))]
    assert {item["name"] for item in items} == {f"{number}.{kind}" for number, (_, kind) in enumerate(KINDS)}
    assert all(item["photo"].shape == (3, 64, 64) and item["clean"].float().std() > 20 for item in items)
    assert data.describe().splitlines() == [f"8 photos in {tmp_path} (0 with edge maps, 0 with face maps, 0 with letter maps, 0 with foreground maps)", "skipped: 1 truncated"]


@pytest.mark.parametrize("factor", [1, 4])
def test_transparent_drawings_lie_on_white_paper(tmp_path, factor):
    ink = np.zeros((80, 96), np.uint8)
    ink[40:48] = 200
    Image.fromarray(np.dstack([0 * ink, 0 * ink, 0 * ink, ink])).save(tmp_path / "a.png")
    expected = cv2.resize(255 - ink, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    assert np.abs(read_rgb(str(tmp_path / "a.png"), factor).astype(int) - expected[..., None]).max() <= 1
    assert np.abs(read_gray(str(tmp_path / "a.png")) - (1 - ink / 255)).max() < 0.005


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_not_utf8_are_counted_and_passed_over(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    os.rename(tmp_path / "b.png", os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    photos = Photos(str(tmp_path))
    assert photos.names.tolist() == ["a.png"]
    assert photos.skipped == {"named in bytes that are not UTF-8": 1}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_tiffs_are_read_upright(tmp_path, orientation):
    stored = np.random.default_rng(0).integers(0, 256, (70, 90, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = str(tmp_path / "a.tif")
    Image.fromarray(stored).save(path, exif=exif)
    expected = {
        1: stored, 2: stored[:, ::-1], 3: stored[::-1, ::-1], 4: stored[::-1], 5: stored.swapaxes(0, 1), 6: np.rot90(stored, -1),
        7: stored[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(stored),
    }[orientation]  # fmt: skip
    assert why_unusable(path) == "" and read_header(path).upright_shape() == expected.shape[:2]
    assert np.array_equal(read_rgb(path), expected)
    assert np.abs(255 * read_gray(path) - expected @ (0.299, 0.587, 0.114)).max() <= 1


def test_a_damaged_block_of_exif_makes_no_picture_unusable(tmp_path):
    path = str(tmp_path / "a.png")
    Image.fromarray(np.zeros((70, 90, 3), np.uint8)).save(path, exif=b"Exif\0\0MM\0*\0\0")
    header = read_header(path)
    assert (header.width, header.height, header.orientation) == (90, 70, 1) and read_rgb(path).shape == (70, 90, 3)
