"""Pictures as bytes of a file format."""
import io

import cv2
from PIL import Image

FORMATS = {  # extension -> how Pillow saves it; PNG is left to OpenCV, which takes a third of the time for as many bytes
    "png": None,
    "jpg": {"format": "JPEG", "quality": 92, "subsampling": 0},
    "webp": {"format": "WEBP", "quality": 90, "method": 3},
    "tiff": {"format": "TIFF", "compression": "tiff_deflate"},
}
OPAQUE = ("jpg",)  # formats without transparency
LONGEST = {"jpg": 65500, "webp": 16383}  # pixels along a side that the format can hold


class EncodeError(Exception):
    """A drawing that the chosen format cannot hold. The message is the reason."""


def encode(image, extension):
    """uint8 (H, W), (H, W, 3) or (H, W, 4) -> the bytes of a picture file, or EncodeError."""
    limit = LONGEST.get(extension)
    if limit and max(image.shape[:2]) > limit:
        size = f"{image.shape[1]} x {image.shape[0]} pixels"
        raise EncodeError(f"{size} are more than {extension} can hold ({limit} a side): use --format png or tiff")
    if FORMATS[extension] is None:
        order = {1: None, 3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}[image.shape[2] if image.ndim == 3 else 1]
        written, content = cv2.imencode(f".{extension}", image if order is None else cv2.cvtColor(image, order))
        if not written:
            raise EncodeError(f"{image.shape[1]} x {image.shape[0]} pixels could not be written as {extension}: use --format tiff")
        return content.tobytes()
    content = io.BytesIO()
    Image.fromarray(image).save(content, **FORMATS[extension])
    return content.getvalue()
