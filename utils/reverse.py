"""Inference with Sketch2Photo, behind the interface that model.engine.Engine has for Photo2Sketch."""
import torch

from model.head import Drawing


class ReverseEngine:
    """Makes luminance photos from drawings on one device. network: Sketch2Photo in evaluation mode."""

    def __init__(self, network, device="cpu"):
        self.device = torch.device(device)
        self.network = network.to(self.device, memory_format=torch.channels_last).eval()

    @torch.inference_mode()
    def draw(self, drawings, detail=0.0, tile=None, progress=None):
        """drawings: (B, 3, H, W) float32 in [0, 1], 1 = paper -> Drawing whose only candidate is the luminance in [0, 1].

        The other arguments are Engine's: detail has no meaning here, and the drawing is always seen whole.
        """
        gray = drawings.to(self.device).mean(1, keepdim=True)
        luminance = self.network(gray.contiguous(memory_format=torch.channels_last)).float().cpu()
        return Drawing(luminance, torch.ones_like(luminance), luminance)
