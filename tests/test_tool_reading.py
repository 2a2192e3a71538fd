"""Reading: every kind of picture comes out right, and what is no picture is refused with a reason."""
import os
import struct
import threading
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from utils import pictures
from utils.pictures import PictureError, probe, read_picture

QUADRANTS = np.zeros((16, 24, 3), np.uint8)  # red, green / blue, white
QUADRANTS[:8, :12, 0] = QUADRANTS[:8, 12:, 1] = QUADRANTS[8:, :12, 2] = 255
QUADRANTS[8:, 12:] = 255


def store(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


def refusal(path, **options):
    with pytest.raises(PictureError) as caught:
        read_picture(path, **options)
    assert str(path) in str(caught.value)
    return caught.value.reason


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


def test_a_damaged_profile_is_ignored(tmp_path):
    path = store(tmp_path / "x.png", QUADRANTS, icc_profile=b"not a profile")
    assert np.array_equal(read_picture(path), QUADRANTS)


def test_heic_is_read_or_the_package_named(tmp_path):
    path = tmp_path / "phone.HEIC"
    if pictures.HEIF_FORMATS:
        store(path, QUADRANTS, format="HEIF", quality=100)
        assert np.abs(read_picture(path).astype(int) - QUADRANTS).mean() < 12
    else:
        path.write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(12))
        assert "pip install pillow-heif" in refusal(path)


def test_truncated_pictures_are_refused(tmp_path):
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3), np.uint8)
    for extension in ("jpg", "png", "webp", "bmp", "tiff", "gif"):
        whole = store(tmp_path / f"whole.{extension}", noise).read_bytes()
        path = tmp_path / f"part.{extension}"
        path.write_bytes(whole[: len(whole) // 2])
        assert "damaged or incomplete" in refusal(path) or "known kind" in refusal(path)


def test_a_png_with_a_wrong_checksum_is_refused(tmp_path):
    content = bytearray(store(tmp_path / "x.png", QUADRANTS).read_bytes())
    content[content.index(b"IDAT") + 6] ^= 0xFF
    (tmp_path / "x.png").write_bytes(content)
    assert "damaged" in refusal(tmp_path / "x.png")


def test_empty_text_and_missing_files(tmp_path):
    (tmp_path / "empty.jpg").touch()
    assert refusal(tmp_path / "empty.jpg") == "the file is empty"
    (tmp_path / "letter.jpg").write_text("Dear Sir or Madam")
    assert "not a picture of a known kind" in refusal(tmp_path / "letter.jpg")
    assert refusal(tmp_path / "nothing.jpg") == "no such file"
    assert "cannot be opened" in refusal(tmp_path / "zero\0byte.jpg")


def test_programs_in_disguise_are_not_handed_to_an_interpreter(tmp_path):
    (tmp_path / "page.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n%%EOF\n")
    assert "not a picture of a known kind" in refusal(tmp_path / "page.jpg")


def test_folders_pipes_and_devices_are_refused_without_waiting(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    assert refusal(tmp_path / "folder.jpg") == "a folder, not a picture"
    os.mkfifo(tmp_path / "pipe.jpg")
    thread = threading.Thread(target=refusal, args=(tmp_path / "pipe.jpg",), daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()
    assert refusal("/dev/zero") == "not a regular file"


def test_links_that_lead_nowhere(tmp_path):
    (tmp_path / "dangling.jpg").symlink_to(tmp_path / "gone.jpg")
    assert refusal(tmp_path / "dangling.jpg") == "a link to a file that does not exist"
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert "symbolic links" in refusal(tmp_path / "loop.jpg")


def huge_png(width, height):
    """A PNG of a few dozen bytes that says it is very large."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_huge_headers_are_refused_before_decoding(tmp_path):
    path = tmp_path / "bomb.png"
    path.write_bytes(huge_png(50_000, 50_000))
    reason = refusal(path)
    assert "50000 x 50000" in reason and "2500 megapixels" in reason and "--max-megapixels" in reason
    with pytest.raises(PictureError, match="2500 megapixels"):
        probe(path)


def test_the_limit_can_be_moved_and_pillows_own_does_not_interfere(tmp_path):
    path = store(tmp_path / "x.png", QUADRANTS)
    assert "above the limit of 0.0003" in refusal(path, max_megapixels=0.0003)
    before = Image.MAX_IMAGE_PIXELS
    large = tmp_path / "large.png"
    large.write_bytes(huge_png(20_000, 20_000))
    assert probe(large, max_megapixels=500) == (20_000, 20_000)
    assert Image.MAX_IMAGE_PIXELS == before
