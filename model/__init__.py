"""The networks: Photo2Sketch, Sketch2Photo, the discriminators, and the presets of their sizes."""
from .discriminator import ConditionalDiscriminator, Discriminator
from .head import Drawing
from .photo2sketch import Photo2Sketch
from .presets import PRESETS, Architecture
from .sketch2photo import Sketch2Photo

__all__ = ["Architecture", "ConditionalDiscriminator", "Discriminator", "Drawing", "PRESETS", "Photo2Sketch", "Sketch2Photo"]
