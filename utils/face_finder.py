"""Where faces are in a photo, by YuNet, which comes with a file of weights and runs in OpenCV.

Source: Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector" (Machine Intelligence Research, 2023); the weights are those of
the OpenCV Zoo (face_detection_yunet_2023mar.onnx, MIT licence).
"""
import contextlib
import os
import threading

import cv2
import numpy as np

from utils.checkpoint import CheckpointError
from utils.resize import reduced

VIEW = 320  # pixels: long side of what it sees
SCORE = 0.6  # from which on something counts as a face
OVERLAP = 0.3  # intersection over union from which on two finds are one face
MOST = 50  # faces: the surest ones
QUIET = threading.Lock()  # for OpenCV's level of messages is one for all threads


@contextlib.contextmanager
def without_warnings():
    """Keeps OpenCV 5 from saying that it takes no other device than the CPU, which nobody has asked for. OpenCV 4 does not."""
    logging = getattr(cv2.utils, "logging", None)
    if not logging:
        yield
        return
    with QUIET:
        level = logging.setLogLevel(logging.LOG_LEVEL_ERROR)
        try:
            yield
        finally:
            logging.setLogLevel(level)


class FaceFinder:
    """Finds faces in photos. Several threads may call it. path: its ONNX file; CheckpointError if it is missing or damaged."""

    def __init__(self, path):
        remedy = "Copy it again from the project's files, or draw with --faces 1."
        if not os.path.isfile(path):
            raise CheckpointError(f"file of the network that finds faces not found: {path}. {remedy}")
        try:
            with open(path, "rb") as file:
                self._weights = np.frombuffer(file.read(), np.uint8)
            self._local = threading.local()
            self(np.zeros((VIEW, VIEW, 3), np.uint8))  # some damage shows with a picture alone
        except OSError as error:
            raise CheckpointError(f"{path} cannot be read ({error.strerror}). Give yourself the right to, or draw with --faces 1.") from error
        except cv2.error as error:
            raise CheckpointError(f"{path} is damaged. {remedy}") from error

    def _of_thread(self):
        """The detector of this thread: it keeps what it sees in it, so that no two may share it."""
        if not hasattr(self._local, "detector"):
            with without_warnings():
                self._local.detector = cv2.FaceDetectorYN.create("onnx", self._weights, np.uint8([]), (VIEW, VIEW), SCORE, OVERLAP)
        return self._local.detector

    def __call__(self, photo):
        """uint8 RGB (H, W, 3) -> float32 (n, 4): left, top, width, height of each face in pixels, the surest first."""
        scale = VIEW / max(photo.shape[:2])
        view = reduced(photo, *(max(1, round(scale * side)) for side in photo.shape[:2]))
        detector = self._of_thread()
        size = view.shape[1::-1]
        detector.setInputSize(size)
        found = detector.detect(cv2.cvtColor(view, cv2.COLOR_RGB2BGR))[1]
        if found is None:
            return np.zeros((0, 4), np.float32)
        return found[:MOST, :4] * np.float32([*photo.shape[1::-1]] * 2) / np.float32([*size] * 2)
