"""Photos, annotations, references and items, on folders made here."""
import json
import pickle

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from data.coco import read_annotations
from data.crops import Crop, random_crop
from data.dataset import SketchDataset
from data.degrade import degrade, shadow
from data.guidance import DRAWINGS
from data.photos import Photos
from data.pictures import find_pictures, held_out
from data.references import References, clean_paper
from tests.dataset_kit import picture, private_cache  # noqa: F401


@pytest.fixture
def coco(tmp_path):
    """A folder in COCO layout: three photos, two of them with objects."""
    images, annotations = [], []
    for i in range(3):
        picture(tmp_path / "coco/train2017" / f"{i:012d}.jpg", seed=i)
        images.append({"id": i, "file_name": f"{i:012d}.jpg", "width": 120, "height": 90})
    picture(tmp_path / "coco/val2017/000000000009.jpg", seed=9)
    square = [10, 10, 50, 10, 50, 40, 10, 40]
    for i, (photo, category) in enumerate([(0, 1), (0, 2), (2, 1)]):
        annotations.append(
            {"id": i + 1, "image_id": photo, "category_id": category, "bbox": [10, 10, 40, 30], "iscrowd": 0,
             "area": 1200, "segmentation": [square, [60, 60, 70, 60, 65, 70]] if i == 0 else [square]}
        )  # fmt: skip
    annotations.append(
        {"id": 9, "image_id": 2, "category_id": 2, "bbox": [0, 0, 20, 20], "iscrowd": 1, "area": 400,
         "segmentation": {"counts": [0, 20, 10780], "size": [90, 120]}}
    )  # fmt: skip
    categories = [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}]
    (tmp_path / "coco/annotations").mkdir()
    (tmp_path / "coco/annotations/instances_train2017.json").write_text(
        json.dumps({"images": images, "annotations": annotations, "categories": categories})
    )
    return tmp_path / "coco"


def test_coco_layout_with_objects_and_categories(coco):
    photos = Photos(str(coco))
    assert photos.names.tolist() == [f"{i:012d}.jpg" for i in range(3)]
    assert [len(photos.objects(i)) for i in range(3)] == [2, 0, 2]
    assert photos.objects(0)[0].tolist() == [10, 10, 40, 30]
    polygons = photos.annotations.polygons(0)
    assert [len(p) for p in polygons] == [4, 3, 4]
    assert polygons[1].tolist() == [[60, 60], [70, 60], [65, 70]]
    assert photos.annotations.polygons(1) == []
    (outline,) = photos.annotations.polygons(2)  # without the crowd
    (_, _), (crowded, (crowd,)) = photos.annotations.outlines(2)
    assert len(outline) == 4 and crowded
    assert crowd[:, 0].max() == 0 and crowd[:, 1].max() == 19  # its run is part of the first column
    assert photos.annotations.sizes.tolist() == [[120, 90]] * 3
    dogs = Photos(str(coco), categories=["dog"])
    assert dogs.names.tolist() == ["000000000000.jpg", "000000000002.jpg"]
    kept = [outline.tolist() for outline in photos.annotations.polygons(0, dogs.kept)]
    assert 0 < len(kept) < 3 and all(outline in [p.tolist() for p in polygons] for outline in kept)
    assert len(dogs.read(0).centres) == 1
    assert Photos(str(coco), "val").names.tolist() == ["000000000009.jpg"]
    with pytest.raises(ValueError, match="no category cow.*cat, dog"):
        Photos(str(coco), categories=["cow"])


def test_annotations_agree_with_pycocotools(coco):
    from pycocotools.coco import COCO

    path = str(coco / "annotations/instances_train2017.json")
    ours, theirs = read_annotations(path), COCO(path)
    for image in theirs.loadImgs(theirs.getImgIds()):
        place = ours.place(image["file_name"])
        objects = theirs.loadAnns(theirs.getAnnIds(image["id"]))
        assert ours.objects(place).tolist() == [o["bbox"] for o in objects]
        drawn = np.zeros((90, 120), np.uint8)
        for _, polygons in ours.outlines(place):
            cv2.fillPoly(drawn, [np.int32(polygon) for polygon in polygons], 1)
        expected = np.max([theirs.annToMask(o) for o in objects] or [np.zeros((90, 120), np.uint8)], axis=0)
        assert (drawn != expected).mean() < 0.03  # rasterisers differ on the rim
    assert ours.place("unknown.jpg") is None


def test_annotations_are_cached_and_renewed(coco):
    path = coco / "annotations/instances_train2017.json"
    first = read_annotations(str(path))
    assert isinstance(first.boxes, np.memmap) and not first.boxes.flags.writeable
    content = json.loads(path.read_text())
    content["annotations"] = content["annotations"][:1]
    path.write_text(json.dumps(content))
    assert len(read_annotations(str(path)).boxes) == 1 and len(first.boxes) == 4
    other = pickle.dumps(first)  # what a worker process that is not forked gets
    assert len(other) < 1000 and isinstance(pickle.loads(other).corners, np.memmap)
    path.write_text('{"images": [{"id": "x"}]}')
    with pytest.raises(ValueError, match="instances_train2017.json is not a COCO"):
        read_annotations(str(path))


def test_edge_maps_replace_the_computed_edges(coco):
    photos = Photos(str(coco))
    photo = photos.read(1)
    assert photo.semantic.shape == photo.fine.shape == (90, 120)
    map_ = np.zeros((90, 120), np.uint8)
    map_[40] = 200
    for folder in ("edge", "edge_fine"):
        (coco / folder).mkdir()
        cv2.imwrite(str(coco / folder / "000000000001.png"), map_)
    photos = Photos(str(coco))
    assert photos.has_edges().tolist() == [False, True, False]
    assert np.allclose(photos.read(1).semantic, map_ / 255) and np.allclose(photos.read(1).fine, map_ / 255)


def test_object_outlines_enter_the_computed_edges(coco):
    semantic = Photos(str(coco)).read(2).semantic
    assert semantic[10, 12:48].min() > 0.7  # the top side of the annotated square


@pytest.mark.parametrize("orientation, side", [(1, np.s_[10, 12:48]), (6, np.s_[12:48, 79])])
def test_objects_shrink_and_turn_with_their_photo(coco, orientation, side):
    """The photo is stored at eight times the size at which it is read, its objects likewise, and EXIF turns it."""
    path = coco / "annotations/instances_train2017.json"
    content = json.loads(path.read_text())
    for thing in content["annotations"]:
        thing["bbox"] = [8 * value for value in thing["bbox"]]
        if not thing["iscrowd"]:
            thing["segmentation"] = [[8 * value for value in ring] for ring in thing["segmentation"]]
    path.write_text(json.dumps(content))
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (960, 720), "gray").save(coco / "train2017/000000000002.jpg", exif=exif)
    photo = Photos(str(coco)).read(2, least=90)
    assert photo.rgb.shape == ((90, 120, 3) if orientation == 1 else (120, 90, 3))
    assert photo.semantic[side].min() > 0.7
    assert photo.centres.tolist() == ([[30, 25], [10, 10]] if orientation == 1 else [[65, 30], [80, 10]])


def test_plain_folder_is_split_and_bad_files_are_counted(tmp_path):
    for i in range(120):
        picture(tmp_path / f"some/{i % 3}/p{i}.png", seed=i)
    (tmp_path / "some/broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (tmp_path / "some/empty.jpg").write_bytes(b"")
    picture(tmp_path / "some/tiny.png", size=(20, 20))
    train, val = Photos(str(tmp_path / "some")), Photos(str(tmp_path / "some"), "val")
    assert set(train.names).isdisjoint(val.names) and len(train) + len(val) == 120 and len(val) > 0
    skipped = train.skipped + val.skipped
    assert skipped["unreadable"] == 2 and skipped["smaller than 64 pixels"] == 1
    assert "2 unreadable" in SketchDataset(str(tmp_path / "some"), size=64).describe()


def test_held_out_files_that_cannot_be_used_leave_the_validation_to_the_others(tmp_path):
    names = [f"p{i}.png" for i in range(200)]
    chosen = next(name for name in names if held_out(name))
    for folder in ("photos", "drawings"):
        for name in [name for name in names if not held_out(name)][:10]:
            picture(tmp_path / folder / name)
        picture(tmp_path / folder / chosen, size=(20, 20))  # the only one that would be held out is too small
    assert len(Photos(str(tmp_path / "photos"), "val")) == 10 and len(References([str(tmp_path / "drawings")], "val")) == 10
    assert Photos(str(tmp_path / "photos")).skipped["smaller than 64 pixels"] == 1
    assert References([str(tmp_path / "drawings")]).skipped["smaller than 64 pixels"] == 1


def test_missing_and_empty_folders_are_sentences(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder: .*nowhere"):
        Photos(str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="no usable pictures"):
        Photos(str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no usable drawings"):
        References([str(tmp_path)])


def test_crop_keeps_the_aspect_ratio_and_mirrors():
    y, x = np.mgrid[0:100, 0:160].astype(np.float32)
    part = Crop(left=20, top=10, side=64, size=32, mirror=False).apply(np.stack([y, x, x], 2))
    assert np.allclose(np.diff(part[..., 1], axis=1), 2) and np.allclose(np.diff(part[..., 0], axis=0), 2)
    assert np.allclose(part[0, 0, :2], (10.5, 20.5))
    assert np.array_equal(Crop(20, 10, 64, 32, True).apply(x), Crop(20, 10, 64, 32, False).apply(x)[:, ::-1])


def test_random_crops_stay_inside_and_objects_are_in_them():
    rng = np.random.default_rng(0)
    for _ in range(200):
        crop = random_crop((300, 500), 128, (0.5, 1.5), rng)
        assert 0 <= crop.left <= 500 - crop.side and 0 <= crop.top <= 300 - crop.side
        assert 128 / 1.5 - 1 <= crop.side <= 256
        crop = random_crop((300, 500), 128, (0.5, 1.5), rng, centre=(400, 150))
        assert crop.left < 400 < crop.left + crop.side and crop.top < 150 < crop.top + crop.side
    assert random_crop((50, 40), 128, (0.5, 1.5), rng).side == 40  # small pictures are enlarged


def test_items_depend_on_seed_epoch_and_index_alone(coco, tmp_path):
    picture(tmp_path / "drawings/a/d.png", seed=5)
    make = lambda **options: SketchDataset(str(coco), str(tmp_path / "drawings"), size=64, length=7, **options)  # noqa: E731
    first, second = make(object_crops=1.0), make(object_crops=1.0)
    second[3], second[0]
    a, b = first[5], second[5]
    assert a["photo"].shape == a["clean"].shape == (3, 64, 64) and a["guidance"].shape == (6, 64, 64)
    assert a["reference"].shape == (1, 64, 64) and all(a[k].dtype == torch.uint8 for k in ("photo", "guidance", "reference"))
    assert a["name"] == b["name"] and all(torch.equal(a[k], b[k]) for k in ("photo", "clean", "guidance", "reference"))
    assert make(reference_size=40)[5]["reference"].shape == (1, 40, 40)
    second.set_epoch(1)
    assert not torch.equal(first[5]["clean"], second[5]["clean"])
    assert not torch.equal(make(seed=1)[5]["clean"], a["clean"])
    assert sorted(first[i]["name"] for i in range(3)) == sorted(first[i]["name"] for i in range(3, 6))  # each once a pass


def test_crops_larger_than_the_photos_are_spoken_of(tmp_path):
    for i, side in enumerate((100, 100, 160)):
        picture(tmp_path / f"{i}.png", seed=i, size=(side, 200))
    assert "--size 100 would" in SketchDataset(str(tmp_path), size=128).describe()
    for size in (64, 100):
        assert "--size" not in SketchDataset(str(tmp_path), size=size).describe()


def test_validation_items_are_clean_and_fixed(coco):
    data = SketchDataset(str(coco), split="val", size=64)
    assert len(data) == 1 and torch.equal(data[0]["photo"], data[0]["clean"])
    assert data[0]["reference"].float().mean() == 255  # no references: blank paper


def test_guidance_that_nobody_asks_for_is_left_blank_and_all_else_stays(coco):
    guided, bare = (SketchDataset(str(coco), size=64, words=0.5, guided=asked) for asked in (True, False))
    for index in range(len(guided)):
        one, other = guided[index], bare[index]
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one if name not in ("guidance", "name"))
        assert one["guidance"].min() < 255 and other["guidance"].min() == 255 and other["guidance"].shape == (6, 64, 64)


def test_the_edges_of_an_item_lie_where_the_photo_does(tmp_path):
    for folder in ("train2017", "edge", "edge_fine"):  # the maps show the photo itself
        picture(tmp_path / folder / "1.png", (200, 160))
    for index in range(3):
        item = SketchDataset(tmp_path, size=64, length=3)[index]
        gray = cv2.cvtColor(item["clean"].permute(1, 2, 0).numpy(), cv2.COLOR_RGB2GRAY)
        assert item["edges"].shape == (1, 64, 64) and item["edges"].dtype == torch.uint8
        assert np.corrcoef(gray.ravel(), item["edges"].numpy().ravel())[0, 1] > 0.99


def test_an_undecodable_photo_is_replaced_by_another(coco):
    data = SketchDataset(str(coco), size=64, length=3)
    broken = coco / "train2017/000000000001.jpg"
    broken.write_bytes(broken.read_bytes()[:200])
    names = {data[i]["name"] for i in range(3)}
    assert names == {"000000000000.jpg", "000000000002.jpg"}


def test_degrade_changes_pixels_but_not_shape_and_keeps_the_scene():
    rng = np.random.default_rng(3)
    rgb = picture_array = cv2.resize(rng.integers(0, 255, (5, 5, 3)).astype(np.uint8), (64, 64), interpolation=cv2.INTER_CUBIC)
    results = [degrade(rgb, rng) for _ in range(60)]
    assert all(r.shape == rgb.shape and r.dtype == np.uint8 for r in results)
    assert sum(not np.array_equal(r, rgb) for r in results) > 40
    grey = picture_array.mean(2).ravel()
    assert np.median([np.corrcoef(r.mean(2).ravel(), grey)[0, 1] for r in results]) > 0.95


def test_some_inputs_are_dark_and_some_are_dark_on_one_side():
    rng = np.random.default_rng(2)
    results = [degrade(np.full((64, 64, 3), 200, np.uint8), rng).astype(np.float32) for _ in range(200)]
    light = np.array([[r[:32].mean(), r[32:].mean(), r[:, :32].mean(), r[:, 32:].mean()] for r in results]) / 200
    uneven = np.maximum(np.abs(light[:, 0] - light[:, 1]), np.abs(light[:, 2] - light[:, 3])) > 0.2
    assert 10 < uneven.sum() < 60
    assert 10 < (light.max(1)[~uneven] < 0.45).sum() < 60
    assert light.mean(1).min() > 0.04  # never all black


def test_crops_within_something_dark_and_wide_are_shaded(tmp_path):
    picture = np.full((480, 480, 3), 220, np.uint8)
    picture[100:380, 100:380] = 40
    cv2.imwrite(str(tmp_path / "coat.png"), picture)
    data = SketchDataset(str(tmp_path), size=64, length=40, scales=(2, 2))
    inside = [item for item in (data[i] for i in range(40)) if item["clean"].max() < 60]
    shaded = [1 - item["guidance"][DRAWINGS.index("shaded")].float().mean() / 255 for item in inside]
    assert len(inside) > 3 and min(shaded) > 0.05


def test_shadows_darken_one_side_softly_and_leave_the_other():
    rng = np.random.default_rng(1)
    masks = [shadow((80, 100), rng) for _ in range(40)]
    assert all(m.shape == (80, 100) and m.dtype == np.float32 and 0.12 <= m.min() and m.max() <= 1 for m in masks)
    assert np.mean([m.max() > 0.95 for m in masks]) > 0.7 and np.mean([m.min() < 0.75 for m in masks]) > 0.7
    assert max(np.abs(np.diff(m, axis=axis)).max() for m in masks for axis in (0, 1)) < 0.15  # no edge to draw
    assert min(m.min() for m in masks) < 0.3


def test_clean_paper_removes_the_sheets_tone_but_not_the_ink():
    rng = np.random.default_rng(0)
    sheet = (0.8 + 0.01 * rng.standard_normal((80, 80))).astype(np.float32)
    sheet[40:43, 10:70] = 0.2
    cleaned = clean_paper(sheet)
    assert (cleaned[:30] > 0.97).mean() > 0.95 and cleaned[41, 20:60].max() < 0.1


def test_find_pictures_leaves_folders_out(tmp_path):
    for name in ("a.JPG", "edge/b.png", "sub/edge/c.png", "d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert find_pictures(str(tmp_path), leave_out=("edge",)) == ["a.JPG", "sub/edge/c.png"]


def test_find_pictures_follows_links_and_enters_no_folder_twice(tmp_path):
    real, root = tmp_path / "real", tmp_path / "root"
    real.mkdir()
    root.mkdir()
    (real / "a.jpg").write_bytes(b"x")
    (root / "train2017").symlink_to(real)
    (root / "z-same").symlink_to(real)
    (real / "up").symlink_to(root)
    assert find_pictures(str(root)) == ["train2017/a.jpg"]
