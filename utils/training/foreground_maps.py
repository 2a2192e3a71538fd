"""Find what stands out in training photos: python -m utils.training.foreground_maps FOLDER

Needs rembg (see INSTALL), which downloads ISNet at its first use: about 170 MB, into the folder that it names.
"""
import cv2
import numpy as np

from data.crops import squeezed
from data.pictures import FOREGROUND_FOLDER

from .maps import command, write_maps

PACKAGES = '"rembg[cpu]==2.0.86" opencv-python-headless'
INSTALL = f"Foreground maps need rembg: pip install {PACKAGES}, best in an environment of its own."
MODEL = "isnet-general-use"  # rembg's name of it
SIDE = 1024  # pixels: side of the square that the network sees


class ISNetFinder:
    """How surely each pixel belongs to the foreground, by ISNet.

    session: an onnxruntime.InferenceSession of it, None for rembg's, which is opened for the first photo.
    """

    def __init__(self, session=None):
        self._session = session

    def __call__(self, rgb):
        """uint8 (H, W, 3) -> float32 (H, W) in [0, 1]. ImportError if rembg is not installed.

        The network sees the photo as a square, as with rembg; what it finds is not stretched to the whole range, for there may
        be no foreground.
        """
        if self._session is None:
            from rembg import new_session

            self._session = new_session(MODEL).inner_session
        square = squeezed(rgb, SIDE)
        planes = square.transpose(2, 0, 1)[None] / np.float32(255) - np.float32(0.5)
        found = self._session.run(None, {self._session.get_inputs()[0].name: planes})[0].reshape(SIDE, SIDE)
        shrinks = rgb.shape[0] * rgb.shape[1] < SIDE * SIDE
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return cv2.resize(np.float32(found), rgb.shape[1::-1], interpolation=method).clip(0, 1)


def write_foreground_maps(root, find):
    """Write root/foreground_map/NAME.png, uint8 (H, W), 255 = foreground, for every photo below `root`, see
    utils.training.maps.write_maps.

    find: photo -> float32 (H, W) in [0, 1], see ISNetFinder.
    """
    return write_maps(root, FOREGROUND_FOLDER, lambda rgb: np.uint8(np.rint(255 * find(rgb))))


def main(argv=None):
    """The command."""
    command(argv, "foreground", FOREGROUND_FOLDER, INSTALL, lambda root: write_foreground_maps(root, ISNetFinder()))


if __name__ == "__main__":
    main()
