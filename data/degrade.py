"""Damage that real photos have, applied to the network's input only: the guidance is made from the clean crop."""
import cv2
import numpy as np


def degrade(rgb, rng):
    """Random light, colour, blur, noise and JPEG artefacts for a uint8 (H, W, 3) crop. rng: numpy Generator."""
    image = rgb.astype(np.float32) / 255
    if rng.random() < 0.5:  # light: gamma, contrast, brightness
        image = np.clip(image, 0, 1) ** np.exp(rng.uniform(-0.5, 0.5))
        image = (image - 0.5) * rng.uniform(0.6, 1.2) + 0.5 + rng.uniform(-0.1, 0.1)
    if rng.random() < 0.3:  # colour: gains of the channels, or none at all
        image = image * rng.uniform(0.8, 1.2, 3) if rng.random() < 0.7 else image.mean(2, keepdims=True).repeat(3, 2)
    if rng.random() < 0.15:  # a photo at night: dark, with the coarse noise of a high sensitivity
        image = image * rng.uniform(0.3, 0.7)
        noise = rng.normal(0, rng.uniform(0.01, 0.05), image.shape).astype(np.float32)
        image = image + cv2.GaussianBlur(noise, (0, 0), 0.7)
    if rng.random() < 0.15:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.2))
    if rng.random() < 0.3:
        image = image + rng.normal(0, rng.uniform(0.005, 0.05), image.shape)
    image = np.uint8(np.clip(image, 0, 1) * 255 + 0.5)
    if rng.random() < 0.3:
        _, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]
    return image
