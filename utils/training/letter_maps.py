"""Find the words in training photos and draw their letters: python -m utils.training.letter_maps FOLDER

Needs RapidOCR (see INSTALL), whose models come with it, and which may bring another OpenCV.
"""
import cv2
import numpy as np

from data.letters import letter_map
from data.pictures import LETTER_FOLDER

from .maps import command, write_maps

INSTALL = 'Letter maps need RapidOCR: pip install "rapidocr-onnxruntime==1.4.4" tqdm, best in an environment of its own.'
ENLARGED = 2  # the reader sees the photo this much larger, which finds small words
SCORE = 0.8  # of the reader: below it, most are fences and leaves
SHORTEST = 2  # characters: single ones are often no letters


class WordFinder:
    """Boxes of the words in a photo, by RapidOCR's detector and reader. ImportError if it is not installed."""

    def __init__(self):
        from rapidocr_onnxruntime import RapidOCR

        self._read = RapidOCR()

    def __call__(self, rgb):
        """uint8 (H, W, 3) -> float32 (N, 4, 2): x, y of the corners in pixels, of the words that could be read."""
        large = cv2.resize(rgb, None, fx=ENLARGED, fy=ENLARGED, interpolation=cv2.INTER_CUBIC)
        found, _ = self._read(np.ascontiguousarray(large[..., ::-1]))
        boxes = [box for box, text, score in found or () if float(score) >= SCORE and len(text.strip()) >= SHORTEST]
        return (np.float32(boxes).reshape(-1, 4, 2) + 0.5) / ENLARGED - 0.5


def write_letter_maps(root, find):
    """Write root/letter_map/NAME.png for every photo below `root` that has words, see utils.training.maps.write_maps.

    find: photo -> boxes, see WordFinder.
    """

    def make(rgb):
        found = letter_map(rgb, find(rgb))
        return found if found.any() else None

    return write_maps(root, LETTER_FOLDER, make)


def main(argv=None):
    """The command."""
    command(argv, "letter", LETTER_FOLDER, INSTALL, lambda root: write_letter_maps(root, WordFinder()))


if __name__ == "__main__":
    main()
