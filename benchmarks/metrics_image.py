"""Figures of single drawings and of pairs of pictures, all float32 (H, W) in [0, 1], 1 = paper or white."""
import cv2
import numpy as np

FLAT_SIGMA = 1.5  # pixels, of the Gaussian whose derivative measures the photo's gradient
FLAT_GRADIENT = 0.006  # grey levels (white = 1) per pixel: below it nothing is there to be drawn
FLAT_RADIUS = 6  # pixels around an edge that are not flat either: a line may lie there
SSIM_SIGMA, SSIM_RADIUS = 1.5, 5  # the Gaussian window of Wang et al. (2004): 11 x 11 pixels


def ink(drawing):
    """Mean ink: 0 for blank paper, 1 for black."""
    return float(1 - np.mean(drawing, dtype=np.float64))


def flat_regions(luminance):
    """Where the photo has no gradient near: bool (H, W), true on clear sky, walls and blurred backgrounds."""
    smooth = cv2.GaussianBlur(luminance, (0, 0), FLAT_SIGMA, borderType=cv2.BORDER_REFLECT)
    dy, dx = np.gradient(smooth)
    window = np.ones((2 * FLAT_RADIUS + 1,) * 2, np.uint8)
    return cv2.dilate(np.float32(np.hypot(dx, dy)), window) < FLAT_GRADIENT


def ink_on_flat(drawing, flat):
    """(sum of ink on the flat regions, their number of pixels): sums, so that photos weigh by their flat area."""
    return float((1 - drawing[flat]).sum(dtype=np.float64)), int(flat.sum())


def psnr(picture, truth):
    """Peak signal-to-noise ratio in dB with peak 1; infinite for equal pictures."""
    error = np.mean(np.square(np.asarray(picture, np.float64) - truth))
    return float(-10 * np.log10(error)) if error else float("inf")


def ssim(a, b):
    """Mean structural similarity (Wang et al. 2004) of pictures of at least 11 x 11 pixels, data range 1.

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
