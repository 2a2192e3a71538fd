"""The finder of faces, on the bundled photos and on pictures without any."""
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from tests.tool_kit import ROOT, scene
from utils import face_finder
from utils.checkpoint import CheckpointError
from utils.defaults import CHECKPOINTS
from utils.face_finder import MOST, FaceFinder
from utils.pictures import read_picture
from utils.resize import resize

PATH = CHECKPOINTS["faces"]
BY_EYE = {"girl": ((180, 140), 165), "portrait": ((250, 137), 105), "street": ((34, 334), 42)}  # middle and height of the largest face


def photo(name):
    return read_picture(os.path.join(ROOT, "Test", f"{name}.jpg"), 10)


@pytest.fixture(scope="module")
def find():
    return FaceFinder(PATH)


def middle(box):
    return box[:2] + box[2:] / 2


@pytest.mark.parametrize("name", BY_EYE)
def test_it_finds_faces_where_they_are(find, name):
    place, height = BY_EYE[name]
    box = max(find(photo(name)), key=lambda box: box[3])
    assert np.abs(middle(box) - place).max() < 0.2 * height and 0.75 < box[3] / height < 1.3


def test_there_are_none_in_other_photos_and_in_plain_pictures(find):
    others = [photo(name) for name in ("cat", "doors", "elephant", "gull", "kitchen", "mountains")]
    tiny = [np.zeros(shape, np.uint8) for shape in ((1, 1, 3), (1, 900, 3), (900, 1, 3))]
    for image in (*others, *tiny, np.full((90, 120, 3), 255, np.uint8), scene(96, 128)):
        found = find(image)
        assert found.shape == (0, 4) and found.dtype == np.float32


def test_crowds_are_found_up_to_a_number(find):
    """One face many times: the detector's own limit would count its finds before it merges those of one face."""
    face = resize(photo("portrait")[70:200, 185:310], 60, 60)
    for rows, least in ((6, 36), (9, MOST)):
        found = find(np.tile(face, (rows, rows, 1)))
        tiles = {tuple(np.int32(middle(box) // 60)) for box in found}
        assert len(tiles) >= 0.9 * least and len(found) <= MOST
    assert len(found) == MOST


def test_boxes_follow_the_photos_size_its_mirror_image_and_its_place(find):
    image = photo("girl")
    box, height = find(image)[0], BY_EYE["girl"][1]
    larger = find(resize(image, 2 * image.shape[0], 2 * image.shape[1]))[0]
    assert np.abs(larger / 2 - box).max() < 0.03 * height
    mirrored = find(np.ascontiguousarray(image[:, ::-1]))[0]
    mirrored[0] = image.shape[1] - mirrored[0] - mirrored[2]
    assert np.abs(mirrored - box).max() < 0.1 * height
    moved = find(np.pad(image, ((0, 0), (128, 0), (0, 0))))[0]
    assert np.abs(middle(moved) - middle(box) - (128, 0)).max() < 0.1 * height


def test_it_sees_what_opencv_reads(find):
    path = os.path.join(ROOT, "Test", "portrait.jpg")
    small = cv2.resize(cv2.imread(path), (320, 240), interpolation=cv2.INTER_AREA)  # of 512 x 384, blue first
    expected = cv2.FaceDetectorYN.create(PATH, "", (320, 240), 0.6).detect(small)[1]
    assert len(expected) and np.abs(find(photo("portrait")) - expected[:, :4] * 1.6).max() < 1


def test_threads_find_what_one_finds(find):
    images = [photo(name) for name in (*BY_EYE, "cat")] * 4
    expected = [find(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        for alone, together in zip(expected, pool.map(find, images)):
            assert np.abs(alone - together).max(initial=0) < 0.5


def test_opencv_says_nothing_about_devices(find, capfd):
    logging = getattr(cv2.utils, "logging", None)  # OpenCV 5 has it
    before, image = logging and logging.setLogLevel(logging.LOG_LEVEL_WARNING), photo("girl")
    for _ in range(3):
        finder, ready = FaceFinder(PATH), threading.Barrier(8)
        with ThreadPoolExecutor(8) as pool:  # each makes its own detector
            found = list(pool.map(lambda _: ready.wait() is not None and finder(image), range(8)))
        assert all(np.array_equal(one, found[0]) for one in found)
    assert capfd.readouterr() == ("", "")
    assert not logging or logging.setLogLevel(before) == logging.LOG_LEVEL_WARNING


def test_a_file_that_may_not_be_read_is_a_sentence(monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(face_finder, "open", refuse, raising=False)
    with pytest.raises(CheckpointError, match="cannot be read .Permission denied.*--faces 1"):
        FaceFinder(PATH)


def test_damage_that_shows_with_a_picture_alone_is_a_sentence(monkeypatch):
    def broken(*_):
        raise cv2.error("no such layer")

    monkeypatch.setattr(face_finder.FaceFinder, "__call__", broken)
    with pytest.raises(CheckpointError, match="is damaged. Copy it again"):
        FaceFinder(PATH)


def test_missing_and_damaged_files_are_a_sentence(tmp_path):
    with open(PATH, "rb") as file:
        content = file.read()
    for name, wrong in (("empty", b""), ("text", b"<html>not found</html>"), ("half", content[: len(content) // 2])):
        (tmp_path / name).write_bytes(wrong)
        with pytest.raises(CheckpointError, match=f"{name} is damaged. Copy it again .*--faces 1"):
            FaceFinder(str(tmp_path / name))
    with pytest.raises(CheckpointError, match="not found: .*none.*--faces 1"):
        FaceFinder(str(tmp_path / "none"))
