"""Small faces drawn larger: what is enlarged, where it is laid in, and that every way to a drawing does so."""
import os

import cv2
import numpy as np
import pytest
import torch

from tests.tool_kit import ROOT, checkpoint, draw, reverse_weights, scene, store, weights  # noqa: F401 (fixtures)
from utils import close_ups as module
from utils import sketcher as sketching
from utils.close_ups import DARKER, LEAST, SIDES, SMALLEST, WHOLE, WIDTH, close_ups, in_faces, lay_in
from utils.defaults import CHECKPOINTS
from utils.greys import FINE, STEPS
from utils.pictures import read_picture
from utils.sketcher import NUMBERS, Sketcher
from utils.style import PLAIN, Style

BOX = (80.0, 60.0, 34.0, 40.0)  # left, top, width and height of a face


def places(height, width, scale=1):
    """A picture whose red and green tell the column and the row, in pixels of a picture that is `scale` times smaller."""
    picture = np.zeros((height * scale, width * scale, 3), np.float32)
    picture[..., 0] = (np.arange(width * scale) + 0.5) / scale
    picture[..., 1] = ((np.arange(height * scale) + 0.5) / scale)[:, None]
    return np.uint8(np.rint(picture.clip(0, 255)))


def away(close_up, shape):
    """Distance of each pixel from the middle of the face, by its half axes."""
    left, top, side, height, _ = close_up
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return np.hypot((x - left - side / 2) / (WIDTH * height / 2), (y - top - side / 2) / (height / 2))


@pytest.mark.parametrize("scale", [1, 3])  # 3: the photo has more pixels than are drawn
def test_the_square_around_a_face_is_enlarged(scale):
    working = places(200, 240)
    (one,) = close_ups(places(200, 240, scale), working, [BOX], 2.0)
    assert one.side == 96 and (one.left, one.top, one.height) == (80 + 17 - 48, 60 + 20 - 48, 40)
    assert one.pixels.shape == (192, 192, 3) and one.pixels.dtype == np.uint8
    y, x = (np.mgrid[:192, :192] + 0.5) / 2  # in pixels of the square
    inner = slice(8, -8), slice(8, -8)
    assert np.abs(one.pixels[..., 0][inner] - (one.left + x)[inner]).max() <= 1
    assert np.abs(one.pixels[..., 1][inner] - (one.top + y)[inner]).max() <= 1


def test_sides_that_were_rounded_shift_nothing():
    """Of a photo of 81 x 799, drawn at 26 x 256: its height has shrunk less than its width."""
    photo = np.zeros((81, 799, 3), np.float32)
    photo[..., 0] = (np.arange(799) + 0.5) * 256 / 799
    (one,) = close_ups(np.uint8(photo), np.zeros((26, 256, 3), np.uint8), [(225, 0, 20, 26)], 2.0)
    x = one.left + (np.arange(192) + 0.5) / 2
    within = x < 254
    assert abs((one.pixels[96, within, 0] - x[within] + 0.5).mean()) < 0.2  # 0.4 by the heights


def test_it_shows_the_photos_own_pixels_where_it_has_more(sketcher):
    fine = np.zeros((600, 720, 3), np.uint8)
    fine[:, ::3] = 255  # lines that are lost at a third of the size
    (one,) = sketcher.prepare(fine, Style(faces=3.0)).close_ups
    assert one.pixels.std() > 60  # 0 without them
    coarse = scene(40, 48)
    (one,), (other,) = (close_ups(photo, enlarged(coarse), [BOX], 2.0) for photo in (coarse, enlarged(coarse)))
    assert np.array_equal(one.pixels, other.pixels)  # small photos are enlarged once


def enlarged(photo):
    return cv2.resize(photo, (240, 200), interpolation=cv2.INTER_CUBIC)


def test_small_faces_are_enlarged_as_asked_larger_ones_less_and_others_not():
    photo = np.full((768, 768, 3), 90, np.uint8)

    def enlargement(height, times):
        found = close_ups(photo, photo, [(300, 300, 0.8 * height, height)], times)
        assert all(one.side >= 1.38 * height and len(one.pixels) in SIDES for one in found)
        return [len(one.pixels) / one.side for one in found]

    assert enlargement(SMALLEST - 0.1, 2.5) == enlargement(192, 2.5) == []
    for times, height in ((2.5, SMALLEST), (2.5, 54), (2.5, 56), (2.5, 91), (1.1, 60), (1.1, 190), (3.0, 30)):
        assert enlargement(height, times)[0] == pytest.approx(times, rel=0.01)
    large = np.concatenate([enlargement(height, 2.5) for height in range(91, 191)])
    assert (np.diff(large) <= 0).all() and LEAST < large[-1] < 1.25


def test_small_faces_take_less_work():
    photo = np.full((768, 768, 3), 90, np.uint8)
    work = [len(close_ups(photo, photo, [(300, 300, 0.8 * height, height)], 2.5)[0].pixels) for height in (30, 54, 56, 190)]
    assert work == [192, 192, 320, 320]


def test_faces_are_drawn_in_order_and_none_whose_middle_is_not_in_the_photo():
    photo = np.zeros((300, 300, 3), np.uint8)
    beyond = [(-40, 50, 30, 40), (50, 290, 30, 40), (50, -30, 30, 40), (290, 50, 30, 40)]
    found = close_ups(photo, photo, [*beyond, *((10 + index, 50, 30, 40) for index in range(20))], 2.0)
    assert [one.left for one in found] == [10 + index + 15 - 48 for index in range(20)]


@pytest.mark.parametrize("box", [(-10, -12, 34, 40), (20, 10, 34, 40), (2, 30, 28, 33)])
def test_beyond_the_photo_it_is_mirrored(box):
    photo = np.random.RandomState(0).randint(0, 256, (48, 60, 3)).astype(np.uint8)
    (one,) = close_ups(photo, photo, [box], 2.0)
    rows = np.pad(np.arange(48), 400, "reflect")[400 + one.top :][: one.side]
    columns = np.pad(np.arange(60), 400, "reflect")[400 + one.left :][: one.side]
    expected = cv2.resize(photo[rows][:, columns], (192, 192), interpolation=cv2.INTER_CUBIC)
    assert np.array_equal(one.pixels, expected)
    sketch = np.full((48, 60), 255, np.uint8)
    lay_in(sketch, np.zeros((192, 192), np.uint8), one)
    distance = away(one, sketch.shape)
    assert (sketch[distance < WHOLE[1] - 0.01] < 255).all() and (sketch[distance > WHOLE[1]] == 255).all()


@pytest.mark.parametrize("box", [BOX, (90.3, 61.7, 100.0, 120.0), (-5.0, 3.0, 34.0, 40.0)])
def test_the_face_is_the_close_ups_and_the_rest_is_untouched(box):
    photo = np.zeros((200, 240, 3), np.uint8)
    (one,) = close_ups(photo, photo, [box], 2.0)
    sketch = np.full((200, 240), 90, np.uint8)
    lay_in(sketch, np.full(one.pixels.shape[:2], 215, np.uint8), one)
    ink = 40 * (1 + DARKER * (len(one.pixels) / one.side - 1))
    distance = away(one, sketch.shape)
    assert (sketch[distance > WHOLE[1]] == 90).all()
    assert np.abs(sketch[distance < WHOLE[0]] - (255 - ink)).max() <= 1
    between = (distance > WHOLE[0]) & (distance < WHOLE[1])
    order = np.argsort(distance[between])
    assert (np.diff(sketch[between][order].astype(int)) <= 0).mean() > 0.99


def test_a_drawing_laid_in_lies_where_it_was(monkeypatch):
    monkeypatch.setattr(module, "DARKER", 0.0)
    smooth = np.uint8(np.rint(127 + 100 * np.sin(np.arange(200)[:, None] / 9) * np.cos(np.arange(240) / 7)))
    photo = np.repeat(smooth[..., None], 3, 2)
    for box in (BOX, (90.3, 61.7, 100.0, 120.0), (200.0, 160.0, 34.0, 40.0)):
        (one,) = close_ups(photo, photo, [box], 2.0)
        sketch = smooth.copy()
        lay_in(sketch, one.pixels[..., 0], one)
        assert np.abs(sketch - smooth.astype(float)).max() <= 4  # 17 where it is moved by a pixel


def test_fine_greys_are_as_bytes_and_ink_is_never_more_than_black():
    photo = scene(200, 240)
    (one,) = close_ups(photo, photo, [BOX], 2.0)
    sketch, drawn = (np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8) for seed, shape in ((0, (200, 240)), (1, (192, 192))))
    drawn[60:132] = 0
    fine, fine_drawn = (np.uint16(STEPS) * part.astype(np.uint16) for part in (sketch, drawn))
    assert fine_drawn.max() <= FINE
    lay_in(sketch, drawn, one)
    lay_in(fine, fine_drawn, one)
    assert np.abs(fine / STEPS - sketch).max() <= 1.1
    assert (sketch[75:85, 90:104] == 0).all()


@pytest.mark.parametrize("scale", [1, 0.5])
def test_faces_are_ellipses_around_their_middle(scale):
    boxes = np.float32([BOX, (10, 120, 60, 70), (90, 70, 34, 40), (-20, -30, 50, 60), (230, 190, 40, 50)])  # two overlap, two leave it
    shape = round(200 * scale), round(240 * scale)
    y, x = (np.mgrid[: shape[0], : shape[1]] + 0.5) / scale
    expected = np.zeros(shape)
    for left, top, width, height in boxes:
        distance = np.hypot((x - left - width / 2) / (0.85 * height / 2), (y - top - height / 2) / (height / 2))
        expected = np.maximum(expected, np.interp(distance, WHOLE, (1, 0)))
    assert np.abs(in_faces(boxes, shape, scale) - expected).max() < 1e-4
    assert not in_faces([], shape, scale).any()


@pytest.fixture
def sketcher(tmp_path, monkeypatch):
    """A tiny network, and a finder that finds BOX in every photo."""
    drawing = Sketcher(weights(tmp_path), "cpu", "float32", 256)
    monkeypatch.setattr(drawing, "find_faces", lambda photo: np.float32([BOX]))
    return drawing


def test_a_face_is_drawn_as_its_enlargement_is(sketcher):
    photo = scene(192, 256)
    style = PLAIN | {"candidate": 2}
    drawn, plain = (sketcher.draw(photo, **style | {"faces": faces}) for faces in (2.0, 1.0))
    (one,) = sketcher.prepare(photo, Style(faces=2.0)).close_ups
    alone = sketcher.engine.sketch(one.pixels, candidate=1).numpy()
    small = cv2.resize(alone, (96, 96), interpolation=cv2.INTER_AREA).astype(float)
    expected = (255 - 1.25 * (255 - small)).clip(0)
    inside = np.hypot(*(np.mgrid[:96, :96] - 47.5)) < 10
    place = slice(one.top, one.top + 96), slice(one.left, one.left + 96)
    assert np.abs(drawn[place] - expected)[inside].max() <= 2
    distance = away(one, plain.shape)
    assert np.array_equal(drawn[distance > WHOLE[1]], plain[distance > WHOLE[1]]) and not np.array_equal(drawn, plain)


def test_all_ways_to_a_drawing_draw_faces(sketcher, monkeypatch):
    monkeypatch.setattr(sketching, "has_dark_masses", lambda small: True)
    batch = [sketcher.prepare(np.minimum(scene(192, 256, seed), 60), Style(faces=faces)) for seed, faces in ((0, 2.0), (1, 1.0), (2, 2.5))]
    assert [len(one.close_ups) for one in batch] == [1, 0, 1]
    maps = sketcher.maps(batch)
    for number in NUMBERS:
        for drawn, of_maps, one in zip(sketcher.sketches(batch, candidate=number), maps, batch):
            assert np.abs(drawn.astype(int) - of_maps.drawings[number]).max() <= STEPS
            assert np.array_equal(drawn, sketcher.sketches([one], candidate=number)[0])
    plain = sketcher.maps([sketcher.prepare(np.minimum(scene(192, 256), 60), Style(faces=1.0))])[0]
    assert all(not np.array_equal(maps[0].drawings[number], plain.drawings[number]) for number in NUMBERS)
    assert np.array_equal(maps[0].confidences, plain.confidences)


def test_other_devices_draw_faces_together(sketcher, monkeypatch):
    monkeypatch.setattr(sketcher, "find_faces", lambda photo: np.float32([BOX, (150, 60, 34, 40), (60, 30, 66, 80)]))
    batch = [sketcher.prepare(scene(192, 256, seed), Style(faces=2.0)) for seed in range(2)]
    expected, counts, whole = sketcher.sketches(batch, candidate=1), [], sketcher.engine.sketches
    monkeypatch.setattr(sketcher, "device", torch.device("meta"))
    monkeypatch.setattr(sketcher.engine, "sketches", lambda photos, *rest: counts.append(photos.shape[:2]) or whole(photos, *rest))
    for one, other in zip(expected, sketcher.sketches(batch, candidate=1)):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert counts == [(2, 192), (4, 192), (2, 320)]


def test_faces_of_any_size_are_not_hatched_over(sketcher, monkeypatch):
    monkeypatch.setattr(sketcher, "find_faces", lambda photo: np.float32([(48, 28, 160, 200)]))  # too large for a close-up
    monkeypatch.setattr(sketching, "has_dark_masses", lambda small: True)
    monkeypatch.setattr(sketcher.engine, "sketches", lambda photos, detail, indices, *rest, **options: torch.full((len(indices), *photos.shape[:3]), FINE, dtype=torch.uint16))
    photo = np.full((256, 256, 3), 250, np.uint8)
    photo[8:248, 8:248] = 4
    assert not sketcher.prepare(photo).close_ups
    style = PLAIN | {"candidate": 5}
    over, spared = (255 - sketcher.draw(photo, **style | {"faces": faces}).astype(float) for faces in (1.0, 2.0))
    distance = np.hypot((np.mgrid[:256, :256][1] - 128) / (0.85 * 100), (np.mgrid[:256, :256][0] - 128) / 100)
    assert over[distance < 0.6].mean() > 40 and spared[distance < 0.6].max() <= 1
    assert np.array_equal(over[distance > 1.3], spared[distance > 1.3])


def test_a_large_photo_has_them_too(sketcher, monkeypatch):
    monkeypatch.setattr(sketching, "LARGE", 1000)
    working = sketcher.prepare(scene(192, 256), Style(faces=2.0))
    maps = sketcher.maps([working])[0]
    assert np.array_equal(maps.drawings[1], sketcher.sketches([working], candidate=1)[0])


def test_a_close_up_is_as_dense_as_the_drawing(sketcher):
    (one,) = sketcher.prepare(scene(192, 256), Style(faces=2.0)).close_ups
    drawn = sketcher.draw(scene(192, 256), **PLAIN | {"faces": 2.0, "detail": 1.0})
    small = cv2.resize(sketcher.engine.sketch(one.pixels, 1.0).numpy(), (96, 96), interpolation=cv2.INTER_AREA)
    expected = (255 - 1.25 * (255.0 - small)).clip(0)
    assert np.abs(drawn[one.top + 40 : one.top + 56, one.left + 40 : one.left + 56] - expected[40:56, 40:56]).max() <= 2


def test_sides_too_short_for_the_network_have_faces_of_their_own_size(sketcher, monkeypatch):
    seen = []
    monkeypatch.setattr(sketcher, "find_faces", lambda photo: seen.append(photo.shape) or np.float32([(100, -12, 30, 34)]))
    photo = scene(10, 256)
    (one,) = sketcher.prepare(photo).close_ups
    assert seen == [(10, 256, 3)] and np.array_equal(one.pixels, close_ups(photo, photo, [(100, -12, 30, 34)], 2.5)[0].pixels)
    assert sketcher.draw(photo).shape == (10, 256)


def test_nobody_looks_for_faces_that_are_drawn_as_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(sketching, "FaceFinder", None)
    Sketcher(weights(tmp_path), "cpu", "float32", 64).draw(scene(), faces=1.0)
    back = Sketcher(reverse_weights(tmp_path), "cpu", "float32", 64, "sketch2photo")
    back.draw(scene())
    with pytest.raises(ValueError, match="faces is for drawings"):
        back.draw(scene(), faces=2.0)
    for wrong in (0.9, 3.1):
        with pytest.raises(ValueError, match="faces must be between 1.0 and 3.0"):
            Style(faces=wrong)


def test_the_bundled_portrait_has_a_finer_face():
    photo = read_picture(os.path.join(ROOT, "Test", "portrait.jpg"), 10)
    sketcher = Sketcher(device="cpu", precision="float32", size=768)  # at which it is a small face
    plain, drawn = (sketcher.draw(photo, candidate=2, faces=faces).astype(float) for faces in (1.0, 2.5))
    inside = np.zeros(plain.shape, bool)
    inside[84:188, 207:287] = True  # the man's face
    changed = np.abs(plain - drawn) > 30
    assert changed[inside].mean() > 0.05 and not changed[:60].any() and not changed[250:, :400].any()
    fine = lambda image: np.abs(image - cv2.GaussianBlur(image, (0, 0), 1.0))[inside].mean() / (255 - image)[inside].mean()
    assert fine(drawn) > 1.05 * fine(plain)


def test_the_option_reaches_the_drawings_and_the_record(draw, tmp_path, monkeypatch):
    monkeypatch.setattr(sketching.FaceFinder, "__call__", lambda self, photo: np.float32([(15, 8, 26, 30)]))
    store(tmp_path / "in/a.png", scene(48, 64))
    drawn = []
    for faces in ("1", "3"):
        status, out, _ = draw("--faces", faces, "--skip-existing")
        assert status == 0 and "1 drawn" in out
        drawn.append((tmp_path / "out/a.png").read_bytes())
    assert drawn[0] != drawn[1]
    assert "0 drawn, 1 skipped" in draw("--faces", "3", "--skip-existing")[1]
    with open(CHECKPOINTS["faces"], "rb") as file:
        (tmp_path / "other.onnx").write_bytes(file.read() + b"\0")
    monkeypatch.setitem(CHECKPOINTS, "faces", str(tmp_path / "other.onnx"))
    monkeypatch.setattr(sketching, "FaceFinder", lambda path: lambda photo: np.zeros((0, 4), np.float32))
    assert "1 drawn" in draw("--faces", "3", "--skip-existing")[1]


def test_missing_weights_are_a_sentence(draw, tmp_path, monkeypatch):
    store(tmp_path / "in/a.png", scene(48, 64))
    monkeypatch.setitem(CHECKPOINTS, "faces", str(tmp_path / "none.onnx"))
    status, *said = draw()
    assert status == 1 and "none.onnx" in "".join(said) and "--faces 1" in "".join(said) and "Traceback" not in "".join(said)
    assert not (tmp_path / "out/a.png").exists()
    assert draw("--faces", "1")[0] == 0


def test_it_is_refused_for_photos(draw, capfd):
    with pytest.raises(SystemExit) as left:
        draw("--faces", "2", "--direction", "sketch2photo")
    assert left.value.code == 2 and "--faces" in capfd.readouterr().err
