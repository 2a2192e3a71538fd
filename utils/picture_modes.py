"""From every mode that Pillow decodes to 8-bit sRGB."""
import functools
import io

import numpy as np
from PIL import ExifTags, Image, ImageCms

TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
PAPER = 255
SRGB = 1  # of 255: sRGB profiles of all makers differ by no more
PLAIN = ("L", "RGB", "CMYK")  # the modes that colour profiles are applied to


def orientation_of(image):
    """The EXIF orientation, 1 to 8. Damaged EXIF data count as upright: the picture itself may be sound."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # the parser raises many kinds
        return 1


def deep_to_gray(image):
    """Modes of more than 8 bits (16-bit, 32-bit integer, float) -> mode L.

    16-bit values span 0 to 65535. Integers and floats have no fixed range: it is taken as the smallest of 0..1
    (floats), 0..255, 0..65535 that holds all values, else as the range of the values themselves.
    """
    values = np.asarray(image)
    if values.dtype == np.uint16:
        return Image.fromarray((values >> 8).astype(np.uint8))
    values = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    low, high = float(values.min()), float(values.max())
    tops = (1, 255, 65535) if image.mode == "F" else (255, 65535)
    fitting = [top for top in tops if low >= 0 and high <= top]
    low, high = (0, fitting[0]) if fitting else (low, high)
    return Image.fromarray(np.uint8(np.rint((values - low) * (255 / max(high - low, 1e-6)))))


def to_srgb(image, data):
    """An image of a PLAIN mode in the colours of an ICC profile, its bytes -> RGB in sRGB."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    return ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")


@functools.lru_cache(maxsize=16)
def is_srgb(data, mode):
    """Whether a profile leaves the colours of a mode nearly as they are; what it is called tells nothing: linear ones have the same name."""
    if mode == "CMYK":
        return False
    levels = np.arange(0, 256, 15, np.uint8)
    colours = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3) if mode == "RGB" else levels[None]
    colours = Image.fromarray(colours)
    moved = np.int16(to_srgb(colours, data)) - np.int16(colours.convert("RGB"))
    return bool(np.abs(moved).max() <= SRGB)


def apply_profile(image, data):
    """to_srgb() where there is a profile that changes something. A damaged one is ignored."""
    if data:
        try:
            if not is_srgb(data, image.mode):
                return to_srgb(image, data)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass
    return image.convert("RGB")


def lab_to_rgb(image):
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")


def has_alpha(image):
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def plain(image):
    """An image of any mode -> (image of a PLAIN mode, alpha as mode L or None)."""
    if image.mode == "F" or image.mode.startswith("I"):
        return deep_to_gray(image), None
    if has_alpha(image):
        image = image.convert("LA" if image.mode in ("LA", "La") else "RGBA")
        alpha = image.getchannel("A")
        opaque = alpha.getextrema()[0] == 255
        return image.getchannel("L") if image.mode == "LA" else image.convert("RGB"), None if opaque else alpha
    if image.mode == "LAB":
        return lab_to_rgb(image), None
    if image.mode == "1":
        return image.convert("L"), None
    return image if image.mode in PLAIN else image.convert("RGB"), None


def to_rgb(image):
    """Any Pillow image -> uint8 (H, W, 3) sRGB, upright, transparent areas white. Decodes the first frame."""
    image.load()
    orientation = orientation_of(image)
    profile = image.info.get("icc_profile")
    image, alpha = plain(image)
    image = apply_profile(image, profile)
    if alpha is not None:
        image = Image.composite(image, Image.new("RGB", image.size, (PAPER,) * 3), alpha)
    if orientation in TRANSPOSE:
        image = image.transpose(TRANSPOSE[orientation])
    return np.array(image)  # a copy: what Pillow lends cannot be written to
