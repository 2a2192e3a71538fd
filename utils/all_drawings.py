"""Every drawing that a network makes of a photo, for figures and measurements."""
import numpy as np
import torch

from data.guidance import DRAWINGS
from model import Photo2Sketch
from model.engine import Engine
from utils.defaults import CHECKPOINTS, CRISP
from utils.devices import choose_device
from utils.style import pen, resize, to_bytes
from utils.working import working_shape


class AllDrawings:
    """A trained network and the size at which it draws.

    checkpoint: file of a Photo2Sketch, None = the shipped one. device: a name for choose_device(). size: pixels of the
    long side at which photos are drawn, "full" for their own. crisp: as in utils.style.Style. CheckpointError or DeviceError where one is missing.
    """

    def __init__(self, checkpoint=None, device="auto", size="full", crisp=CRISP):
        network = Photo2Sketch.from_checkpoint(checkpoint or CHECKPOINTS["photo2sketch"])
        self.step, self.size, self.crisp, self.device = network.step, size, crisp, choose_device(device)
        self.engine = Engine(network, self.device, "float32")

    def __call__(self, photo):
        """uint8 RGB (H, W, 3) -> {name of DRAWINGS: float32 (H, W) in [0, 1], 1 = paper}, the blend last."""
        shape = photo.shape[:2]
        pixels = resize(photo, *working_shape(*shape, self.size))
        drawing = self.engine.draw(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255)
        maps = np.concatenate([drawing.candidates[0].numpy(), drawing.sketch[0].numpy()])
        drawn = [pen(to_bytes(part), pixels, self.crisp) / np.float32(255) for part in maps]
        return {name: resize(part, *shape) for name, part in zip(DRAWINGS, drawn)}
