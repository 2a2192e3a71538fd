"""Mutated picture files: a clean refusal or a drawing, and nothing else."""
import io
import random

import numpy as np
import pytest
from PIL import Image

from tests.tool_kit import one_thread, weights
from utils.pictures import PictureError
from utils.sketcher import Sketcher

MUTATIONS = 2000
KINDS = {
    "jpeg": {"format": "JPEG"},
    "progressive": {"format": "JPEG", "progressive": True},
    "png": {"format": "PNG"},
    "webp": {"format": "WEBP"},
    "lossless": {"format": "WEBP", "lossless": True},
    "bmp": {"format": "BMP"},
    "tiff": {"format": "TIFF"},
    "lzw": {"format": "TIFF", "compression": "tiff_lzw"},
    "gif": {"format": "GIF"},
}


def originals():
    """Small valid files of every kind, with EXIF data and a colour profile where the format takes them."""
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels = np.random.RandomState(3).randint(0, 256, (20, 24, 3), np.uint8)
    for name, options in KINDS.items():
        content = io.BytesIO()
        more = {} if name in ("bmp", "gif", "lzw") else {"exif": exif, "icc_profile": profile}
        Image.fromarray(pixels).save(content, **options, **more)
        yield content.getvalue()


def mutate(content, chance):
    """One of: bytes replaced, bits turned, the end cut off, a piece repeated, removed or set to an extreme."""
    content = bytearray(content)
    start = chance.randrange(min(len(content), chance.choice((16, 64, 10**6))))  # headers more often than the rest
    length = chance.choice((1, 1, 2, 4, 8, 64))
    kind = chance.randrange(6)
    if kind == 0:
        content[start : start + length] = chance.randbytes(length)
    elif kind == 1:
        content[start] ^= 1 << chance.randrange(8)
    elif kind == 2:
        del content[start + 1 :]
    elif kind == 3:
        content[start:start] = content[start : start + length]
    elif kind == 4:
        del content[start : start + length]
    else:
        content[start : start + length] = bytes([chance.choice((0, 0x7F, 0x80, 0xFF))]) * length
    return bytes(content)


@pytest.fixture(scope="module")
def sketcher(tmp_path_factory):
    with one_thread():
        yield Sketcher(weights(tmp_path_factory.mktemp("weights")), device="cpu", size=32, max_megapixels=0.1)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_mutated_files_are_drawn_or_refused(sketcher, tmp_path):
    chance = random.Random(20210901)
    sources = list(originals())
    path = tmp_path / "mutated.jpg"
    outcomes = {"drawn": 0, "refused": 0}
    for _ in range(MUTATIONS):
        content = chance.choice(sources)
        for _ in range(chance.choice((1, 1, 2, 5))):
            content = mutate(content, chance) if content else content
        path.write_bytes(content)
        try:
            drawing = sketcher.draw(path)
        except PictureError as error:
            assert error.reason and "\n" not in error.reason
            outcomes["refused"] += 1
            continue
        assert drawing.mode == "L" and 0 < drawing.width * drawing.height <= 1e5
        outcomes["drawn"] += 1
    assert min(outcomes.values()) > MUTATIONS / 10, outcomes
