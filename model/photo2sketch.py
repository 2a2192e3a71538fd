"""Photo2Sketch: a photo becomes five candidate drawings, their confidences and the blended sketch."""
from .generator import Generator, pad_to_multiple
from .head import Drawing, SoftWeightedHead
from .presets import PRESETS


class Photo2Sketch(Generator):
    """(B, 3, H, W) RGB in [0, 1], sides of at least 16 -> Drawing of the same height and width, 1 = paper."""

    def __init__(self, arch=PRESETS["fast"]):
        super().__init__(3, arch)
        self.head = SoftWeightedHead(arch.head_width, arch)

    def forward(self, photo, detail=0.0, features=False):
        """features: return (Drawing, features of every stage of the decoder, finest first, of the padded photo)."""
        self.check(photo)
        height, width = photo.shape[-2:]
        padded = pad_to_multiple(photo, self.arch.stride)
        stages = list(self.decoder.stages(self.encoded(padded)))[::-1] if features else [self.features(padded)]
        drawing = self.head(stages[0], detail)
        drawing = Drawing(*(part[..., :height, :width] for part in drawing))
        return (drawing, stages) if features else drawing
