"""Figures that the training's validation and the benchmark share: PSNR, SSIM, and how well lines match true ones.

The boundary F-measure is in the manner of the BSDS500 benchmark (Martin, Fowlkes, Malik 2004; Arbelaez et al. 2011). What
needs SciPy or scikit-image is in benchmarks/metrics_boundary.py.
"""
import math

import cv2
import numpy as np

from data.filters import crest

SSIM_SIGMA, SSIM_RADIUS = 1.5, 5  # the Gaussian window of Wang et al. (2004): 11 x 11 pixels
TOLERANCE = 0.0075  # largest distance of a match, as a share of the image's diagonal: the value of BSDS500
RIDGE_SIGMA = 1.0  # pixels; blur before the suppression, so that flat-topped strokes get a crest


def psnr(picture, truth):
    """Peak signal-to-noise ratio in dB of pictures in [0, 1]; infinite for equal ones."""
    error = np.mean(np.square(np.asarray(picture, np.float64) - truth))
    return float(-10 * np.log10(error)) if error else float("inf")


def ssim(a, b):
    """Mean structural similarity (Wang et al. 2004) of pictures (H, W) of at least 11 x 11 pixels, data range 1.

    Gaussian window of deviation 1.5, K = 0.01 and 0.03, population covariances; windows that reach over the border are
    left out.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    size = 2 * SSIM_RADIUS + 1

    def mean(image):
        return cv2.GaussianBlur(image, (size, size), SSIM_SIGMA)[SSIM_RADIUS:-SSIM_RADIUS, SSIM_RADIUS:-SSIM_RADIUS]

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b = mean(a * a) - mean_a**2, mean(b * b) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    c1, c2 = 0.01**2, 0.03**2
    index = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    index /= (mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2)
    return float(index.mean())


def crests(lines):
    """A line map (H, W) in [0, 1], 1 = line, on the crests of its lines, 0 elsewhere: float32, a pixel or two wide."""
    return crest(np.asarray(lines, np.float32), RIDGE_SIGMA)


def match_radius(shape, tolerance=TOLERANCE):
    """The largest distance of a match in an image (H, W), in pixels."""
    return tolerance * math.hypot(*shape)


def match_relaxed(drawn, truth, radius):
    """(drawn pixels with a true one within `radius` pixels, true pixels with a drawn one): bool masks of bool maps (H, W).

    Several pixels may share one partner, so figures come out above those of one-to-one matching.
    """
    offset = np.arange(-int(radius), int(radius) + 1)
    disc = (np.hypot(offset[:, None], offset) <= radius).astype(np.uint8)
    return tuple(some & (cv2.dilate(np.uint8(others), disc) > 0) for some, others in ((drawn, truth), (truth, drawn)))


def count_matches(drawn, truths, radius, match=match_relaxed):
    """int (4,): pixels [drawn and right, drawn, true and found, true] of thin lines, bool (H, W).

    truths: a bool (H, W) for each annotator. As in BSDS500, a drawn pixel is right if it matches any annotator, and the
    annotators' pixels add up. match: takes and returns what match_relaxed() does.
    """
    right, found = np.zeros(drawn.shape, bool), 0
    for truth in truths:
        matched_drawn, matched_truth = match(drawn, truth, radius)
        right |= matched_drawn
        found += int(matched_truth.sum())
    return np.array((int(right.sum()), int(drawn.sum()), found, sum(int(truth.sum()) for truth in truths)))


def f_measure(counts):
    """Harmonic mean of precision and recall of counts (..., 4), which may be sums over photos; 0 where nothing is right."""
    right, drawn, found, true = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    precision = right / np.maximum(drawn, 1)
    recall = found / np.maximum(true, 1)
    return 2 * precision * recall / np.maximum(precision + recall, 1e-12)
