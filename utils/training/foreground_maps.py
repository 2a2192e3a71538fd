"""Find what stands out in training photos: python -m utils.training.foreground_maps FOLDER

Needs rembg (see INSTALL), which downloads the network of salient objects, ISNet, at its first use.
"""
import cv2
import numpy as np

from data.pictures import FOREGROUND_FOLDER

from .maps import command, write_maps

INSTALL = 'Foreground maps need rembg: pip install "rembg[cpu]==2.0.86" tqdm, best in an environment of its own.'
MODEL = "isnet-general-use"  # rembg's name of it
SIDE = 1024  # pixels: side of the square that the network sees


class ForegroundFinder:
    """How surely each pixel belongs to the foreground, by ISNet. ImportError if rembg is not installed.

    session: an onnxruntime.InferenceSession of ISNet, None for rembg's.
    """

    def __init__(self, session=None):
        if session is None:
            from rembg import new_session

            session = new_session(MODEL).inner_session
        self._session = session

    def __call__(self, rgb):
        """uint8 (H, W, 3) -> float32 (H, W) in [0, 1]. Not stretched to the whole range, as rembg does: there may be no foreground."""
        square = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        planes = square.transpose(2, 0, 1)[None] / np.float32(255) - np.float32(0.5)
        found = self._session.run(None, {self._session.get_inputs()[0].name: planes})[0].reshape(SIDE, SIDE)
        return cv2.resize(np.float32(found), rgb.shape[1::-1], interpolation=cv2.INTER_AREA).clip(0, 1)


def write_foreground_maps(root, find):
    """Write root/foreground_map/NAME.png, uint8 (H, W), 255 = foreground, for every photo below `root`, see utils.training.maps.

    find: photo -> float32 (H, W) in [0, 1], see ForegroundFinder.
    """
    return write_maps(root, FOREGROUND_FOLDER, lambda rgb: np.uint8(np.rint(255 * find(rgb))))


def main(argv=None):
    """The command."""
    command(argv, "foreground", FOREGROUND_FOLDER, INSTALL, lambda root: write_foreground_maps(root, ForegroundFinder()))


if __name__ == "__main__":
    main()
