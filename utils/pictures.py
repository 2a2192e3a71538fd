"""Reading picture files that nobody has checked: a clean 8-bit sRGB array, or a PictureError with the reason."""
import contextlib
import os
import stat
import threading

from PIL import Image

from utils.defaults import MAX_MEGAPIXELS
from utils.picture_modes import to_rgb

try:
    from pillow_heif import register_heif_opener
except ImportError:
    HEIF_FORMATS = ()
else:
    register_heif_opener()
    HEIF_FORMATS = ("HEIF",)

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", *HEIF_FORMATS)  # of Pillow; what a file is, its content decides
HEIF_EXTENSIONS = (".heic", ".heif")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", *HEIF_EXTENSIONS)
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

# Pillow's own limit against decompression bombs is a global and lower than ours; it is lifted where Pillow asks for it.
_pillow_limit = threading.Lock()


class PictureError(Exception):
    """A file that cannot be read as a picture. `reason` says why, in words for the one who named the file."""

    def __init__(self, path, reason):
        super().__init__(f"{os.fspath(path)}: {reason}")
        self.path, self.reason = path, reason


@contextlib.contextmanager
def _regular_file(path):
    """The open file, never waiting on a pipe or a device. PictureError unless it is a file with content."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags)
    except FileNotFoundError:
        reason = "a link to a file that does not exist" if os.path.islink(path) else "no such file"
        raise PictureError(path, reason) from None
    except (OSError, ValueError) as error:
        raise PictureError(path, f"cannot be opened ({getattr(error, 'strerror', None) or error})") from None
    status = os.fstat(number)
    reason = None
    if not stat.S_ISREG(status.st_mode):
        reason = "a folder, not a picture" if stat.S_ISDIR(status.st_mode) else "not a regular file"
    elif not status.st_size:
        reason = "the file is empty"
    if reason:
        os.close(number)
        raise PictureError(path, reason)
    with open(number, "rb") as file:
        yield file


@contextlib.contextmanager
def _without_pillows_limit():
    with _pillow_limit:
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _open(path, file, max_megapixels):
    """The picture with its header read and nothing decoded, within the limit of size."""
    start = file.read(12)
    file.seek(0)
    if not HEIF_FORMATS and start[4:8] == b"ftyp" and start[8:12] in HEIF_BRANDS:
        raise PictureError(path, "HEIC pictures need one more package: pip install pillow-heif")
    try:
        with _without_pillows_limit():
            image = Image.open(file, formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise PictureError(path, "not a picture of a known kind (JPEG, PNG, WebP, BMP, TIFF, GIF, HEIC)") from None
    width, height = image.size
    if width < 1 or height < 1:
        raise PictureError(path, "the picture has no pixels")
    if width * height > max_megapixels * 1e6:
        size = f"{width} x {height} pixels ({width * height / 1e6:.0f} megapixels)"
        limit = f"{max_megapixels:g} megapixels (--max-megapixels raises it)"
        raise PictureError(path, f"{size} are above the limit of {limit}")
    return image


@contextlib.contextmanager
def _refusing(path):
    """Turns whatever a decoder raises into a PictureError.

    Decoders meet damaged files with exceptions of many kinds (OSError, SyntaxError, struct.error, ValueError, KeyError,
    OverflowError, ZeroDivisionError, ...), hence the broad clause.
    """
    try:
        yield
    except PictureError:
        raise
    except MemoryError:
        raise PictureError(path, "not enough memory to decode it") from None
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise PictureError(path, f"damaged or incomplete ({reason})") from None


def probe(path, max_megapixels=MAX_MEGAPIXELS):
    """(width, height) as stored, from the header alone. PictureError as in read_picture."""
    with _refusing(path), _regular_file(path) as file, _open(path, file, max_megapixels) as image:
        return image.size


def read_picture(path, max_megapixels=MAX_MEGAPIXELS):
    """The picture in a file as uint8 sRGB (H, W, 3).

    The content decides on the format, not the name; of several frames the first counts. EXIF orientation is applied,
    colour profiles are converted, transparent areas become white paper. PictureError for anything that is no complete
    picture or has more than `max_megapixels` million pixels.
    """
    with _refusing(path), _regular_file(path) as file, _open(path, file, max_megapixels) as image:
        if image.format == "TIFF":  # of which Pillow asks once more before it decodes
            with _without_pillows_limit():
                image.load_prepare()
        return to_rgb(image)
