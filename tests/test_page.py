"""The page as a file: what is in it, how large it gets, and that it is written whole."""
import base64
import hashlib
import html.parser
import io
import os
import time
import tracemalloc
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from tests.page_kit import GRAYS, NASTY, RED, entry, picture
from utils import page
from utils.page import Entry, side_of, write_page

VOID = ("meta", "link", "img", "input")


class Reader(html.parser.HTMLParser):
    """Elements as (tag, attributes), text, and a check that every element is closed in order."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for found, attributes in self.elements if found == tag]

    def pictures(self):
        """Every embedded picture, in the order of the page: uint8 (H, W, 3)."""
        uris = [given.get("src") or given.get("data-src") for _, given in self.elements]
        return [decode(uri) for uri in uris if uri]


def decode(uri):
    kind, content = uri.split(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content, validate=True))).convert("RGB"))


def test_every_picture_is_in_the_page(tmp_path):
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0), entry(tmp_path, 1, candidates=0)], title="Two & more")
    read = Reader(tmp_path / "index.html")
    assert len(read.all("figure")) == len(read.all("input")) == 2
    colours = [picture[20:60, 20:100].mean((0, 1)) for picture in read.pictures()]
    expected = [(255,) * 3, RED, *((gray,) * 3 for gray in GRAYS), (255,) * 3, RED]
    assert np.abs(np.array(colours) - expected).max() < 6
    assert all(found.shape == (80, 120, 3) for found in read.pictures())
    assert "Two & more" in read.text and "2 pictures." in read.text


def test_every_picture_and_control_has_a_name(tmp_path):
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0), Entry(*list_of(entry(tmp_path, 1)))])
    read = Reader(tmp_path / "index.html")
    names = [given["alt"] for given in read.all("img")]
    assert names == ["Drawing of photo 0.jpg", "Photo: photo 0.jpg", "Sketch: photo 1.jpg", "Photo: photo 1.jpg"]
    assert all("photo" in given["aria-label"] for given in read.all("input"))


def list_of(one):
    return one.name, one.photo_path, one.drawing_path


def test_names_cannot_break_out(tmp_path):
    entries = [entry(tmp_path, number, name, candidates=1) for number, name in enumerate(NASTY)]
    write_page(str(tmp_path / "index.html"), entries, title=NASTY[0], labels=('"><b>', "<i>"))
    read = Reader(tmp_path / "index.html")
    assert len(read.all("script")) == 1 and len(read.all("img")) == 2 * len(NASTY)
    assert not any(key.startswith("on") for _, given in read.elements for key in given)
    for name in NASTY:
        assert f"Drawing of {name}" in [given["alt"] for given in read.all("img")]
        assert name in read.text


def test_a_name_that_is_no_text_is_written(tmp_path):
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0, "caf\udce9.jpg")])
    assert "caf?.jpg" in Reader(tmp_path / "index.html").text


def test_only_the_own_script_may_run_and_nothing_may_load(tmp_path):
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0)])
    text = (tmp_path / "index.html").read_text()
    policy = next(given["content"] for given in Reader(tmp_path / "index.html").all("meta") if "http-equiv" in given)
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    script = text[text.index("<script>") + 8 : text.index("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    assert "{{" not in text and "unsafe-eval" not in text


def test_links_lead_to_drawings_beside_the_page_only(tmp_path):
    one = entry(tmp_path, 0)
    write_page(str(tmp_path / "out" / "index.html"), [one])
    link, = Reader(tmp_path / "out" / "index.html").all("a")
    parts = urllib.parse.urlsplit(link["href"])
    assert not parts.scheme and not parts.query and not parts.fragment
    assert os.path.samefile(tmp_path / "out" / urllib.parse.unquote(parts.path), one.drawing_path)
    os.makedirs(tmp_path / "elsewhere")
    write_page(str(tmp_path / "elsewhere" / "index.html"), [one])
    assert not Reader(tmp_path / "elsewhere" / "index.html").all("a")
    assert str(tmp_path) not in (tmp_path / "elsewhere" / "index.html").read_text()


def test_large_pictures_are_reduced(tmp_path):
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0, candidates=1, size=(300, 1300))])
    assert {found.shape for found in Reader(tmp_path / "index.html").pictures()} == {(1024, 236, 3)}


def test_the_more_pictures_the_smaller(tmp_path, monkeypatch):
    sides = [side_of(count) for count in range(0, 5001, 50)]
    assert sides[0] == page.SIDES[1] and sides[-1] == page.SIDES[0]
    assert all(more <= less for less, more in zip(sides, sides[1:]))
    for count, side in zip(range(0, 5001, 50), sides):
        assert side == page.SIDES[0] or count * side**2 * page.ASPECT <= page.BUDGET
    monkeypatch.setattr(page, "SIDES", (100, 1024))
    monkeypatch.setattr(page, "BUDGET", 200 * 200 * 0.75 * 14)
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0, size=(300, 225)), entry(tmp_path, 1)])
    assert [max(found.shape) for found in Reader(tmp_path / "index.html").pictures()] == [200] * 7 + [120] * 7


def test_memory_does_not_grow_with_the_folder(tmp_path):
    noise = np.random.RandomState(0).randint(0, 256, (90, 120, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    one = Entry("a.png", str(tmp_path / "a.png"), str(tmp_path / "a.png"))

    def peak(count):
        tracemalloc.start()
        write_page(str(tmp_path / "index.html"), [one] * count)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, (tmp_path / "index.html").stat().st_size

    (few, small), (many, large) = peak(12), peak(60)
    assert large > 4 * small and many < 1.3 * few and many < large


def test_pictures_that_cannot_be_read_are_named_with_the_reason(tmp_path):
    entries = [entry(tmp_path, number, name) for number, name in enumerate(("a<b>.jpg", "c.jpg", "d.jpg", "e.jpg"))]
    os.unlink(entries[0].photo_path)
    with open(entries[1].drawing_path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
    os.unlink(entries[2].candidate_paths[1])
    write_page(str(tmp_path / "index.html"), entries)
    read = Reader(tmp_path / "index.html")
    assert "a<b>.jpg cannot be shown: no such file." in read.text and "c.jpg cannot be shown: " in read.text
    assert len(read.all("figure")) == 2 and len(read.pictures()) == 6 + 7
    write_page(str(tmp_path / "index.html"), entries, max_megapixels=0.001)
    assert Reader(tmp_path / "index.html").text.count("above the limit of 0.001 megapixels") == 2  # photos


def test_drawings_larger_than_photos_may_be_are_shown(tmp_path):
    one = entry(tmp_path, 0)
    for path in (one.drawing_path, *one.candidate_paths):
        picture(path, (90, 90, 90), (242, 80))  # as with --beside
    write_page(str(tmp_path / "index.html"), [one], max_megapixels=0.01)
    assert len(Reader(tmp_path / "index.html").pictures()) == 6


def test_large_photos_take_turns(tmp_path, monkeypatch):
    entries, under_way, most = [entry(tmp_path, number) for number in range(8)], [], []
    read = page.read

    def watched(*given):
        under_way.append(None)
        most.append(len(under_way))
        time.sleep(0.002)
        under_way.pop()
        return read(*given)

    monkeypatch.setattr(page, "THREADS", 4)
    monkeypatch.setattr(page, "read", watched)
    for limit in (page.LARGE, 120 * 80 - 1):
        most.clear()
        monkeypatch.setattr(page, "LARGE", limit)
        write_page(str(tmp_path / "index.html"), entries)
        assert (max(most) > 1) == (limit > 120 * 80)


def test_drawings_of_another_shape_have_no_slider(tmp_path):
    one = entry(tmp_path, 0, candidates=0)
    picture(one.drawing_path, (90, 90, 90), (242, 80))
    write_page(str(tmp_path / "index.html"), [one])
    read = Reader(tmp_path / "index.html")
    assert not read.all("input") and [found.shape for found in read.pictures()] == [(80, 242, 3)]


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_nothing_can_be_seen(tmp_path, ink):
    one = entry(tmp_path, 0, candidates=0)
    rgba = np.full((80, 120, 4), ink, np.uint8)
    rgba[..., 3] = 0
    rgba[20:60, 40:80, 3] = 255
    Image.fromarray(rgba).save(one.drawing_path)
    write_page(str(tmp_path / "index.html"), [one])
    drawing = Reader(tmp_path / "index.html").pictures()[0].astype(int)
    assert abs(drawing[40, 60] - ink).max() < 10 and abs(drawing[5, 5] - (255 - ink)).max() < 10


def test_no_photos_and_other_labels(tmp_path):
    write_page(str(tmp_path / "index.html"), [])
    assert "No pictures yet." in Reader(tmp_path / "index.html").text
    write_page(str(tmp_path / "index.html"), [entry(tmp_path, 0)], labels=("Drawing", "Photo"))
    read = Reader(tmp_path / "index.html")
    assert "Divider between drawing and photo" in read.all("input")[0]["aria-label"] and "Sketch" not in read.text


def test_the_page_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "page" / "index.html"
    path.parent.mkdir()
    path.write_text("old")

    def entries():
        yield from (entry(tmp_path, number) for number in range(8))
        raise KeyboardInterrupt

    class Stopping(list):
        __iter__ = lambda self: entries()

    with pytest.raises(KeyboardInterrupt):
        write_page(str(path), Stopping([None] * 9))
    assert path.read_text() == "old" and [found.name for found in path.parent.iterdir()] == ["index.html"]
    with pytest.raises(OSError):
        write_page(str(tmp_path / "nowhere" / "index.html"), [])
    write_page(str(path), [entry(tmp_path, 0)])
    assert [found.name for found in path.parent.iterdir()] == ["index.html"] and len(Reader(path).all("figure")) == 1
