"""Drawing photos with a trained network: the one entry point of inference."""
import torch

from .head import Drawing


class Engine:
    """Runs a Photo2Sketch on one device.

    network: Photo2Sketch in evaluation mode. device: torch device. precision: "auto", "float32" or "bfloat16".
    """

    def __init__(self, network, device="cpu", precision="auto"):
        self.device = torch.device(device)
        self.network = network.to(self.device, memory_format=torch.channels_last).eval()
        self.precision = precision

    @torch.inference_mode()
    def draw(self, photos, detail=0.0, tile=None, progress=None):
        """photos: (B, 3, H, W) float32 RGB in [0, 1] on any device -> Drawing of float32 CPU tensors of the same size.

        detail: -1 sparse to 1 dense. tile: side of the tiles in pixels, None draws the photo whole. progress: called as
        progress(done, total) after each tile.
        """
        drawing = self.network(photos.to(self.device, memory_format=torch.channels_last), detail)
        return Drawing(*(part.float().cpu() for part in drawing))
