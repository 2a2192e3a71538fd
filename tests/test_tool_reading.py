"""Reading: every kind of picture comes out right."""
import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.tool_kit import QUADRANTS, store
from utils import pictures
from utils.pictures import probe, read_picture


@pytest.mark.parametrize("extension", ["png", "PNG", "webp", "bmp", "BMP", "tif", "TIFF", "gif"])
def test_lossless_formats_come_back_exactly(tmp_path, extension):
    path = tmp_path / f"name with spaces, ümläut.v1.2.{extension}"
    store(path, QUADRANTS, **({"lossless": True} if extension == "webp" else {}))
    assert np.array_equal(read_picture(path), QUADRANTS)
    assert probe(path) == (24, 16)


@pytest.mark.parametrize("extension", ["jpg", "JPEG"])
def test_jpeg_is_read_within_its_loss(tmp_path, extension):
    path = store(tmp_path / f"photo.{extension}", QUADRANTS, quality=95, subsampling=0)
    assert np.abs(read_picture(path).astype(int) - QUADRANTS).mean() < 4


def test_the_first_frame_of_an_animation_counts(tmp_path):
    frames = [Image.fromarray(QUADRANTS), Image.fromarray(255 - QUADRANTS)]
    for extension in ("gif", "png", "webp", "tiff"):
        path = tmp_path / f"moving.{extension}"
        more = {"lossless": True} if extension == "webp" else {}
        frames[0].save(path, save_all=True, append_images=frames[1:], **more)
        assert np.array_equal(read_picture(path), QUADRANTS), extension


def test_the_content_decides_not_the_extension(tmp_path):
    path = store(tmp_path / "really-a-png.jpg", QUADRANTS, format="PNG")
    assert np.array_equal(read_picture(path), QUADRANTS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_as_opencv_does(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = store(tmp_path / "turned.jpg", QUADRANTS, exif=exif, quality=100, subsampling=0)
    expected = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    found = read_picture(path)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 3


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    path = store(tmp_path / "x.jpg", QUADRANTS, exif=b"Exif\0\0II*\0\xff\xff\xff\xff\xff\xff")
    assert read_picture(path).shape == QUADRANTS.shape


def test_gray_and_two_colours(tmp_path):
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16)
    found = read_picture(store(tmp_path / "gray.png", gray))
    assert np.array_equal(found, np.repeat(gray[..., None], 3, 2))
    path = tmp_path / "two.png"
    Image.fromarray(gray).convert("1", dither=Image.Dither.NONE).save(path)
    assert np.array_equal(read_picture(path)[..., 0], np.where(gray > 127, 255, 0))


def test_palette(tmp_path):
    path = tmp_path / "palette.png"
    Image.fromarray(QUADRANTS).quantize(8).save(path)
    assert Image.open(path).mode == "P"
    assert np.abs(read_picture(path).astype(int) - QUADRANTS).max() <= 8


def test_pictures_with_several_views(tmp_path):
    path = tmp_path / "phone.jpg"
    second = Image.fromarray(255 - QUADRANTS)
    options = {"quality": 95, "subsampling": 0, "save_all": True, "append_images": [second]}
    store(path, QUADRANTS, format="MPO", **options)
    assert np.abs(read_picture(path).astype(int) - QUADRANTS).mean() < 4


def test_lab(tmp_path):
    path = tmp_path / "lab.tif"
    gray = np.uint8([[0, 128, 255]]).repeat(3, 0)
    Image.fromarray(np.dstack([gray, np.zeros((3, 3, 2), np.uint8)]), "LAB").save(path)
    found = read_picture(path)
    assert np.ptp(found.astype(int), axis=2).max() <= 6  # no colour
    assert (np.diff(found[0, :, 0].astype(int)) > 100).all()


def test_cmyk(tmp_path):
    path = tmp_path / "print.jpg"
    Image.fromarray(QUADRANTS).convert("CMYK").save(path, quality=100, subsampling=0)
    assert Image.open(path).mode == "CMYK"
    assert np.abs(read_picture(path).astype(int) - QUADRANTS).mean() < 6


@pytest.mark.parametrize("extension", ["png", "tiff"])
def test_sixteen_bits_keep_their_range(tmp_path, extension):
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    path = tmp_path / f"deep.{extension}"
    assert cv2.imwrite(str(path), ramp)
    assert np.abs(read_picture(path)[..., 0] - ramp / 257.0).max() <= 1


def test_sixteen_bits_in_colour(tmp_path):
    deep = QUADRANTS.astype(np.uint16) * 257
    path = tmp_path / "deep.png"
    cv2.imwrite(str(path), deep[..., ::-1])
    assert np.array_equal(read_picture(path), QUADRANTS)


def test_floats_and_whole_numbers_of_32_bits(tmp_path):
    ramp = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    for values in (ramp, ramp * 255, np.where(ramp == 0, np.nan, ramp * 255), np.int32(ramp * 65535)):
        path = tmp_path / "deep.tif"
        Image.fromarray(values.astype(np.int32 if values.dtype == np.int32 else np.float32)).save(path)
        assert np.abs(read_picture(path)[..., 0] - ramp * 255).max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "tRNS"])
def test_transparent_areas_become_paper(tmp_path, mode):
    alpha = np.full((16, 24), 255, np.uint8)
    alpha[:, :4] = 0
    picture = Image.fromarray(np.dstack([np.full((16, 24, 3), 40, np.uint8), alpha]))
    path = tmp_path / "cut-out.png"
    if mode == "P":
        palette = Image.fromarray(np.uint8(alpha // 255))
        palette.putpalette([0, 0, 0, 40, 40, 40])
        palette.save(path, transparency=0)
    elif mode == "tRNS":
        store(path, np.uint8(np.where(alpha[..., None] > 0, 40, 1).repeat(3, 2)), transparency=(1, 1, 1))
    else:
        picture.convert(mode).save(path)
    found = read_picture(path)
    assert (found[:, :4] == 255).all() and (found[:, 4:] == 40).all()


def test_half_transparent_is_half_paper(tmp_path):
    veil = np.zeros((8, 8, 4), np.uint8)
    veil[..., 3] = 128
    path = store(tmp_path / "veil.webp", veil, lossless=True)
    assert np.abs(read_picture(path).astype(int) - 127).max() <= 1


def wide_gamut_profile():
    """A matrix profile with swapped red and green primaries, from sRGB's own bytes: easy to see in the result."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"rXYZ", b"tmp!").replace(b"gXYZ", b"rXYZ").replace(b"tmp!", b"gXYZ")
    return data.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))


@pytest.mark.parametrize("extension", ["png", "jpg", "webp", "tiff"])
def test_colour_profiles_are_converted(tmp_path, extension):
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 255
    path = store(tmp_path / f"profiled.{extension}", red, icc_profile=wide_gamut_profile(), quality=95)
    found = read_picture(path).reshape(-1, 3).mean(0)
    assert found[1] > 240 and found[0] < 15, found


def test_a_linear_profile_is_converted_whatever_it_is_called(tmp_path):
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    gray = store(tmp_path / "x.png", np.full((4, 4, 3), 55, np.uint8), icc_profile=bytes(data))
    assert (read_picture(gray) == 55).all()
    place = data.index(b"para")  # the curve, which all three channels share: its kind and numbers, of 16 + 16 bits
    data[place + 8 : place + 12], data[place + 12 : place + 16] = struct.pack(">HH", 0, 0), struct.pack(">i", 1 << 16)
    assert "srgb" in ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(data))).lower()
    store(gray, np.full((4, 4, 3), 55, np.uint8), icc_profile=bytes(data))
    expected = 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    assert np.abs(read_picture(gray) - expected).max() <= 1.5


def test_a_damaged_profile_is_ignored(tmp_path):
    path = store(tmp_path / "x.png", QUADRANTS, icc_profile=b"not a profile")
    assert np.array_equal(read_picture(path), QUADRANTS)


@pytest.mark.skipif(not pictures.HEIF_FORMATS, reason="needs pillow-heif")
def test_heic_is_read(tmp_path):
    path = store(tmp_path / "phone.HEIC", QUADRANTS, format="HEIF", quality=100)
    assert np.abs(read_picture(path).astype(int) - QUADRANTS).mean() < 12
