"""Image filters that the guidance is made with. Images are float32 (H, W) in [0, 1]; borders are reflected."""
import cv2
import numpy as np


def blur(image, sigma):
    """Gaussian blur with reflected borders; wide ones are computed on a smaller image, within 2 % of the range."""
    if sigma < 4:
        return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    factor = 2 if sigma < 8 else 4
    height, width = image.shape[:2]
    small = cv2.resize(image, (-(-width // factor), -(-height // factor)), interpolation=cv2.INTER_AREA)
    rest = (sigma**2 / factor**2 - 0.25) ** 0.5  # both resizes blur a little themselves
    small = cv2.GaussianBlur(small, (0, 0), rest, borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, (width, height))


def slope(gray, sigma):
    """Magnitude of the gradient, per pixel, of the image blurred by `sigma`."""
    smooth = blur(gray, sigma)
    return cv2.magnitude(*(cv2.Sobel(smooth, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1))))


def ramp(values, low, high):
    """0 below `low`, 1 above `high`, linear between."""
    return np.clip((values - low) / (high - low), 0, 1)


def crest(edges, sigma):
    """The edge map on the ridges of its lines, 0 elsewhere: non-maximum suppression across the Hessian's main direction.

    Source: Canny (1986), with the direction of the second derivative as for ridges in Steger (1998).
    """
    smooth = blur(edges, sigma)
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, *order) for order in ((2, 0), (0, 2), (1, 1)))
    along = 0.5 * np.arctan2(2 * xy, xx - yy)
    nx, ny = -np.sin(along), np.cos(along)
    v, u = np.mgrid[0 : edges.shape[0], 0 : edges.shape[1]].astype(np.float32)
    beside = [cv2.remap(smooth, u + s * nx, v + s * ny, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for s in (1, -1)]
    curvature = nx * nx * xx + 2 * nx * ny * xy + ny * ny * yy  # the smaller eigenvalue: negative on ridges, not on flanks
    return edges * ((curvature < -1e-3) & (smooth >= beside[0]) & (smooth >= beside[1]))


def hysteresis(lines, low, high, length):
    """The connected lines above `low` that reach `high` somewhere and have at least `length` pixels: a bool mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((lines > low).astype(np.uint8), connectivity=8)
    strong = np.zeros(count, bool)
    strong[np.unique(labels[lines > high])] = True
    keep = strong & (stats[:, cv2.CC_STAT_AREA] >= length)
    keep[0] = False
    return keep[labels]


def drop_specks(ink, level, area):
    """`ink` without its blots above `level` that have fewer than `area` pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((ink > level).astype(np.uint8), connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < area
    small[0] = False
    return ink * (1 - blur(cv2.dilate(small[labels].astype(np.float32), np.ones((3, 3))), 0.7))


def darker_than_surroundings(gray, sigma):
    """How much darker a pixel is than its neighbourhood, relative to it: the inverse of the colour-dodge pencil effect."""
    return 1 - np.clip((gray + 0.02) / (blur(gray, sigma) + 0.02), 0, 1)


def structure(gray, most=np.inf, inner=1.2):
    """The structure tensor, pixel by pixel: float32 (H, W, 3), the products xx, yy and xy of the gradients by Sobel's filter.

    most: longer gradients count as if they had this length. inner: pixels, deviation of the blur before the filter.
    """
    smooth = blur(gray, inner)
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    if most < np.inf:
        limit = np.minimum(most / (np.hypot(gx, gy) + 1e-9), 1)
        gx, gy = limit * gx, limit * gy
    return cv2.merge([gx * gx, gy * gy, gx * gy])


def prevailing(tensor, sigma):
    """Direction and coherence of the form from a structure tensor, averaged over `sigma` pixels.

    Returns (c, s, coherence, energy): the unit double-angle vector of the direction along the lines; coherence in [0, 1], 0 where
    no direction prevails; the tensor's trace. Source: Bigun and Granlund (1987).
    """
    xx, yy, xy = cv2.split(blur(tensor, sigma))
    c, s, energy = yy - xx, -2 * xy, xx + yy
    norm = cv2.magnitude(c, s) + 1e-9
    return c / norm, s / norm, norm / (energy + 1e-4), energy


def direction(tensor, sigma):
    """The angle along the lines, in radians from the rows, within half a degree: float32 (H, W). tensor: averaged over `sigma` pixels first."""
    xx, yy, xy = cv2.split(blur(tensor, sigma))
    return 0.5 * cv2.phase(yy - xx, -2 * xy)


def form(gray, sigma, most=np.inf):
    """What prevails in a photo, see structure() and prevailing()."""
    return prevailing(structure(gray, most), sigma)


def dark_blobs(gray, sigma):
    """How much a pixel looks like the centre of a small dark spot of radius about `sigma`, such as a pupil: 0 to about 1.

    The determinant of the Hessian where both curvatures are positive (Lindeberg, 1998), as a length, scale-normalised.
    """
    smooth = blur(gray, sigma)
    xx, yy, xy = (cv2.Sobel(smooth, cv2.CV_32F, *order, scale=0.25) for order in ((2, 0), (0, 2), (1, 1)))
    determinant = np.where((xx > 0) & (yy > 0), xx * yy - xy * xy, 0)
    return 4 * sigma**2 * np.sqrt(np.maximum(determinant, 0))


def valleys(gray, width):
    """How much darker a pixel is than what lies on both sides of it: the black top-hat of `width` pixels, 0 on steps."""
    return cv2.morphologyEx(gray, cv2.MORPH_BLACKHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))


def sharpness(gray, scale=1.0):
    """(step, sharp): the height of steps of tone, and whether they are sharp, in [0, 1]: clouds, shadows and blur are not.

    scale: pixels of `gray` per pixel of the photo.
    """
    side = 2 * round(2 * scale) + 1  # the largest slopes within 2 pixels of the photo, at two scales
    fine, coarse = (cv2.dilate(scale * slope(gray, scale * sigma), np.ones((side, side))) for sigma in (1.2, 3.0))
    return ramp(fine, 0.006, 0.018), ramp(fine / (coarse + 1e-4), 1.15, 1.5)


def halved(image):
    """The image averaged over squares of 2 pixels; of an odd side the last pixels count twice. float32, uint8 or uint16, (H, W) or (H, W, C)."""
    height, width = image.shape[:2]
    if height % 2 or width % 2:
        image = cv2.copyMakeBorder(image, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return cv2.resize(image, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)


def enlarged(small, factor, shape):
    """What halved() made smaller, to 1 / factor in all, back at `shape` (H, W), interpolated."""
    return cv2.resize(small, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)[: shape[0], : shape[1]]


def focus(steps, scale=1.0):
    """Where a photo is in focus, float32 (H, W) in [0, 1]: near sharp steps of tone. steps: the product of what sharpness() gives."""
    return ramp(blur(steps, 4 * scale), 0.12, 0.45)


def guided(guide, values, weight, side, noise):
    """How values follow a guide around each pixel: (a, b) so that a * guide + b fits them over a square.

    guide, values: float32 (H, W). weight: of each pixel in the fit, from 0 on; where all around weigh nothing a and b are 0. side: of
    the square, in the pixels of a and b, which are float32 (H / 2, W / 2), rounded up. noise: variance of the guide that tells
    nothing yet. With a and b enlarged and the whole guide, a small map gets the borders of a large picture. Source: He, Sun and
    Tang (2010), eqs. 5 to 8, with weights; the smaller size He and Sun (2015).
    """
    mean = lambda image: cv2.boxFilter(image, cv2.CV_32F, (side, side))
    weights = np.maximum(mean(halved(weight)), np.float32(1e-4))
    average = lambda image: mean(halved(weight * image)) / weights
    mean_guide, mean_values = average(guide), average(values)
    variance = average(guide * guide) - mean_guide**2
    a = (average(guide * values) - mean_guide * mean_values) / (np.maximum(variance, 0) + np.float32(noise))
    total = mean(weights)
    return mean(weights * a) / total, mean(weights * (mean_values - a * mean_guide)) / total


def chroma_step(rgb, sigma):
    """How fast the colour of a uint8 (H, W, 3) photo changes, light aside: the gradients of Cr and Cb, summed, per pixel."""
    chroma = blur(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[..., 1:].astype(np.float32) / 255, sigma)
    return np.hypot(*(cv2.Sobel(chroma, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1)))).sum(2)
