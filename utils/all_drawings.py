"""Every drawing that a network makes of a photo, for figures and measurements."""
import numpy as np

from data.guidance import DRAWINGS
from utils.defaults import CRISP
from utils.sketcher import Sketcher
from utils.style import CANDIDATES, pen, resize


class AllDrawings:
    """A Sketcher in float32 for all drawings at once.

    checkpoint, device, size: as in Sketcher, but that the default is the photo's own size. crisp: as in utils.style.Style.
    CheckpointError or DeviceError where one is missing.
    """

    def __init__(self, checkpoint=None, device="auto", size="full", crisp=CRISP):
        self.sketcher, self.crisp = Sketcher(checkpoint, device, "float32", size), crisp

    def __call__(self, photo):
        """uint8 RGB (H, W, 3) -> {name of DRAWINGS: float32 (H, W) in [0, 1], 1 = paper}, the blend last."""
        working = self.sketcher.prepare(photo)
        maps = self.sketcher.maps([working])[0]
        drawn = [pen(maps.pick(number), working.photo(), self.crisp) for number in (*range(1, CANDIDATES + 1), None)]
        return {name: resize(part / np.float32(255), *working.size) for name, part in zip(DRAWINGS, drawn)}
