"""Edge maps made from the photo alone, for photo folders that bring none, and what annotated objects add to edge maps."""
import cv2
import numpy as np

NEAR = 6  # pixels beside an annotated outline where an edge counts as the object's


def edges_from_photo(rgb, polygons=()):
    """(semantic, fine) edge maps, float32 (H, W) in [0, 1], of a uint8 RGB photo.

    fine: Canny (1986) at two scales, the share of the scales that see an edge. semantic: what is left of it in a strongly
    smoothed photo, and the outlines of objects where `polygons` (a list of float arrays (N, 2), x then y) give them.
    """
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    fine = np.mean([_canny(cv2.GaussianBlur(gray, (0, 0), s), 0.8) for s in (0.8, 1.6)], axis=0)
    flat = cv2.bilateralFilter(gray, 9, 60, 9)
    coarse = [_canny(cv2.GaussianBlur(flat, (0, 0), s), 1.3) for s in (1.5, 2.5, 4.0)]
    semantic = np.clip(1.8 * cv2.GaussianBlur(np.mean(coarse, axis=0), (0, 0), 1.2), 0, 1)
    semantic = np.maximum(semantic, 0.8 * object_outlines(gray.shape, polygons, 2))
    return semantic.astype(np.float32), cv2.GaussianBlur(fine, (0, 0), 0.7).astype(np.float32)


def object_outlines(shape, polygons, width):
    """Outlines of objects, `width` pixels wide: float32 (H, W) in [0, 1]; what the frame cuts is no outline.

    polygons: a list of float arrays (N, 2), x then y, in pixels.
    """
    contours = np.zeros(shape, np.uint8)
    cv2.polylines(contours, [np.int32(np.round(polygon)) for polygon in polygons], True, 255, width, cv2.LINE_AA)
    contours[:3] = contours[-3:] = contours[:, :3] = contours[:, -3:] = 0
    return contours.astype(np.float32) / 255


def strengthened(semantic, polygons):
    """The semantic edges, stronger where an annotated object ends: float32 (H, W) in [0, 1].

    Outlines of annotators are coarse: beside an edge map they draw no line, but raise its edges within NEAR pixels.
    """
    if not len(polygons):
        return semantic
    near = cv2.GaussianBlur(object_outlines(semantic.shape, polygons, 2 * NEAR), (0, 0), NEAR / 3)
    return semantic ** (1 - 0.5 * near)


def _canny(gray, strictness):
    """Canny with thresholds relative to the photo's gradients, float32 in {0, 1}."""
    gradient = np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    high = max(20.0, strictness * float(np.percentile(gradient, 90)))
    return (cv2.Canny(gray, 0.4 * high, high) > 0).astype(np.float32)
