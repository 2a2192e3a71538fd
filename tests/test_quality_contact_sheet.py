"""Contact sheets: sizes, aspect ratios and labels."""
import numpy as np
import pytest
from PIL import Image

from utils.contact_sheet import contact_sheet, save

RED, BLUE = np.array([200, 0, 0]), np.array([0, 0, 200])


def plain(height, width, colour):
    return np.broadcast_to(np.uint8(colour), (height, width, 3)).copy()


def extent(sheet, colour):
    """Height and width of the area of about one colour."""
    rows, columns = np.nonzero((np.abs(sheet.astype(int) - colour) < 30).all(2))
    return rows.max() - rows.min() + 1, columns.max() - columns.min() + 1


def test_pictures_keep_their_aspect_ratio():
    sheet = contact_sheet([[("wide", plain(100, 300, RED)), ("high", plain(50, 25, BLUE))]], cell=120, gap=10)
    assert extent(sheet, RED) == (40, 120)
    assert extent(sheet, BLUE) == (120, 60)
    assert sheet.shape[1] == 10 + 2 * 130


def test_rows_of_different_length_and_gray_pictures():
    gray = np.full((40, 40), 90, np.uint8)
    sheet = contact_sheet([[("a", gray)] * 3, [("b", gray)]], cell=64)
    assert sheet.dtype == np.uint8 and sheet.shape[2] == 3
    assert ((sheet == 90).all(2)).sum() == 4 * 64 * 64


def test_labels_are_drawn_below_and_stay_inside_their_cell():
    white = np.full((64, 64), 255, np.uint8)
    long = contact_sheet([[("a label that is far too long for its cell" * 3, white), ("", white)]], cell=128, gap=8)
    short = contact_sheet([[("b", white), ("", white)]], cell=128, gap=8)
    none = contact_sheet([[("", white), ("", white)]], cell=128, gap=8)
    assert long.shape == short.shape and none.shape[0] < short.shape[0]
    dark = long.max(2) < 120
    assert dark[: 8 + 128].sum() == 0, "no text on the pictures"
    assert dark[8 + 128 :, : 8 + 128 + 4].sum() > dark[8 + 128 :, 8 + 128 + 4 :].sum() == 0


def test_wrong_pictures_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        contact_sheet([[("float", np.zeros((8, 8), np.float32))]])
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([])


@pytest.mark.parametrize("name", ["sheet.png", "sheet.jpg"])
def test_save(tmp_path, name):
    rows = [[("a", np.full((30, 40), 128, np.uint8))]]
    save(rows, str(tmp_path / name), cell=80)
    with Image.open(tmp_path / name) as image:
        assert image.size == contact_sheet(rows, cell=80).shape[1::-1]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    with pytest.raises(ValueError, match="format"):
        save(rows, str(tmp_path / "sheet.xyz"))
