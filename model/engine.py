"""Drawing photos with a trained network: the one entry point of inference."""
import threading
import warnings

import torch

from utils.memory import keep_freed_memory

from .fold import fold
from .fused_head import FusedHead
from .generator import pad_to_multiple
from .head import Drawing
from .pixel_stage import as_input
from .precision import choose_dtype, set_precision
from .tiles import Box, TiledPass

# By norm: the pixels up to which a photo is drawn whole, and the side of the tiles of larger ones, unless asked otherwise.
# About 1.3 GB with the fast preset, in a process that has drawn other sizes before. With the paper's 5 GB, because each of its
# instance norms costs a pass over all tiles.
LIMITS = {"batch": (2176 * 2176, 1024), "instance": (1024 * 1024, 512)}  # four photos of 1024 x 1024: two in each of two lanes


class Engine:
    """Runs a Photo2Sketch on one device.

    network: Photo2Sketch; a folded copy of it is made. device: torch device. precision: "auto" (bfloat16 where it is
    clearly faster, tried once), "float32" or "bfloat16". On a CPU with glibc the process keeps freed memory from then
    on. Calls from several threads take turns.
    """

    def __init__(self, network, device="cpu", precision="auto"):
        self.device = torch.device(device)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.dtype = choose_dtype(precision, self.device)
        self.network = self._ready(network, self.dtype)
        self.exact = self.network if self.dtype == torch.float32 else self._ready(network, torch.float32)
        self.turn = threading.Lock()

    def _ready(self, network, dtype):
        """The network folded and fused, on the device, in a precision."""
        folded = fold(network).to(self.device)
        folded.head = FusedHead(network.head).to(self.device)
        return set_precision(folded, dtype)

    def at_once(self, height, width):
        """How many photos of a shape can be drawn together in the memory that one photo may take, at least 1."""
        return max(1, LIMITS[self.network.arch.norm][0] // (height * width))

    def tile_of(self, height, width):
        """Side of the tiles in which a photo of a shape is drawn, unless asked otherwise: its long side where it is drawn whole."""
        pixels, side = LIMITS[self.network.arch.norm]
        return side if height * width > pixels else max(height, width)

    @torch.inference_mode()
    def draw(self, photos, detail=0.0, tile=None, progress=None):
        """All maps: photos (B, 3, H, W), RGB, uint8 or float32 in [0, 1], on any device -> Drawing of float32 CPU tensors.

        detail: -1 sparse to 1 dense. tile: side of the tiles in pixels; None chooses by LIMITS. progress: called as
        progress(done, total) after each tile, at the end with done = total. ValueError for other shapes and for sides
        under 16 pixels. The maps take 44 bytes per pixel: sketch() is for photos for which that is too much, and for
        speed.
        """
        with self.turn:
            self.network.check(photos)
            batch, _, height, width = photos.shape
            count = self.network.arch.candidates
            drawing = Drawing(*(torch.empty(batch, maps, height, width) for maps in (count, count, 1)))
            for place, part, features, origin in self._parts(self.network, photos, tile, progress):
                for whole, maps in zip(drawing, self.network.head(features, detail, origin)):
                    whole[place] = maps[part]
            return drawing

    @torch.inference_mode()
    def sketch(self, photos, detail=0.0, candidate=None, tile=None, progress=None):
        """One drawing alone, fast and for any size: uint8 RGB (H, W, 3) or (B, H, W, 3) -> uint8 (H, W) or (B, H, W).

        photos: a torch tensor or NumPy array. candidate: index from 0 (sparsest) to T - 1, None = the blend. The result
        is a CPU tensor, 255 = paper. detail, tile, progress and errors as in draw(). With the fast preset a photo of any
        size needs about 22 bytes per pixel beside the photo itself, or 1.3 GB if that is more.
        """
        batch, single = as_batch(photos)
        sketch = self.sketches(batch, detail, (candidate,), tile, progress)[0]
        return sketch[0] if single else sketch

    @torch.inference_mode()
    def sketches(self, photos, detail=0.0, candidates=(None,), tile=None, progress=None, paper=255, exact=False):
        """Some drawings in one pass: N candidates, as in sketch(), of uint8 photos (B, H, W, 3) -> uint8 (N, B, H, W).

        paper: the value of paper; from 256 to 32767 the result is uint16. exact: in float32 whatever the precision, for a drawing
        from which something else is computed that would steepen differences.
        """
        for candidate in candidates:
            if candidate is not None and candidate not in range(self.network.arch.candidates):
                raise ValueError(f"candidate must be from 0 to {self.network.arch.candidates - 1}, got {candidate}")
        planes, network = as_batch(photos)[0].permute(0, 3, 1, 2), self.exact if exact else self.network
        with self.turn:
            network.check(planes)
            drawn = blank((len(candidates), len(planes), *planes.shape[2:]), paper)
            for place, part, features, origin in self._parts(network, planes, tile, progress):
                for whole, sketch in zip(drawn, network.head.sketches(features, detail, origin, candidates)):
                    whole[place] = counted(sketch[part][:, 0], paper)
        return drawn

    def _parts(self, network, photos, tile, progress):
        """Yields (slices of the drawing, slices of the head's output, features, origin), whole or for each tile."""
        height, width = photos.shape[-2:]
        tile = tile or self.tile_of(height, width)
        stride = network.arch.stride
        size = tuple(-(-side // stride) * stride for side in (height, width))
        whole = Box(0, 0, height, width)
        if tile >= max(height, width):
            yield whole.within(whole), whole.within(whole), network.features(self._load(network, photos, whole)), (0, 0)
            if progress:
                progress(1, 1)
            return
        tiles = TiledPass(network, lambda box: self._load(network, photos, box), size, tile, progress)
        for inner, outer, features in tiles.features():
            inner = Box(inner.top, inner.left, min(inner.bottom, height), min(inner.right, width))
            yield inner.within(whole), inner.within(outer), features, (outer.top, outer.left)

    def _load(self, network, photos, box):
        """A part of the photos as a network wants it, padded by reflection where it leaves the photo."""
        part = photos[box.within(Box(0, 0, *photos.shape[-2:]))].to(self.device)
        part = as_input(part, network.encoder.stages[0]) if part.dtype == torch.uint8 else part.float()
        part = pad_to_multiple(part, network.arch.stride)
        return part.contiguous(memory_format=torch.channels_last)


def blank(shape, paper):
    """A tensor for whole numbers up to `paper`, at most 32767: uint8 where that suffices, else uint16."""
    return torch.empty(shape, dtype=torch.uint8 if paper < 256 else torch.uint16)


def counted(values, paper):
    """Floats in [0, 1] -> whole numbers up to `paper` on the CPU: uint8, or int16, for not every device knows uint16."""
    return values.mul(paper).round_().to(torch.uint8 if paper < 256 else torch.int16).cpu()


def as_batch(photos):
    """uint8 (H, W, 3) or (B, H, W, 3) -> (tensor (B, H, W, 3), whether it was one photo). ValueError for others.

    The tensor shares the memory of a NumPy array. It is only read, so that a read-only array will do.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        photos = torch.as_tensor(photos)
    if photos.ndim not in (3, 4) or photos.shape[-1] != 3 or photos.dtype != torch.uint8:
        raise ValueError(f"expected uint8 photos (H, W, 3) or (B, H, W, 3), got {photos.dtype} {tuple(photos.shape)}")
    return (photos, False) if photos.ndim == 4 else (photos[None], True)
