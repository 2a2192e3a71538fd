"""The networks: Photo2Sketch, Sketch2Photo, Foreground, the discriminators, and the presets of their sizes."""
from .discriminator import ConditionalDiscriminator, Discriminator
from .foreground import Foreground
from .head import Drawing
from .photo2sketch import Photo2Sketch
from .presets import PRESETS, Architecture
from .sketch2photo import Sketch2Photo

__all__ = ["Architecture", "ConditionalDiscriminator", "Discriminator", "Drawing", "Foreground", "PRESETS", "Photo2Sketch", "Sketch2Photo"]
