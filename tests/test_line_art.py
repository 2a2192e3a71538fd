"""Line art as a photo: what counts as such, and items whose drawings are the drawing itself."""
import cv2
import numpy as np
import pytest

from data.dataset import SketchDataset
from data.line_art import is_line_art, line_art_item


def circles(side=128, width=2, grey=0.0):
    """Black (or grey) circles on white."""
    image = np.full((side, side), 255, np.uint8)
    for radius in (12, 30, 50):
        cv2.circle(image, (side // 2, side // 2), radius, int(255 * grey), width, cv2.LINE_AA)
    return image.astype(np.float32) / 255


@pytest.mark.parametrize(
    "image,expected",
    [
        (circles(), True),
        (circles(width=-1), False),  # filled
        (circles(grey=0.5), False),
        (np.ones((128, 128), np.float32), False),  # blank
        (np.random.default_rng(0).random((128, 128)).astype(np.float32), False),
        (np.tile(np.linspace(0, 1, 128, dtype=np.float32), (128, 1)), False),  # shaded
    ],
)
def test_what_is_line_art(image, expected):
    assert is_line_art(image) == expected


def test_an_item_is_a_tinted_drawing_and_itself_six_times():
    drawing = circles()
    photo, ink = line_art_item(drawing, 6, np.random.default_rng(1))
    assert photo.dtype == np.uint8 and photo.shape == (128, 128, 3) and ink.shape == (6, 128, 128)
    assert (ink == ink[0]).all() and ink.min() >= 0 and ink.max() <= 1
    assert np.corrcoef(ink[0].ravel(), 1 - drawing.ravel())[0, 1] > 0.97
    assert photo[drawing > 0.99].min() >= 0.8 * 255 - 1 and photo[drawing < 0.01].max() <= 0.25 * 255 + 1


def test_the_share_of_line_art_is_kept_and_zero_changes_nothing(tmp_path):
    rng = np.random.default_rng(0)
    for folder in ("photos", "drawings"):
        (tmp_path / folder).mkdir()
    for i in range(8):
        cv2.imwrite(str(tmp_path / "photos" / f"{i}.png"), rng.integers(0, 255, (96, 96, 3), dtype=np.uint8))
    cv2.imwrite(str(tmp_path / "drawings" / "circles.png"), np.uint8(255 * circles()))

    def items(share, split="train"):
        folders = str(tmp_path / "photos"), str(tmp_path / "drawings")
        dataset = SketchDataset(*folders, split=split, size=64, length=40, line_art=share)
        return [dataset[i] for i in range(40)]

    mixed = items(0.5)
    share = np.mean(["drawing" in item["name"] for item in mixed])
    for item in mixed:
        if "drawing" in item["name"] and item["guidance"].min() == 0:
            ink, edges = (part[0].numpy().ravel() for part in (255 - item["guidance"], item["edges"]))
            assert np.corrcoef(ink, edges)[0, 1] > 0.9
    assert 0.2 < share < 0.7
    assert not any("drawing" in item["name"] for item in items(0) + items(1, split="val"))
