"""Every drawing that a network makes of a photo, for figures and measurements."""
import numpy as np

from data.guidance import DRAWINGS
from utils.defaults import BACKGROUND, CRISP, FACES, FUR, SHADE
from utils.sketcher import NUMBERS, Sketcher
from utils.resize import resize
from utils.style import Style, inked


class AllDrawings:
    """A Sketcher in float32 for all drawings at once.

    checkpoint, device, size: as in Sketcher, but that the default is the photo's own size. faces, crisp, fur, shade, background: as
    in utils.style.Style. CheckpointError or DeviceError where one is missing.
    """

    def __init__(self, checkpoint=None, device="auto", size="full", faces=FACES, crisp=CRISP, fur=FUR, shade=SHADE, background=BACKGROUND):
        self.sketcher = Sketcher(checkpoint, device, "float32", size)
        self.style = Style(faces=faces, crisp=crisp, fur=fur, shade=shade, background=background)

    def __call__(self, photo):
        """uint8 RGB (H, W, 3) -> {name of DRAWINGS: float32 (H, W) in [0, 1], 1 = paper}, the blend last."""
        working = self.sketcher.prepare(photo, self.style)
        (foreground,) = foregrounds = self.sketcher.foregrounds([working], self.style)
        (drawings,) = self.sketcher.drawings([working], numbers=NUMBERS, foregrounds=foregrounds)
        drawn = (
            inked(drawings[number], self.style.of_candidate(number), working, None if number else foreground) for number in NUMBERS
        )
        return {name: resize(part / np.float32(255), *working.size) for name, part in zip(DRAWINGS, drawn)}
