"""Drawing any picture in one call: `Sketcher().draw(image)`."""
import dataclasses

import numpy as np
import torch
from PIL import Image

from model import Photo2Sketch, Sketch2Photo
from model.engine import Engine
from model.generator import MIN_SIDE
from utils.defaults import CHECKPOINTS, MAX_MEGAPIXELS, WORKING_SIZE
from utils.devices import choose_device, is_out_of_memory
from utils.picture_modes import to_rgb
from utils.pictures import read_picture
from utils.reverse import ReverseEngine
from utils.style import Style, finish, resize

MAX_ENLARGEMENT = 4.0  # of small photos on their way to the working size
FULL_TILE = 1024  # side of the tiles at native resolution, pixels
SMALLER_TILES = (1024, 512, 256)  # tried one after the other when memory runs out


@dataclasses.dataclass(frozen=True)
class Working:
    """A photo at the size at which it is drawn."""

    pixels: np.ndarray  # uint8 (h', w', 3), sides of at least MIN_SIDE
    shape: tuple[int, int]  # (h, w) without the padding of small sides
    size: tuple[int, int]  # (H, W) of the photo itself


def working_shape(height, width, size):
    """(h, w): the photo's shape with its long side brought to `size` pixels, or its own for "full"."""
    if size == "full":
        return height, width
    scale = min(size / max(height, width), MAX_ENLARGEMENT)
    return max(1, round(height * scale)), max(1, round(width * scale))


class Sketcher:
    """A trained network, ready to draw.

    checkpoint: file of weights, None = the shipped one. device: "auto", "cpu", "cuda", "cuda:N" or "mps". precision:
    "auto", "float32" or "bfloat16". size: pixels of the long side at which photos are drawn, or "full" for their own; the
    drawing has the photo's size always. direction: "photo2sketch", or "sketch2photo" for luminance photos from drawings.
    say: called with a sentence when something had to give way, such as memory.

    CheckpointError without a sound checkpoint, DeviceError without the device.
    """

    def __init__(
        self,
        checkpoint=None,
        device="auto",
        precision="auto",
        size=WORKING_SIZE,
        direction="photo2sketch",
        max_megapixels=MAX_MEGAPIXELS,
        say=print,
    ):
        kind = {"photo2sketch": Photo2Sketch, "sketch2photo": Sketch2Photo}.get(direction)
        if kind is None:
            raise ValueError(f"direction must be photo2sketch or sketch2photo, got {direction!r}.")
        if size != "full" and not (isinstance(size, int) and size >= MIN_SIDE):
            raise ValueError(f"size must be 'full' or a number of pixels from {MIN_SIDE} up, got {size!r}.")
        self.device = choose_device(device)
        network = kind.from_checkpoint(checkpoint or CHECKPOINTS[direction])
        reverse = direction == "sketch2photo"
        self.engine = ReverseEngine(network, self.device) if reverse else Engine(network, self.device, precision)
        self.size, self.max_megapixels, self.say = size, max_megapixels, say
        self.tile = FULL_TILE if size == "full" else None

    def draw(self, image, **style):
        """The drawing of one picture, in its own size.

        image: a path, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4), uint8, uint16, bool, or float in [0, 1].
        style: fields of utils.style.Style, such as detail=0.5, candidate=3, line_width=1.5, colour=True. Returns a PIL
        image for a path or a PIL image, else a uint8 array. PictureError for a file that is no picture.
        """
        style = Style(**style)
        photo = self.read(image)
        maps = self.maps([self.prepare(photo)], style.detail)[0]
        drawing = finish(maps.pick(style.candidate), style, photo.shape[:2], photo)
        return drawing if isinstance(image, np.ndarray) else Image.fromarray(drawing)

    def read(self, image):
        """A path, PIL image or array -> uint8 RGB (H, W, 3)."""
        if isinstance(image, np.ndarray):
            return to_rgb(Image.fromarray(array_to_bytes(image)))
        if isinstance(image, Image.Image):
            return to_rgb(image)
        return read_picture(image, self.max_megapixels)

    def prepare(self, photo):
        """Photo uint8 (H, W, 3) -> Working."""
        size = photo.shape[:2]
        pixels = resize(photo, *working_shape(*size, self.size))
        shape = pixels.shape[:2]
        missing = [(0, max(0, MIN_SIDE - side)) for side in shape]
        if any(after for _, after in missing):
            pixels = np.pad(pixels, (*missing, (0, 0)), mode="edge")
        return Working(pixels, shape, size)

    def maps(self, batch, detail=0.0, progress=None):
        """Drawings of Workings of one shape -> a list of Maps. When memory runs out: one by one, then in smaller tiles.

        progress: called as progress(done, total) after each tile.
        """
        try:
            return self._maps(batch, detail, progress)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        self._release()
        if len(batch) > 1:
            return [self.maps([one], detail, progress)[0] for one in batch]
        long_side = max(batch[0].pixels.shape)
        for tile in SMALLER_TILES:
            if tile < min(self.tile or long_side, long_side):
                self.say(f"Out of memory on {self.device}: going on in tiles of {tile} pixels.")
                self.tile = tile
                return self.maps(batch, detail, progress)
        raise MemoryError(f"not enough memory on {self.device}, even in tiles of {SMALLER_TILES[-1]} pixels")

    def _maps(self, batch, detail, progress):
        photos = torch.from_numpy(np.stack([one.pixels for one in batch])).permute(0, 3, 1, 2).float().div_(255)
        drawing = self.engine.draw(photos, detail, self.tile, progress)
        return [
            Maps(*(part[index, :, : one.shape[0], : one.shape[1]].numpy() for part in drawing))
            for index, one in enumerate(batch)
        ]

    def _release(self):
        if self.device.type == "cuda":
            torch.cuda.empty_cache()


@dataclasses.dataclass(frozen=True)
class Maps:
    """What the network drew of one photo at the working size: float32 in [0, 1], 1 = paper."""

    candidates: np.ndarray  # (T, h, w), from sparse to dense
    confidences: np.ndarray  # (T, h, w), they sum to 1 over T
    sketch: np.ndarray  # (1, h, w), the blend

    def pick(self, candidate=None):
        """The blend, or candidate 1 to T: (h, w)."""
        return self.sketch[0] if candidate is None else self.candidates[candidate - 1]


def array_to_bytes(array):
    """bool, uint8, uint16 or float in [0, 1], (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) -> uint8 without an axis of 1."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or array.ndim == 3 and array.shape[2] not in (3, 4) or not array.size:
        raise ValueError(f"an image array is (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == bool:
        return np.uint8(array) * np.uint8(255)
    if array.dtype == np.uint16:
        return np.uint8(array >> 8)
    if np.issubdtype(array.dtype, np.floating):
        if not (np.isfinite(array).all() and array.min() >= 0 and array.max() <= 1):
            raise ValueError("an image array of floats needs values between 0 and 1")
        return np.uint8(np.rint(array * 255))
    raise ValueError(f"an image array is uint8, uint16, bool, or float between 0 and 1, got {array.dtype}")
