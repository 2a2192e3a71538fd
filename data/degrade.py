"""Damage that real photos have, applied to the network's input only: the guidance is made from the clean photo."""
import cv2
import numpy as np


def degrade(rgb, rng):
    """Random light, colour, blur, noise and JPEG artefacts for a uint8 (H, W, 3) crop. rng: numpy Generator."""
    image = rgb.astype(np.float32) / 255
    if rng.random() < 0.5:  # light: gamma, contrast, brightness
        image = np.clip(image, 0, 1) ** np.exp(rng.uniform(-0.5, 0.5))
        image = (image - 0.5) * rng.uniform(0.35, 1.2) + 0.5 + rng.uniform(-0.1, 0.1)
    if rng.random() < 0.4:  # colour: gains of the channels, and from grey to glaring, where a channel tells nothing any more
        grey = image.mean(2, keepdims=True)
        image = np.clip(grey + (image - grey) * rng.choice([0, rng.uniform(0.3, 2.5)], p=[0.25, 0.75]), 0, 1)
        image = image * rng.uniform(0.8, 1.2, 3)
    darkened = rng.random()
    if darkened < 0.2:  # against the light, half in the shade
        image = image * shadow(image.shape[:2], rng)[..., None]
    elif darkened < 0.35:  # a photo at night: dark, with the coarse noise of a high sensitivity
        light = dim(rng)
        noise = rng.normal(0, 0.003 + light * rng.uniform(0.01, 0.08), image.shape).astype(np.float32)
        image = light * image + cv2.GaussianBlur(noise, (0, 0), 0.7)
    if rng.random() < 0.25:  # out of focus, or enlarged
        image = cv2.GaussianBlur(image, (0, 0), np.exp(rng.uniform(np.log(0.4), np.log(2.5))))
    if rng.random() < 0.3:
        image = image + rng.normal(0, rng.uniform(0.005, 0.05), image.shape)
    image = np.uint8(np.clip(image, 0, 1) * 255 + 0.5)
    if rng.random() < 0.3:
        _, packed = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        image = cv2.imdecode(packed, cv2.IMREAD_COLOR)[..., ::-1]
    return image


def dim(rng):
    """A factor for tones, log-uniform from 0.12 to 0.7."""
    return float(np.exp(rng.uniform(np.log(0.12), np.log(0.7))))


def shadow(shape, rng):
    """Factors for tones, float32 of `shape`: 1 on one side of a line through the crop, less on the other, soft between."""
    height, width = shape
    x = np.arange(width, dtype=np.float32) - rng.uniform(0.2, 0.8) * width
    y = np.arange(height, dtype=np.float32) - rng.uniform(0.2, 0.8) * height
    angle = rng.uniform(0, 2 * np.pi)
    across = x * np.cos(angle) + y[:, None] * np.sin(angle)  # pixels from the line
    softness = max(shape) * np.exp(rng.uniform(np.log(0.02), np.log(0.2)))
    return np.float32(1 - (1 - dim(rng)) / (1 + np.exp(across / softness)))
