"""Making photos from drawings with a trained Sketch2Photo, behind the sketch() that Engine has for drawing."""
import threading

import torch

from utils.memory import keep_freed_memory

from .engine import Engine, as_batch
from .fold import fold
from .precision import choose_dtype, set_precision


class ReverseEngine(Engine):
    """Runs a Sketch2Photo on one device. Arguments as in Engine."""

    def __init__(self, network, device="cpu", precision="auto"):
        self.device = torch.device(device)
        if self.device.type == "cpu":
            keep_freed_memory()
        self.dtype = choose_dtype(precision, self.device)
        self.network = set_precision(fold(network).to(self.device), self.dtype)
        self.turn = threading.Lock()

    @torch.inference_mode()
    def sketch(self, photos, detail=0.0, candidate=None, tile=None, progress=None):
        """Drawings uint8 (H, W, 3) or (B, H, W, 3), whose channels are averaged -> luminance, a uint8 CPU tensor (H, W) or
        (B, H, W).

        tile, progress and errors as in Engine. The network knows neither detail nor candidates.
        """
        batch, single = as_batch(photos)
        ink = 1 - batch.float().mean(3).div_(255)[:, None]
        with self.turn:
            self.network.check(ink)
            luminances = torch.empty(ink.shape[0], *ink.shape[2:], dtype=torch.uint8)
            for place, part, features, _ in self._parts(ink, tile, progress):
                luminance = self.network.luminance(features.float())[part][:, 0]
                luminances[place] = luminance.mul(255).round_().to(torch.uint8)
        return luminances[0] if single else luminances

    def draw(self, *args, **options):
        """TypeError: a Sketch2Photo has one map, which sketch() gives."""
        raise TypeError("a Sketch2Photo has no candidates: call sketch(), which gives its luminance.")
