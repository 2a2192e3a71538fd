"""Vector paths: valid SVG of the photo's size, few paths, right shapes and greys, a sentence without the tracer."""
import importlib.util
import re
import sys
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from utils import svg

SVG = "{http://www.w3.org/2000/svg}"
MISSING = importlib.util.find_spec("vtracer") is None
WITH_TRACER = pytest.mark.skipif(MISSING, reason="vtracer is not installed: pip install vtracer")


def boxes(path):
    """Bounding box (left, top, right, bottom) of each path in the units of the view box, and its group's opacity."""
    outer = ElementTree.parse(path).getroot()[0]
    across, down = map(float, re.findall(r"[\d.]+", outer.get("transform")))
    for group in outer:
        for element in group:
            shift = np.array(re.findall(r"[-\d.]+", element.get("transform")), float)
            points = np.array(re.findall(r"-?[\d.]+", element.get("d")), float).reshape(-1, 2) + shift
            box = (*(points.min(0) * (across, down)), *(points.max(0) * (across, down)))
            yield box, float(group.get("fill-opacity"))


@WITH_TRACER
def test_a_square_becomes_one_path_per_level_at_its_place(tmp_path):
    sketch = np.full((60, 80), 255, np.uint8)
    sketch[10:30, 20:50] = 0
    (tmp_path / "a.svg").write_bytes(svg.to_svg(sketch))
    found = list(boxes(tmp_path / "a.svg"))
    assert len(found) == len(svg.LEVELS)
    for box, _ in found:
        assert box == pytest.approx((20, 10, 50, 30), abs=0.8)
    assert 1 - np.prod([1 - opacity for _, opacity in found]) == 1


@WITH_TRACER
@pytest.mark.parametrize("shape", [(60, 80), (240, 2100)])
def test_the_view_box_is_the_photos_size(tmp_path, shape):
    sketch = np.full(shape, 255, np.uint8)
    cv2.rectangle(sketch, (shape[1] // 2, shape[0] // 2), (shape[1], shape[0]), 0, -1)
    (tmp_path / "a.svg").write_bytes(svg.to_svg(sketch, (3000, 4001)))
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("4001", "3000", "0 0 4001 3000")
    for box, _ in boxes(tmp_path / "a.svg"):
        assert box == pytest.approx((2000, 1500, 4001, 3000), abs=75)


@WITH_TRACER
def test_greys_reach_as_many_levels_as_they_are_dark(tmp_path):
    sketch = np.full((40, 160), 255, np.uint8)
    for index, ink in enumerate((0.05, 0.3, 0.55, 0.9)):
        sketch[10:30, 40 * index + 10 : 40 * index + 30] = round(255 * (1 - ink))
    (tmp_path / "a.svg").write_bytes(svg.to_svg(sketch))
    layers = [[opacity for box, opacity in boxes(tmp_path / "a.svg") if box[0] // 40 == index] for index in range(4)]
    shown = [1 - np.prod([1 - opacity for opacity in layer]) for layer in layers]
    assert [len(layer) for layer in layers] == [0, 1, 2, 3]
    assert shown == pytest.approx([0, 0.275, 0.55, 1], abs=0.002)


@WITH_TRACER
def test_lines_need_few_paths_and_specks_none(tmp_path):
    sketch = np.full((200, 200), 255, np.uint8)
    cv2.circle(sketch, (100, 100), 60, 0, 3, cv2.LINE_AA)
    sketch[5, 5] = 0
    (tmp_path / "a.svg").write_bytes(svg.to_svg(sketch))
    assert len(list(boxes(tmp_path / "a.svg"))) == len(svg.LEVELS)
    assert (tmp_path / "a.svg").stat().st_size < 12000
    (tmp_path / "blank.svg").write_bytes(svg.to_svg(np.full((20, 30), 255, np.uint8)))
    assert not list(boxes(tmp_path / "blank.svg"))


def test_without_the_tracer_the_install_line_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "vtracer", None)
    with pytest.raises(svg.TracerError, match="pip install vtracer"):
        svg.check_tracer()
    with pytest.raises(svg.TracerError, match="pip install vtracer"):
        svg.to_svg(np.zeros((20, 20), np.uint8))
