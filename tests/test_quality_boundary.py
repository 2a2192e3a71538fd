"""Boundary F-measure: worked examples counted by hand, and a search through all matchings."""
import itertools
import json
import math

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from scipy.ndimage import distance_transform_edt
from skimage.draw import disk, line

from benchmarks.metrics_boundary import THRESHOLDS, counts, match_exact, summary, thin_lines
from benchmarks.truth import Folder, TruthError, default_folder, open_truth
from tests.dataset_kit import private_cache  # noqa: F401
from utils.metrics import f_measure, match_relaxed


def row_of(*rows, shape=(40, 60), columns=slice(10, 50)):
    mask = np.zeros(shape, bool)
    for row in rows:
        mask[row, columns] = True
    return mask


def test_matching_within_the_radius_only():
    truth, drawn = row_of(20), row_of(23)
    for match in (match_relaxed, match_exact):
        assert [m.sum() for m in match(drawn, truth, 3.0)] == [40, 40]
        assert [m.sum() for m in match(drawn, truth, 2.9)] == [0, 0]
        assert [m.sum() for m in match(drawn, np.zeros_like(truth), 3.0)] == [0, 0]
        assert [m.sum() for m in match(np.zeros_like(drawn), truth, 3.0)] == [0, 0]


def test_a_double_line_is_forgiven_by_relaxed_matching_only():
    truth, drawn = row_of(20), row_of(19, 21)
    assert [m.sum() for m in match_relaxed(drawn, truth, 2.0)] == [80, 40]
    assert [m.sum() for m in match_exact(drawn, truth, 2.0)] == [40, 40]


def test_relaxed_matching_agrees_with_the_distance_transform():
    rng = np.random.default_rng(0)
    drawn, truth = rng.random((2, 50, 70)) > 0.98
    for radius in (1.0, 2.5, 4.3):
        right, found = match_relaxed(drawn, truth, radius)
        assert np.array_equal(right, drawn & (distance_transform_edt(~truth) <= radius))
        assert np.array_equal(found, truth & (distance_transform_edt(~drawn) <= radius))


def test_exact_matching_is_as_large_as_any():
    rng = np.random.default_rng(1)
    for _ in range(20):
        drawn, truth = np.zeros((2, 9, 9), bool)
        drawn.flat[rng.choice(81, 5, replace=False)] = True
        truth.flat[rng.choice(81, 6, replace=False)] = True
        ours, theirs = np.argwhere(drawn), np.argwhere(truth)
        best = max(
            sum(math.dist(ours[i], theirs[j]) <= 2.3 for i, j in enumerate(order))
            for order in itertools.permutations(range(6), 5)
        )
        right, found = match_exact(drawn, truth, 2.3)
        assert right.sum() == found.sum() == best
        assert not (right & ~drawn).any() and not (found & ~truth).any()


def test_counts_and_f_of_a_worked_example():
    # Diagonal of 300 x 400 = 500 pixels: a radius of 3.75. Drawn: a true line, half of another one and a false one.
    truth = row_of(100, 200, shape=(300, 400), columns=slice(50, 350))
    lines = np.zeros((300, 400), np.float32)
    lines[102, 50:350] = 1
    lines[200, 50:200] = 1
    lines[250, 50:350] = 0.5
    for matching in ("relaxed", "exact"):
        low, high = counts(lines, [truth], matching, thresholds=(0.3, 0.8))
        assert low[1] == pytest.approx(750, abs=4) and high[1] == pytest.approx(450, abs=4)
        assert low[0] == high[0] == pytest.approx(450, abs=4)
        assert low[2] == high[2] == pytest.approx(450, abs=4 + 4 * (matching == "relaxed"))
        assert low[3] == high[3] == 600
        precision, recall = 1.0, 450 / 600
        assert f_measure(high) == pytest.approx(2 * precision * recall / (precision + recall), abs=0.01)


def test_several_annotators():
    # One drew two lines, the other one of them. A drawn line is right if anybody has it; all their pixels are true.
    truths = [row_of(10, 30), row_of(10)]
    lines = row_of(30).astype(np.float32)
    right, drawn, found, true = counts(lines, truths, "exact", thresholds=(0.5,))[0]
    assert (right, drawn, found, true) == (drawn, drawn, drawn, 120)
    assert drawn == pytest.approx(40, abs=2)


def test_perfect_and_empty_drawings():
    truth = row_of(10, 30)
    perfect = counts(truth.astype(np.float32), [truth])
    assert f_measure(perfect).min() > 0.98
    blank = counts(np.zeros(truth.shape, np.float32), [truth])
    assert f_measure(blank).max() == 0 and blank[0].tolist() == [0, 0, 0, 80]


def test_best_threshold_of_the_set_and_of_each_photo():
    # Photo 1 is perfect at the first threshold and useless at the second, photo 2 the other way round.
    perfect, useless = (10, 10, 10, 10), (0, 10, 0, 10)
    best, threshold, own = summary([[perfect, useless], [useless, perfect]], thresholds=(0.3, 0.7))
    assert (best, threshold, own) == (0.5, 0.3, 1.0)
    assert len(THRESHOLDS) == 19 and THRESHOLDS[0] == 0.05


def test_thick_soft_strokes_become_their_centre_line():
    lines = np.zeros((80, 80), np.float32)
    for offset, level in ((-2, 0.5), (-1, 1), (0, 1), (1, 1), (2, 0.5)):
        lines[40 + offset, 10:70] = level
    rows, columns = np.nonzero(thin_lines(lines, 0.25))
    inside = (columns > 14) & (columns < 65)
    assert set(rows[inside]) == {40} and inside.sum() == 50
    slanted = np.zeros((80, 80), np.float32)
    slanted[line(10, 10, 70, 50)] = 1
    assert thin_lines(slanted, 0.5).sum() == pytest.approx(61, abs=3)


def test_bsds_files(tmp_path):
    first, second = row_of(10), row_of(30)
    cells = np.empty((1, 2), object)
    for i, boundaries in enumerate((first, second)):
        cells[0, i] = {"Boundaries": np.uint8(boundaries), "Segmentation": np.zeros(boundaries.shape, np.uint16)}
    savemat(tmp_path / "7.mat", {"groundTruth": cells})
    truths, counted = Folder(str(tmp_path)).of("anywhere/7.jpg", first.shape)
    assert [truth.tolist() for truth in truths] == [first.tolist(), second.tolist()]
    assert counted is None and Folder(str(tmp_path)).of("8.jpg", first.shape) == ([], None)
    with pytest.raises(TruthError, match=r"7\.mat has not the size of anywhere/7\.jpg"):
        Folder(str(tmp_path)).of("anywhere/7.jpg", (10, 10))
    for content in (b"", b"MATLAB 5.0 MAT-file" + bytes(200)):
        (tmp_path / "9.mat").write_bytes(content)
        with pytest.raises(TruthError, match=r"9\.mat is no groundTruth file"):
            Folder(str(tmp_path)).of("9.jpg", first.shape)


def test_edge_maps_and_their_folder(tmp_path):
    photos, edges = tmp_path / "val2017", tmp_path / "edge"
    photos.mkdir()
    assert default_folder(str(photos)) is None
    edges.mkdir()
    assert default_folder(str(photos)) == str(edges)
    (photos / "edge").mkdir()
    assert default_folder(str(photos)) == str(photos / "edge")
    soft = np.zeros((60, 60), np.uint8)
    soft[disk((30, 30), 12)] = 200
    soft[disk((30, 30), 10)] = 0  # a ring two pixels thick
    cv2.imwrite(str(edges / "a.png"), soft)
    (truth,), _ = Folder(str(edges)).of("a.jpg", (60, 60))
    radii = np.hypot(*(np.argwhere(truth) - 30).T)
    assert len(radii) > 50 and radii.min() > 8.5 and radii.max() < 13
    (edges / "b.png").write_bytes(b"no picture")
    with pytest.raises(TruthError, match=r"b\.png cannot be read"):
        Folder(str(edges)).of("b.jpg", (60, 60))


def coco_file(folder, *things, size=(120, 100)):
    """An instances file of the photo a.jpg of 120 x 100 pixels with objects (segmentation, iscrowd): its truth, the photo."""
    photo = folder / "a.jpg"
    cv2.imwrite(str(photo), np.full((100, 120, 3), 200, np.uint8))
    common = {"image_id": 5, "category_id": 1, "bbox": [0, 0, 9, 9]}
    annotations = [{**common, "id": i, "segmentation": s, "iscrowd": c} for i, (s, c) in enumerate(things)]
    image = {"id": 5, "file_name": "a.jpg", "width": size[0], "height": size[1]}
    (folder / "a.json").write_text(json.dumps({"images": [image], "annotations": annotations}))
    return open_truth(str(folder / "a.json")), str(photo)


def rectangle(left, top, right, bottom):
    return [left, top, right, top, right, bottom, left, bottom]


def test_outlines_of_annotated_objects_and_where_drawings_count(tmp_path):
    crowd = {"size": [100, 120], "counts": [90 * 100, 10 * 100, 20 * 100]}
    truth, photo = coco_file(tmp_path, ([rectangle(20, 30, 70, 80)], 0), (crowd, 1))
    (outline,), counted = truth.of(photo, (100, 120))
    y, x = np.mgrid[0:100, 0:120]
    rim = np.abs(np.maximum(np.abs(x - 45), np.abs(y - 55)) - 25)
    assert rim[outline].max() <= 1.5 and 190 <= outline.sum() <= 210
    assert counted[30:80, 20:70].all() and not counted[:, 75:].any() and not counted[:25].any()
    ring, away = (rim < 1).astype(np.float32), np.float32((x == 100) | (y == 10))
    for drawn in (ring, np.maximum(ring, away)):  # what lies away from the object is not counted
        assert f_measure(counts(drawn, [outline], thresholds=(0.5,), counted=counted)[0]) > 0.99
    cross = np.maximum(ring, np.float32(x == 45))  # but a line within it is
    right, drawn, *_ = counts(cross, [outline], thresholds=(0.5,), counted=counted)[0]
    assert 35 < drawn - right < 55


def test_of_overlapping_objects_the_smaller_lies_on_top_and_tiny_ones_do_not_count(tmp_path):
    small, tiny, large = rectangle(50, 40, 80, 60), rectangle(90, 70, 95, 75), rectangle(10, 10, 110, 90)
    truth, photo = coco_file(tmp_path, ([small], 0), ([tiny], 0), ([large], 0))
    (outline,), counted = truth.of(photo, (100, 120))
    assert 90 <= outline[20:65, 20:85].sum() <= 102
    assert not outline[68:78, 88:98].any() and not counted[69:77, 89:97].any() and counted[69:77, 70:80].all()


def test_an_object_with_a_hole_ends_at_the_hole(tmp_path):
    mask = np.zeros((100, 120), np.uint8)
    mask[20:80, 20:100], mask[40:60, 40:80] = 1, 0
    runs = np.diff(np.flatnonzero(np.diff(np.r_[2, mask.T.ravel(), 2])))
    truth, photo = coco_file(tmp_path, ({"size": [100, 120], "counts": runs.tolist()}, 0))
    (outline,), _ = truth.of(photo, (100, 120))
    assert outline[30:70, 30:90].sum() > 90


@pytest.mark.parametrize("size", [(240, 200), (241, 200), (240, 201), (640, 533), (60, 50), (0, 0)])
def test_outlines_are_scaled_as_the_photo_was(tmp_path, size):
    factors = np.divide(size, (120, 100)) if all(size) else np.ones(2)
    things = [rectangle(20, 30, 70, 80), rectangle(84, 10, 104, 20)]
    plain, photo = coco_file(tmp_path, *(([thing], 0) for thing in things))
    (expected,), counted = plain.of(photo, (100, 120))
    scaled, photo = coco_file(tmp_path, *(([list(np.multiply(thing, [*factors] * 4))], 0) for thing in things), size=size)
    (outline,), where = scaled.of(photo, (100, 120))
    assert np.array_equal(outline, expected) and np.array_equal(where, counted)


def test_outlines_of_a_scaled_photo_that_is_stored_on_its_side(tmp_path):
    truth, photo = coco_file(tmp_path, ([rectangle(40, 60, 140, 160)], 0), size=(240, 200))
    upright, _ = truth.of(photo, (100, 120))
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise
    Image.open(photo).save(photo, exif=exif)
    (outline,), _ = truth.of(photo, (120, 100))
    turned = distance_transform_edt(~np.rot90(upright[0], -1))
    assert outline.sum() > 190 and turned[outline].max() <= 2  # an outline lies on one side of its edge


def test_objects_that_cannot_be_used(tmp_path):
    whole, square = rectangle(0, 0, 120, 100), rectangle(20, 30, 70, 80)
    truth, photo = coco_file(tmp_path, ([whole], 0))
    assert truth.of(photo, (100, 120)) == ([], None)  # it fills the photo: nothing ends within
    assert truth.of(str(tmp_path / "b.jpg"), (100, 120)) == ([], None)
    for nothing in ([], [[]], [[1, 2]]):
        truth, photo = coco_file(tmp_path, (nothing, 0))
        assert truth.of(photo, (100, 120)) == ([], None)
    for size in ((240, 180), (243, 200), (100, 120), (0, 100)):  # the photo is another cut of what was annotated
        truth, photo = coco_file(tmp_path, ([square], 0), size=size)
        with pytest.raises(TruthError, match="a.jpg has not the size that .*a.json says"):
            truth.of(photo, (100, 120))
    truth, photo = coco_file(tmp_path, ([square], 0), size=(240, 200))
    with pytest.raises(TruthError, match="has not the size"):
        truth.of(photo, (200, 240))  # the file of the photo is smaller than what was read
    for content in ("", "{}", '{"images": [], "annotations": [{"image_id": 3}]}', '{"images": [], "annotations": 3}'):
        (tmp_path / "b.json").write_text(content)
        with pytest.raises(TruthError, match="b.json is not a COCO instances file"):
            open_truth(str(tmp_path / "b.json"))
