"""What is said of maps that cannot be used, and of photos that cannot be held back."""
import pytest

from data.dataset import SketchDataset
from data.photos import Photos
from tests.dataset_kit import picture, private_cache  # noqa: F401


def test_maps_of_another_size_than_their_photo_are_spoken_of(tmp_path):
    for name in ("a", "b"):
        picture(tmp_path / f"{name}.png", (120, 90))
    for folder in ("edge", "edge_fine"):
        picture(tmp_path / folder / "a.png", (120, 90))
        picture(tmp_path / folder / "b.png", (60, 45))
    assert Photos(str(tmp_path)).misfits(10) == ["edge/b.png", "edge_fine/b.png"]
    text = SketchDataset(str(tmp_path)).describe()
    assert "2 maps of 2 photos looked at have another size than their photo and are not used, such as edge/b.png" in text
    picture(tmp_path / "edge" / "b.png", (120, 90))
    picture(tmp_path / "edge_fine" / "b.png", (120, 90))
    assert "another size" not in SketchDataset(str(tmp_path)).describe()


def test_a_map_that_could_be_of_two_photos_is_refused(tmp_path):
    for folder in ("x", "y"):
        picture(tmp_path / folder / "a.png")
    assert len(Photos(str(tmp_path))) == 2
    picture(tmp_path / "edge" / "a.png")
    with pytest.raises(ValueError, match="edge/a.png in .* could be of x/a.png or of y/a.png"):
        Photos(str(tmp_path))


def test_photos_for_validation_that_are_those_of_the_training_are_called_so(tmp_path):
    for number in range(3):
        picture(tmp_path / f"{number}.png")
    words = "too few photos to hold any back"
    assert words in SketchDataset(str(tmp_path), split="val").describe()
    assert words not in SketchDataset(str(tmp_path)).describe()
    for number in range(3, 150):
        picture(tmp_path / f"{number}.png", (64, 64))
    train, val = (SketchDataset(str(tmp_path), split=split) for split in ("train", "val"))
    assert words not in val.describe()
    assert not set(train.photos.names) & set(val.photos.names)
