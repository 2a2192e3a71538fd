"""Pictures and folders for the tests of the data."""
import cv2
import numpy as np
import pytest


def picture(path, size=(120, 90), seed=0):
    """Write a soft random picture of (width, height) pixels. Returns it as uint8 (H, W, 3)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(0, 255, (6, 8, 3)).astype(np.uint8), size, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), image)
    return image


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    """What is kept between runs lies in the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
