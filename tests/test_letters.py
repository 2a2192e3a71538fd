"""Letter maps, on words that are written here, and their way into guidance and training items."""
import sys

import cv2
import numpy as np
import pytest

from data.dataset import SketchDataset
from data.guidance import drawings
from data.letters import LARGEST, SMALLEST, letter_map
from tests.dataset_kit import picture, private_cache  # noqa: F401
from utils.training import letter_maps
from utils.training.letter_maps import write_letter_maps

COLOURS = [((20, 20, 20), (240, 240, 240)), ((250, 250, 250), (30, 60, 160)), ((220, 180, 40), (150, 30, 40))]  # letters, ground


def sign(letters=(20, 20, 20), ground=(240, 240, 240), scale=1.0, angle=0.0):
    """(photo, box, mask): "STOP" on even ground, the corners of its box, and where the letters are, bool."""
    mask = np.zeros((160, 240), np.uint8)
    (width, height), _ = cv2.getTextSize("STOP", cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    left, bottom = 120 - width // 2, 80 + height // 2
    cv2.putText(mask, "STOP", (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((120, 80), angle, 1)
    mask = cv2.warpAffine(mask, turn, (240, 160))
    box = np.float32([(-2, -height - 2), (width + 2, -height - 2), (width + 2, 3), (-2, 3)]) + (left, bottom)
    box = np.float32(cv2.transform(box[None], turn)[0])
    share = mask[..., None] / 255
    return np.uint8(share * letters + (1 - share) * ground), box, mask > 127


@pytest.mark.parametrize("letters, ground", COLOURS)
@pytest.mark.parametrize("angle", [0, 20, -75])
def test_letters_of_any_colour_and_direction_are_ink_and_the_ground_is_paper(letters, ground, angle):
    photo, box, mask = sign(letters, ground, angle=angle)
    ink, where, _ = letter_map(photo, [box]).transpose(2, 0, 1)
    near = cv2.dilate(np.uint8(mask), np.ones((5, 5))) > 0
    assert np.median(ink[mask]) > 200 and ink[~near].max() < 40
    assert where[mask].min() > 100
    outside = cv2.pointPolygonTest
    y, x = 5, 5
    assert outside(box, (x, y), False) < 0 and where[y, x] == 0


def test_words_too_small_or_too_large_to_be_written_are_left_out():
    photo, box, _ = sign()
    middle = box.mean(0)
    height = np.hypot(*(box[3] - box[0]))
    assert letter_map(photo, [box]).any()
    for wanted in (0.8 * SMALLEST, 1.2 * LARGEST):
        assert not letter_map(photo, [middle + (box - middle) * wanted / height]).any()


def test_what_has_not_two_tones_is_no_word():
    box = np.float32([(20, 60), (200, 60), (200, 90), (20, 90)])
    photo = np.full((160, 240, 3), 130, np.uint8)
    assert not letter_map(photo, [box]).any() and letter_map(photo, []).shape == photo.shape
    photo[60:85] = 40  # of one tone but for a rim
    assert not letter_map(photo, [box]).any()
    photo[:] = 130
    photo[:, ::12] = photo[:, 1::12] = 40
    assert letter_map(photo, [box]).any()
    photo[:, :100] = 40  # half of the ground is as dark as the letters
    assert not letter_map(photo, [box]).any()


def test_a_box_beyond_the_border_is_written_as_far_as_it_is_seen():
    photo, box, mask = sign()
    cut = photo[:, 110:]
    ink = letter_map(np.ascontiguousarray(cut), [box - (110, 0)])[..., 0]
    assert np.median(ink[mask[:, 110:]]) > 200


def test_guidance_writes_words_and_hatches_nothing_there():
    photo, box, mask = sign((250, 250, 250), (30, 30, 60))
    photo = cv2.GaussianBlur(photo, (0, 0), 1)
    edges = cv2.Canny(photo, 50, 150).astype(np.float32) / 255
    letters = letter_map(photo, [box])
    without, ink = drawings(photo, edges, edges), drawings(photo, edges, edges, letters=letters)
    gaps = (letters[..., 1] == 255) & (cv2.dilate(np.uint8(mask), np.ones((7, 7))) == 0)
    for kind in range(6):
        assert np.median(ink[kind][mask]) > 0.6 and ink[kind][gaps].max() < 0.05
    far = cv2.dilate(letters[..., 1], np.ones((9, 9))) == 0
    assert np.array_equal(ink[:, far], without[:, far])
    assert np.array_equal(drawings(photo, edges, edges, letters=np.zeros_like(letters)), without)


@pytest.fixture
def photos(tmp_path):
    """Three photos, one of them with a word and its map."""
    for number in range(3):
        picture(tmp_path / f"{number}.png", (240, 160), number)
    photo, box, _ = sign()
    cv2.imwrite(str(tmp_path / "1.png"), photo)
    (tmp_path / "letter_map").mkdir()
    cv2.imwrite(str(tmp_path / "letter_map/1.png"), letter_map(photo, [box])[..., ::-1])
    return tmp_path


def test_letter_crops_show_words_and_their_maps_follow_the_crop(photos):
    data = SketchDataset(str(photos), size=96, length=12, letter_crops=1.0)
    assert "1 with letter maps" in data.describe() and len(data.photos) == 3
    for item in (data[i] for i in range(12)):
        assert item["name"] == "1.png"
        letters = item["clean"].float().mean(0) < 60
        assert letters.any()
        assert (item["guidance"][:, letters] < 140).float().mean() > 0.9
        assert (item["importance"][0][letters] > 128).float().mean() > 0.9
        assert (item["edges"][0][letters] > 100).float().mean() > 0.8
    mixed = SketchDataset(str(photos), size=96, length=60, letter_crops=0.5)
    assert 0.5 < sum(mixed[i]["name"] == "1.png" for i in range(60)) / 60 < 0.85  # a half, and a third of the rest
    held_out = SketchDataset(str(photos), split="val", size=96, letter_crops=1.0)
    assert held_out.letter_crops == 0


def test_without_letter_maps_it_says_what_makes_them(photos):
    (photos / "letter_map/1.png").unlink()
    data = SketchDataset(str(photos), size=96, letter_crops=1.0)
    assert "utils.training.letter_maps" in data.describe() and data[0]["guidance"].shape == (6, 96, 96)


def test_maps_are_written_for_photos_with_words(photos):
    (photos / "letter_map/1.png").unlink()
    _, box, _ = sign()
    words = iter([np.zeros((0, 4, 2), np.float32), box[None], np.zeros((0, 4, 2), np.float32)])
    assert write_letter_maps(str(photos), lambda rgb: next(words)) == (1, {})
    photo = cv2.imread(str(photos / "1.png"))[..., ::-1].copy()
    assert np.array_equal(cv2.imread(str(photos / "letter_map/1.png"))[..., ::-1], letter_map(photo, [box]))


def test_a_missing_reader_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rapidocr_onnxruntime", None)
    with pytest.raises(SystemExit, match="pip install"):
        letter_maps.main([str(tmp_path)])


def test_bad_folders_are_sentences(monkeypatch, tmp_path):
    monkeypatch.setattr(letter_maps, "WordFinder", lambda: lambda rgb: np.zeros((0, 4, 2), np.float32))
    with pytest.raises(SystemExit, match="nowhere"):
        letter_maps.main([str(tmp_path / "nowhere")])
