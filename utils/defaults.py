"""Defaults that the scripts and the library share. Imports nothing heavy, so that --help comes at once."""
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILES = {
    "photo2sketch": "photo2sketch.pth",  # preset "light"
    "fast": "photo2sketch_fast.pth",  # its teacher
    "sketch2photo": "sketch2photo.pth",
    "foreground": "foreground.pth",
    "faces": "face_detection_yunet_2023mar.onnx",
}
CHECKPOINTS = {name: os.path.join(ROOT, "checkpoints", file) for name, file in FILES.items()}
DIRECTIONS = ("photo2sketch", "sketch2photo")
WORKING_SIZE = 1024  # pixels of the long side at which photos are drawn: at 768 lines are too broad for small things, at 1280 hatching turns to grain
FACES = 2.5  # how many times larger small faces are drawn, and no larger than about 230 pixels: 1 as the rest
CRISP = 1.0  # how steep the borders of strokes are made, and how far dark and faint ink are moved apart: 0 leaves what the network draws
FUR = 0.75  # ink of the strands that are drawn where the subject has fur or hair: 0 none
SHADE = 1.0  # of the pale hatching, by the photo's light, on faces and where the drawing was left blank: 0 none
BACKGROUND = 0.55  # share of the blend's ink that is left behind the foreground
MAX_ENLARGEMENT = 4.0  # of small photos on their way to the working size
MIN_WORKING_SIZE = 64  # pixels; below it there is nothing to see
MAX_MEGAPIXELS = 200.0  # larger pictures are refused from their header, before anything is decoded
