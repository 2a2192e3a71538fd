"""Reading: what is no picture is refused, at once and with a reason."""
import os
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.tool_kit import QUADRANTS, store
from utils import pictures
from utils.pictures import PictureError, probe, read_picture


def refusal(path, **options):
    with pytest.raises(PictureError) as caught:
        read_picture(path, **options)
    assert str(path) in str(caught.value)
    return caught.value.reason


def test_heic_without_its_package_names_the_install_line(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "HEIF_FORMATS", ())
    path = tmp_path / "phone.HEIC"
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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("format", ["PNG", "TIFF", "LZW", "WEBP", "BMP"])
def test_pictures_above_pillows_limit_are_decoded(tmp_path, monkeypatch, format):
    options = {"format": "TIFF", "compression": "tiff_lzw"} if format == "LZW" else {"format": format}
    path = store(tmp_path / "x", QUADRANTS, **options, **({"lossless": True} if format == "WEBP" else {}))
    for limit in (QUADRANTS.size // 3 - 1, 10):  # a warning, and an error
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        assert np.array_equal(read_picture(path), QUADRANTS)
    assert "above the limit" in refusal(path, max_megapixels=1e-4)
