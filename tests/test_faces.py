"""Face maps, on faces of landmarks that are placed here, and their way into guidance and training items."""
import sys

import cv2
import numpy as np
import pytest

from data.dataset import SketchDataset
from data.faces import EYES, INNER_LIPS, NOSE, OUTER_LIPS, OVAL, face_map
from data.guidance import drawings
from tests.dataset_kit import picture, private_cache  # noqa: F401
from utils.training import face_maps
from utils.training.face_maps import write_face_maps

SKIN = (224, 172, 140)


def arc(points, indices, centre, radii, start, end):
    """Place landmarks evenly on an arc. Angles in degrees, 0 to the right, 90 down."""
    angle = np.radians(np.linspace(start, end, len(indices)))
    points[list(indices)] = np.stack([centre[0] + radii[0] * np.cos(angle), centre[1] + radii[1] * np.sin(angle)], 1)


def landmarks(width, centre):
    """A face seen from the front: float32 (478, 2)."""
    points = np.zeros((478, 2))
    arc(points, OVAL, (0, 0), (0.4, 0.5), -90, 260)
    for side, (upper, lower, brow, iris, cheek) in zip((-1, 1), EYES):
        x = 0.18 * side
        order = (180, 360) if side < 0 else (360, 180)  # from the outer corner of the left eye, or of the right one
        arc(points, upper, (x, -0.1), (0.08, 0.04), *order)
        arc(points, lower, (x, -0.1), (0.08, 0.03), order[0] % 360, 180 - order[0] % 360)
        arc(points, brow, (x, -0.2), (0.1, 0.015), 0, 324)
        points[iris[0]] = x, -0.1
        arc(points, iris[1:], (x, -0.1), (0.03, 0.03), 0, 270)
        arc(points, cheek, (x, 0.1), (0.05, 0.03), 0, 240)
    arc(points, NOSE, (0, 0.08), (0.06, 0.02), 180, 0)
    for lips, radius in ((OUTER_LIPS, 0.05), (INNER_LIPS, 0.004)):
        arc(points, lips[0], (0, 0.27), (0.14, radius), 180, 360)
        arc(points, lips[1], (0, 0.27), (0.13, radius), 180, 0)
    return np.float32(points * width + centre)


def at(points, indices, shape, radius):
    """Mask of the pixels near a line through landmarks."""
    mask = np.zeros(shape, np.uint8)
    cv2.polylines(mask, [np.int32(points[list(indices)])], False, 1, 2 * radius + 1)
    return mask > 0


def test_features_are_drawn_at_the_landmarks_however_faint_they_are():
    photo = np.full((200, 200, 3), SKIN, np.uint8)
    points = landmarks(120, (100, 100))
    ink, where, shade = face_map(photo, [points]).transpose(2, 0, 1)
    features = np.zeros(ink.shape, bool)
    for upper, lower, brow, iris, _ in EYES:
        assert ink[tuple(np.int32(points[iris[0]])[::-1])] > 200
        assert np.median(ink[at(points, upper[1:-1], ink.shape, 0)]) > 120
        features |= at(points, (*upper, *lower), ink.shape, 5)
    for line in (*INNER_LIPS, *OUTER_LIPS, NOSE):
        features |= at(points, line, ink.shape, 3)
    assert np.median(ink[at(points, INNER_LIPS[0], ink.shape, 0)]) > 150
    assert ink[~features].max() < 10
    y, x = np.mgrid[:200, :200]
    radius = np.hypot((x - 100) / 48, (y - 100) / 60)
    assert where[radius < 0.9].min() > 240 and where[radius > 1.15].max() < 5
    assert shade.max() < 5  # evenly lit


@pytest.mark.parametrize("iris", [60, 160])
def test_irises_are_lighter_than_pupils_and_the_white_of_an_eye_stays_paper(iris):
    photo = np.full((400, 400, 3), SKIN, np.uint8)
    points = landmarks(300, (200, 200))
    centres = [np.int32(points[eye.iris[0]]) for eye in EYES]
    for centre in centres:
        cv2.ellipse(photo, centre, (24, 12), 0, 0, 360, (90, 80, 70), -1)  # in shadow, darker than skin
        cv2.circle(photo, centre, 9, (iris, iris, iris), -1)
        cv2.circle(photo, centre, 4, (0, 0, 0), -1)
    ink = face_map(photo, [points])[..., 0]
    for x, y in centres:
        pupil, ring, white = ink[y, x], ink[y, [x - 6, x + 6]], ink[y - 1 : y + 2, [x - 14, x + 14]]
        assert pupil > 240 and white.max() < 20
        assert (80 < ring.max() < 120) if iris < 100 else (15 < ring.max() < 90)


def test_the_photo_darkens_no_feature_that_a_face_map_draws():
    gray = np.full((96, 96), 200, np.uint8)
    cv2.ellipse(gray, (48, 48), (12, 2), 0, 0, 360, 30, -1)
    photo, edges = cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), cv2.Canny(gray, 50, 100).astype(np.float32) / 255
    face = np.zeros((96, 96, 3), np.uint8)
    face[16:80, 16:80, 1] = 255
    cv2.ellipse(face, (48, 48), (16, 6), 0, 180, 360, (255, 255, 0), 2)  # a lid, which is the map's only line
    without, ink = drawings(photo, edges, edges), drawings(photo, edges, edges, face)
    within = (slice(1, None), slice(47, 50), slice(41, 56))
    assert (ink[within].mean((1, 2)) < 0.6 * without[within].mean((1, 2))).all()


def test_the_drawing_of_a_face_grows_with_it():
    small, large = (face_map(np.full((n, n, 3), SKIN, np.uint8), [landmarks(0.6 * n, (n / 2, n / 2))]) for n in (200, 400))
    reduced = cv2.resize(large, (200, 200), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - reduced).mean() < 2
    assert np.corrcoef(small[..., 0].ravel(), reduced[..., 0].ravel())[0, 1] > 0.8
    huge = face_map(np.full((2000, 2000, 3), SKIN, np.uint8), [landmarks(1200, (1000, 1000))])  # drawn smaller, then enlarged
    assert huge.shape == (2000, 2000, 3)
    assert np.corrcoef(cv2.resize(huge, (400, 400))[..., 1].ravel(), large[..., 1].ravel())[0, 1] > 0.99


def test_dark_glasses_have_no_eyes_drawn_on_them():
    photo = np.full((200, 200, 3), SKIN, np.uint8)
    points = landmarks(120, (100, 100))
    eyes = np.zeros(photo.shape[:2], bool)
    for upper, *_ in EYES:
        eyes |= at(points, upper, eyes.shape, 3)
        cv2.circle(photo, np.int32(points[list(upper)].mean(0)), 20, (20, 20, 25), -1)
    ink = face_map(photo, [points])[..., 0]
    assert ink[eyes].max() < 30 and np.median(ink[at(points, INNER_LIPS[0], ink.shape, 0)]) > 150


def test_shadow_on_a_face_is_shade():
    photo = np.full((200, 200, 3), SKIN, np.uint8)
    photo[:, :100] //= 2
    shade = face_map(photo, [landmarks(120, (100, 100))])[..., 2]
    assert shade[80:120, 70:85].min() > 150 and shade[80:120, 115:130].max() < 10


@pytest.mark.parametrize("width, centre", [(6, (50, 50)), (80, (0, 40)), (80, (95, 119)), (300, (50, 60))])
def test_tiny_faces_and_faces_beyond_the_border_are_drawn(width, centre):
    made = face_map(np.full((120, 100, 3), SKIN, np.uint8), [landmarks(width, centre)])
    assert made.shape == (120, 100, 3) and made[..., 1].max() > 200 and made[..., 0].max() > 50


def test_no_faces_no_map():
    beyond = [landmarks(20, centre) for centre in ((-60, 20), (90, 20), (30, -60), (30, 90))]
    assert face_map(np.full((50, 60, 3), 90, np.uint8), beyond).max() == 0
    assert face_map(np.full((50, 60, 3), 90, np.uint8), []).max() == 0


def test_guidance_draws_features_in_every_drawing_and_little_else_in_faces():
    photo = cv2.GaussianBlur(np.random.default_rng(0).integers(60, 255, (128, 128, 3)).astype(np.uint8), (0, 0), 1)
    edges = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    face = np.zeros((128, 128, 3), np.uint8)
    without = drawings(photo, edges, edges)
    assert np.array_equal(drawings(photo, edges, edges, face), without)
    face[20:100, 20:100, 1] = 255
    face[58:62, 40:80, 0] = 255
    ink = drawings(photo, edges, edges, face)
    assert ink[:, 59:61, 42:78].min() > 0.7
    assert (ink[:, 70:90, 30:90].mean((1, 2)) < 0.8 * without[:, 70:90, 30:90].mean((1, 2))).all()


@pytest.fixture
def photos(tmp_path):
    """Three photos, one of them with a face map: a bright disc where the face is."""
    for number in range(3):
        photo = picture(tmp_path / f"{number}.png", (300, 200), number) // 2
        if number == 1:
            cv2.circle(photo, (220, 60), 20, (255, 255, 255), -1)
            face = np.zeros_like(photo)
            cv2.circle(face, (220, 60), 20, (255, 255, 255), -1)
            (tmp_path / "face_map").mkdir()
            cv2.imwrite(str(tmp_path / "face_map/1.png"), face)
        cv2.imwrite(str(tmp_path / f"{number}.png"), photo)
    return tmp_path


def test_face_crops_show_faces_and_their_maps_follow_the_crop(photos):
    data = SketchDataset(str(photos), size=96, length=12, face_crops=1.0)
    assert "1 with face maps" in data.describe() and len(data.photos) == 3
    for item in (data[i] for i in range(12)):
        assert item["name"] == "1.png"
        disc = item["clean"].float().mean(0) > 200
        assert disc.any()
        drawn = item["guidance"][2] < 128  # the map's ink
        both = (disc & drawn).sum() / disc.sum()
        assert both > 0.8
        important = item["importance"][0] > 128
        assert important[disc].float().mean() > 0.8 and important.float().mean() < disc.float().mean() + 0.5
    mixed = SketchDataset(str(photos), size=96, length=60, face_crops=0.5)
    share = sum(mixed[i]["name"] == "1.png" for i in range(60)) / 60
    assert 0.5 < share < 0.85  # a half, and a third of the rest


def test_face_maps_that_do_not_fit_are_not_used(photos):
    cv2.imwrite(str(photos / "face_map/1.png"), np.full((50, 50, 3), 255, np.uint8))
    data = SketchDataset(str(photos), size=96, face_crops=1.0)
    assert data.photos.read(1).face is None and data[0]["guidance"].shape == (6, 96, 96)


def test_maps_of_large_photos_shrink_with_them(photos):
    photo = data = SketchDataset(str(photos), size=32).photos.read(1, least=100)
    assert photo.rgb.shape == photo.face.shape == (100, 150, 3)
    assert data.face[30, 110].min() == 255 and data.face[60, 30].max() == 0
    thin = np.zeros((200, 300, 3), np.uint8)
    thin[101, :, 2] = 255  # a line of one pixel, in the first channel of RGB
    cv2.imwrite(str(photos / "face_map/1.png"), thin)
    assert SketchDataset(str(photos), size=32).photos.read(1, least=50).face[25, :, 0].min() == 255


def test_maps_are_written_once_for_photos_with_faces(photos, capsys):
    seen = []

    def find(rgb):
        seen.append(rgb.shape)
        return [landmarks(80, (100, 100))] if len(seen) == 1 else []

    (photos / "4.jpg").write_bytes(b"no picture")
    (photos / "face_map/1.png").unlink()
    assert write_face_maps(str(photos), find) == (1, {"unreadable": 1}) and len(seen) == 3
    written, photo = (cv2.imread(str(photos / name))[..., ::-1] for name in ("face_map/0.png", "0.png"))
    assert np.array_equal(written, face_map(photo.copy(), [landmarks(80, (100, 100))]))
    assert write_face_maps(str(photos), find) == (0, {"unreadable": 1}) and len(seen) == 5  # the one that has a map is passed over


def test_a_missing_detector_is_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "mediapipe.python.solutions", None)
    with pytest.raises(SystemExit, match="pip install"):
        face_maps.main([str(tmp_path)])


def test_bad_folders_and_photos_are_sentences(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(face_maps, "FaceFinder", lambda: lambda rgb: [])
    with pytest.raises(SystemExit, match="nowhere"):
        face_maps.main([str(tmp_path / "nowhere")])
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(SystemExit, match="no usable pictures.*give the folder"):
        face_maps.main([str(tmp_path)])
    picture(tmp_path / "a.png")
    picture(tmp_path / "b/a.png")
    with pytest.raises(SystemExit, match="share one map: rename"):
        face_maps.main([str(tmp_path)])
    (tmp_path / "b/a.png").unlink()
    face_maps.main([str(tmp_path)])
    assert "skipped: 1 unreadable" in capsys.readouterr().out
