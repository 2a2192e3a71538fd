"""Find the faces of training photos and draw their maps: python -m utils.training.face_maps FOLDER

Needs MediaPipe as it was when its models came with it (see INSTALL), which brings another OpenCV.
"""
import cv2
import numpy as np

from data.faces import face_map
from data.pictures import FACE_FOLDER

from .maps import command, write_maps

INSTALL = 'Face maps need MediaPipe with its models: pip install "mediapipe==0.10.14" tqdm, best in an environment of its own.'
VIEW = 640  # pixels: long side of what the detector sees
TILES = (2, 3)  # the photo is also looked at in this many tiles each way, which finds small faces
OVERLAP = 1.4  # side of a tile relative to its share of the photo
MESH = 384  # pixels: side of the square around a face in which its landmarks are found
SCORE = 0.7  # of the detector: below it, most are wheels and clocks
AGREEMENT = 0.065  # largest mean distance of landmarks found in the photo and in its mirror image, relative to the face
MIRRORED = ((33, 263), (133, 362), (61, 291), (1, 1), (152, 152), (10, 10), (234, 454), (159, 386), (70, 300))


class FaceFinder:
    """Landmarks of the faces in a photo, by MediaPipe's detector and face mesh. ImportError if it is not installed."""

    def __init__(self):
        from mediapipe.python.solutions import face_detection, face_mesh

        self._detector = face_detection.FaceDetection(model_selection=1, min_detection_confidence=SCORE)
        self._near = face_detection.FaceDetection(model_selection=0, min_detection_confidence=SCORE)
        self._mesh = face_mesh.FaceMesh(
            static_image_mode=True, max_num_faces=1, refine_landmarks=True, min_detection_confidence=0.3
        )

    def __call__(self, rgb):
        """uint8 (H, W, 3) -> a list of float32 (478, 2): x, y of the landmarks in pixels, of the faces that are certain."""
        found = (self._certain(rgb, box) for box in self._boxes(rgb))
        return [points for points in found if points is not None]

    def _boxes(self, rgb):
        """Boxes (left, top, width, height) of faces, each once."""
        boxes = []
        for detector, (x, y, width, height) in self._views(rgb):
            view = rgb[y : y + height, x : x + width]
            scale = VIEW / max(width, height)
            view = cv2.resize(view, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
            for one in detector.process(view).detections or ():
                box = one.location_data.relative_bounding_box
                place = (x + box.xmin * width, y + box.ymin * height, box.width * width, box.height * height)
                boxes.append((one.score[0], place))
        kept = []
        for _, box in sorted(boxes, reverse=True):
            if not any(_same_face(box, other) for other in kept):
                kept.append(box)
        return kept

    def _views(self, rgb):
        height, width = rgb.shape[:2]
        whole = (0, 0, width, height)
        yield self._near, whole
        yield self._detector, whole
        for count in TILES:
            w, h = int(width / count * OVERLAP), int(height / count * OVERLAP)
            for y in np.linspace(0, height - h, count).astype(int):
                for x in np.linspace(0, width - w, count).astype(int):
                    yield self._detector, (x, y, w, h)

    def _landmarks(self, rgb, box):
        """float32 (478, 2) of the face in a box, or None."""
        left, top, width, height = box
        half = max(width, height)
        x, y = left + width / 2, top + height / 2
        to_mesh = np.float32([[1, 0, half - x], [0, 1, half - y]]) * MESH / (2 * half)
        square = cv2.warpAffine(rgb, to_mesh, (MESH, MESH), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        faces = self._mesh.process(square).multi_face_landmarks
        if not faces:
            return None
        return np.float32([(p.x, p.y) for p in faces[0].landmark]) * 2 * half + (x - half, y - half)

    def _certain(self, rgb, box):
        """The landmarks in a box if the mirror image, framed a little otherwise, has the same ones; else None."""
        points = self._landmarks(rgb, box)
        if points is None:
            return None
        last = rgb.shape[1] - 1
        left, top, width, height = box
        frame = (last - left - 1.06 * width, top + 0.05 * height, 1.12 * width, 1.12 * height)
        mirrored = self._landmarks(np.ascontiguousarray(rgb[:, ::-1]), frame)
        if mirrored is None:
            return None
        mirrored = np.float32([last, 0]) + mirrored * (-1, 1)
        pairs = np.array(MIRRORED + tuple(pair[::-1] for pair in MIRRORED))
        apart = np.hypot(*(points[pairs[:, 0]] - mirrored[pairs[:, 1]]).T).mean()
        return points if apart < AGREEMENT * np.ptp(points, 0).max() else None


def _same_face(one, other):
    """Whether two boxes lie on one another."""
    return all(
        abs(one[axis] + one[axis + 2] / 2 - other[axis] - other[axis + 2] / 2) < 0.5 * max(one[axis + 2], other[axis + 2])
        for axis in (0, 1)
    )


def write_face_maps(root, find):
    """Write root/face_map/NAME.png for every photo below `root` that has faces, see utils.training.maps.write_maps.

    find: photo -> list of landmarks, see FaceFinder.
    """

    def make(rgb):
        faces = find(rgb)
        return face_map(rgb, faces) if faces else None

    return write_maps(root, FACE_FOLDER, make)


def main(argv=None):
    """The command."""
    command(argv, "face", FACE_FOLDER, INSTALL, lambda root: write_face_maps(root, FaceFinder()))


if __name__ == "__main__":
    main()
