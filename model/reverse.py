"""Making photos from drawings with a trained Sketch2Photo, behind the methods that Engine has for drawing."""
import threading

import torch

from utils.memory import keep_freed_memory

from .engine import Engine, as_batch, blank, counted
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
    def sketches(self, photos, detail=0.0, candidates=(None,), tile=None, progress=None, paper=255):
        """Drawings uint8 (B, H, W, 3), whose channels are averaged -> luminance, a CPU tensor (1, B, H, W), `paper` = white.

        tile, progress, paper and errors as in Engine. The network knows neither detail nor candidates.
        """
        ink = 1 - as_batch(photos)[0].float().mean(3).div_(255)[:, None]
        with self.turn:
            self.network.check(ink)
            luminances = blank((1, ink.shape[0], *ink.shape[2:]), paper)
            for place, part, features, _ in self._parts(self.network, ink, tile, progress):
                luminances[0][place] = counted(self.network.luminance(features.float())[part][:, 0], paper)
        return luminances

    def draw(self, *args, **options):
        """TypeError: a Sketch2Photo has one map, which sketch() gives."""
        raise TypeError("a Sketch2Photo has no candidates: call sketch(), which gives its luminance.")
