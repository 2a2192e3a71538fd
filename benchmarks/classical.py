"""Classical line drawings to compare with: each maps a uint8 RGB photo (H, W, 3) to float32 (H, W), 0 = ink, 1 = paper.

The settings are the same for every photo. `python -m benchmarks.classical --photos DIR --output DIR` writes all of them.
"""
import os
import sys

import cv2
import numpy as np

from utils.atomic import write_bytes
from utils.encode import encode
from utils.folder import InputError, assign, find
from utils.pictures import PictureError, read_picture
from utils.style import to_bytes
from utils.tool_options import Parser


def luminance(rgb):
    """uint8 RGB (H, W, 3) -> float32 luma (H, W) in [0, 1], weights of ITU-R BT.601."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


def canny(rgb, sigma=1.4, low=60, high=120):
    """Canny's edges (Canny 1986) by OpenCV: 3 x 3 Sobel gradients with the Euclidean norm after a Gaussian blur.

    sigma: of the blur, pixels. low, high: thresholds of the hysteresis in OpenCV's units, where a step of 1 grey level
    between two columns gives 4.
    """
    gray = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), (0, 0), sigma)
    return 1 - cv2.Canny(gray, low, high, L2gradient=True).astype(np.float32) / 255


def xdog(rgb, sigma=1.4, k=1.6, p=40.0, epsilon=0.1, phi=3.0):
    """Extended difference of Gaussians (Winnemoeller, Kyprianidis, Olsen 2012), isotropic: equations 7 and 5.

    The luminance is sharpened by p times its difference of Gaussians of sigma and k * sigma pixels, then thresholded:
    1 from epsilon on, 1 + tanh(phi * (value - epsilon)) below. The settings were picked by eye on COCO photos for clean
    lines with few filled shadows; k is the source's.
    """
    gray = luminance(rgb)
    fine, coarse = (cv2.GaussianBlur(gray, (0, 0), s, borderType=cv2.BORDER_REFLECT) for s in (sigma, k * sigma))
    sharpened = (1 + p) * fine - p * coarse
    return np.where(sharpened >= epsilon, 1, np.clip(1 + np.tanh(phi * (sharpened - epsilon)), 0, 1)).astype(np.float32)


def dodge(rgb, kernel=21):
    """The pencil sketch of OpenCV scripts: the grey photo colour-dodged with its own blurred negative.

    kernel: side of the Gaussian's window in pixels; OpenCV derives its sigma, 3.5 for 21.
    """
    gray = luminance(rgb)
    negative = cv2.GaussianBlur(1 - gray, (kernel, kernel), 0)
    return np.clip(gray / np.maximum(1 - negative, 1 / 255), 0, 1)


METHODS = {"Canny": canny, "XDoG": xdog, "dodge and blur": dodge}


def write_all(photos, output):
    """Draw every picture of a folder by all METHODS into output/METHOD, as PNG, named as by the tools -> how many, and a sentence for each of the others.

    InputError without pictures, OSError where nothing can be written.
    """
    found, problems = find([photos], output, "--photos")
    drawn, failed = 0, [f"{name}: {reason}" for name, reason in problems]
    for task in assign(found, lambda target: [f"{target}.png"])[0]:
        try:
            photo = read_picture(task.path)
        except PictureError as error:
            failed.append(f"{error}. Repair or remove it.")
            continue
        for method, function in METHODS.items():
            path = os.path.join(output, method, f"{task.target}.png")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_bytes(path, encode(to_bytes(function(photo)), "png"))
        drawn += 1
    return drawn, failed


def main(arguments=None):
    parser = Parser(prog="python -m benchmarks.classical", description=__doc__.split(":")[0] + ".", allow_abbrev=False)
    parser.add_argument("--photos", required=True, metavar="DIR", help="photos")
    folders = ", ".join(METHODS)
    parser.add_argument("--output", required=True, metavar="DIR", help=f"folder of the folders {folders}")
    options = parser.parse_args(arguments)
    try:
        drawn, failed = write_all(options.photos, options.output)
    except InputError as error:
        parser.error(str(error))
    except OSError as error:
        sys.exit(f"--output {options.output}: cannot be written to ({error.strerror}). Name another folder.")
    print(f"{drawn} photos drawn into {options.output}, each by {folders}")
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
