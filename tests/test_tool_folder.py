"""Folders: what is found, which names drawings get, what is remembered, and how files are replaced."""
import io
import os
import pathlib
import subprocess
import sys
import time

import pytest

from utils import atomic, records
from utils.encode import EncodeError, encode
from utils.folder import InputError, Task, assign, find, protect_inputs


def touch(folder, *names):
    for name in names:
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def found_names(*inputs, output="nowhere"):
    found, problems = find([str(given) for given in inputs], str(output))
    assert not problems
    return [name for _, name in found]


def as_png(target):
    return [f"{target}.png"]


def with_candidates(target):
    return [f"{target}.png", f"{target}_1.png"]


def targets(names, names_of=as_png):
    tasks, warnings = assign([(f"/in/{name}", name) for name in names], names_of)
    return [task.target for task in tasks], warnings


def test_folders_are_searched_with_their_subfolders(tmp_path):
    touch(tmp_path, "b.JPG", "a/c.Jpeg", "a/d.webp", "a/b/e.tif", "ü ß/x y.v1.png", "notes.txt", "movie.mp4", "h.HEIC")
    assert found_names(tmp_path) == ["a/b/e.tif", "a/c.Jpeg", "a/d.webp", "b.JPG", "h.HEIC", "ü ß/x y.v1.png"]


def test_hidden_files_are_left_out(tmp_path):
    touch(tmp_path, "a.jpg", "._a.jpg", ".thumbnails/b.jpg")
    assert found_names(tmp_path) == ["a.jpg"]


def test_files_are_taken_by_name_whatever_their_extension(tmp_path):
    touch(tmp_path, "sub/a.jpg", "b.data")
    assert found_names(tmp_path / "sub" / "a.jpg", tmp_path / "b.data") == ["a.jpg", "b.data"]
    assert found_names(tmp_path / "b.data", tmp_path / "b.data") == ["b.data"]


def test_the_output_does_not_feed_on_itself(tmp_path):
    touch(tmp_path, "a.jpg", "Result/a.png", "Result/sub/b.png", "other/c.jpg")
    assert found_names(tmp_path, output=tmp_path / "Result") == ["a.jpg", "other/c.jpg"]
    (tmp_path / "link").symlink_to(tmp_path / "Result")
    assert found_names(tmp_path, output=tmp_path / "link") == ["a.jpg", "other/c.jpg"]


def test_output_into_the_input_folder_is_refused(tmp_path):
    touch(tmp_path, "a.jpg")
    with pytest.raises(InputError, match="is the input folder"):
        find([str(tmp_path)], os.path.join(tmp_path, "."))


def test_no_photo_is_replaced(tmp_path):
    touch(tmp_path, "sub/a.png")
    tasks = [Task(str(tmp_path / "sub" / "a.png"), "a.png", "a")]
    with pytest.raises(InputError, match="would be replaced"):
        protect_inputs(tasks, str(tmp_path / "sub"), as_png)
    protect_inputs(tasks, str(tmp_path), as_png)


def test_a_folder_called_like_a_picture_is_a_folder(tmp_path):
    touch(tmp_path, "x.jpg/y.jpg")
    assert found_names(tmp_path) == ["x.jpg/y.jpg"]


def test_looping_links_end(tmp_path):
    touch(tmp_path, "a/b/c.jpg", "d/e.jpg")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "d" / "self").symlink_to(tmp_path / "d")
    (tmp_path / "a" / "to-d").symlink_to(tmp_path / "d")
    assert found_names(tmp_path) == ["a/b/c.jpg", "d/e.jpg"]


def test_linked_folders_are_followed(tmp_path):
    touch(tmp_path, "real/a.jpg", "in/b.jpg")
    (tmp_path / "in" / "linked").symlink_to(tmp_path / "real")
    assert found_names(tmp_path / "in") == ["b.jpg", "linked/a.jpg"]


def test_links_that_lead_nowhere_are_listed_to_be_reported(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    assert found_names(tmp_path) == ["gone.jpg", "loop.jpg"]


def test_a_folder_that_cannot_be_listed_is_a_problem(tmp_path, monkeypatch):
    touch(tmp_path, "a.jpg", "closed/b.jpg")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found, problems = find([str(tmp_path)], "nowhere")
    assert [name for _, name in found] == ["a.jpg"]
    assert problems == [("closed", "the folder cannot be listed (Permission denied)")]


def test_missing_and_empty_inputs_are_sentences(tmp_path):
    with pytest.raises(InputError, match="no such file or folder"):
        find([str(tmp_path / "none")], "nowhere")
    with pytest.raises(InputError, match="no pictures there"):
        find([str(tmp_path)], "nowhere")


def test_names_are_kept():
    assert targets(["a.b.c.jpg", "x y/ü.PNG"]) == (["a.b.c", "x y/ü"], [])


def test_colliding_names_are_told_apart():
    names, warnings = targets(["a.jpg", "a.png", "sub/a.png"])
    assert names == ["a", "a.png", "sub/a"]
    assert len(warnings) == 1 and "a.png: its drawing is named a.png.png" in warnings[0]


def test_collisions_on_file_systems_without_case():
    names, warnings = targets(["IMG.jpg", "img.jpg"])
    assert names == ["IMG", "img.jpg"] and len(warnings) == 1


def test_candidates_do_not_meet_other_photos():
    names, _ = targets(["a.jpg", "a_1.jpg"], with_candidates)
    assert names == ["a", "a_1.jpg"]


def test_chains_of_collisions_stay_distinct():
    names, _ = targets(["a.jpg", "a.jpg.jpg", "a.jpg.png", "a.png", "a.png.gif"])
    assert len({name.lower() for name in names}) == 5


def test_many_photos_take_little_longer():
    start = time.process_time()
    assign([(f"/x/{index}.jpg", f"{index}.jpg") for index in range(20_000)], lambda target: [f"{target}.png"])
    assert time.process_time() - start < 5  # a minute where 20,000 names are made for each


def test_the_same_name_from_several_inputs():
    tasks, _ = assign([("/one/a.jpg", "a.jpg"), ("/two/a.jpg", "a.jpg"), ("/three/a.jpg", "a.jpg")], as_png)
    assert [task.target for task in tasks] == ["a", "a.jpg", "a.jpg-2"]


def test_a_file_does_not_take_the_place_of_a_folder():
    names, _ = targets(["a.png/b.jpg", "a.jpg"])
    assert names == ["a.png/b", "a.jpg"]


def task_of(path):
    path.write_bytes(b"photo")
    return Task(str(path), path.name, path.stem)


def test_records_compare_time_size_options_and_files(tmp_path):
    task = task_of(tmp_path / "a.jpg")
    stamp = records.stamp(task, "options")
    records.Records(tmp_path).add("a", stamp)
    assert not records.Records(tmp_path).holds("a", stamp, ["a.png"])  # the drawing is not there
    touch(tmp_path, "a.png")
    assert records.Records(tmp_path).holds("a", stamp, ["a.png"])
    assert not records.Records(tmp_path).holds("a", records.stamp(task, "others"), ["a.png"])
    assert not records.Records(tmp_path).holds("b", stamp, ["a.png"])
    os.utime(task.path, (1, 1))
    assert not records.Records(tmp_path).holds("a", records.stamp(task, "options"), ["a.png"])


def test_records_survive_a_line_cut_off(tmp_path):
    stamp = records.stamp(task_of(tmp_path / "a.jpg"), "options")
    touch(tmp_path, "a.png", "b.png")
    record = records.Records(tmp_path)
    record.add("a", stamp)
    with open(record.path, "ab") as file:
        file.write(b'{"target": "b", "wh')
    records.Records(tmp_path).add("b", stamp)
    again = records.Records(tmp_path)
    assert again.holds("a", stamp, ["a.png"]) and again.holds("b", stamp, ["b.png"])


def test_records_of_several_processes_merge_and_the_newest_counts(tmp_path):
    task = task_of(tmp_path / "a.jpg")
    touch(tmp_path, "a.png")
    old, new = records.stamp(task, "old"), records.stamp(task, "new")
    records.Records(tmp_path, 1).add("a", old)
    records.Records(tmp_path, 0).add("a", new)
    for _ in range(2):
        assert records.Records(tmp_path).holds("a", new, ["a.png"])
        records.Records(tmp_path).merge()
    assert len(list(tmp_path.glob(".photo2sketch-records-*"))) == 1
    assert len((tmp_path / ".photo2sketch-records-0.jsonl").read_text().splitlines()) == 1


def test_the_fingerprint_follows_options_and_weights(tmp_path):
    touch(tmp_path, "one", "two")
    (tmp_path / "two").write_bytes(b"y")
    cases = ((1.0, "one"), (1.5, "one"), (1.0, "two"), (1.0, "one"))
    prints = [records.digest({"ink": ink}, [tmp_path / name]) for ink, name in cases]
    assert len(set(prints)) == 3 and prints[0] == prints[3]


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.png"
    atomic.write_bytes(path, b"first")
    with pytest.raises(RuntimeError), atomic.replacing(path) as temporary:
        pathlib.Path(temporary).write_bytes(b"half")
        assert os.path.dirname(temporary) == str(tmp_path) and temporary.endswith(".png")
        raise RuntimeError
    assert path.read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["a.png"]


def test_leftovers_of_killed_processes_are_swept(tmp_path):
    code = f"import os\nfrom utils import atomic\nwith atomic.replacing({str(tmp_path / 'a.png')!r}) as temporary:\n"
    code += "    open(temporary, 'wb').write(b'half')\n    os._exit(9)"
    subprocess.run([sys.executable, "-c", code], cwd=pathlib.Path(__file__).parents[1])
    assert len(os.listdir(tmp_path)) == 1 and not (tmp_path / "a.png").exists()
    with atomic.replacing(tmp_path / "b.png") as mine:
        kept = {os.path.basename(mine), ".photo2sketch-otherhost-1-0.tmp.png", "keep.png"}
        touch(tmp_path, *kept)
        atomic.sweep(tmp_path)
        assert set(os.listdir(tmp_path)) == kept
        touch(tmp_path, os.path.basename(mine))


def test_formats_that_cannot_hold_a_picture_say_so():
    import numpy as np

    with pytest.raises(EncodeError, match="--format png or tiff"):
        encode(np.zeros((1, 70_000), np.uint8), "jpg")
    with pytest.raises(EncodeError, match="16383"):
        encode(np.zeros((17_000, 1), np.uint8), "webp")


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 4)])
@pytest.mark.parametrize("extension", ["png", "tiff"])
def test_lossless_formats_keep_every_pixel(shape, extension):
    import numpy as np
    from PIL import Image

    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode(image, extension)))), image)
