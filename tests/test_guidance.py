"""Guidance: its filters against formulas, and what the drawings promise on made pictures and on the bundled photos."""
import glob

import cv2
import numpy as np
import pytest
from scipy import ndimage

from data.edges import NEAR, edges_from_photo, strengthened
from data.filters import (
    blur,
    chroma_step,
    crest,
    dark_blobs,
    darker_than_surroundings,
    drop_specks,
    form,
    hysteresis,
    ramp,
    slope,
    valleys,
)
from data.guidance import DRAWINGS, drawings
from data.pictures import read_rgb
from data.skin import skin
from utils.strokes import PERIOD, stroke_field


@pytest.mark.parametrize("sigma,bound", [(2.0, 2e-3), (4.0, 0.02), (7.9, 0.02), (8.0, 0.02), (24.0, 0.02)])
def test_blur_is_a_gaussian(sigma, bound):
    image = (np.random.default_rng(0).random((97, 151)) > 0.5).astype(np.float32)
    image[:, 70:] = 1  # a step, where a computation on a smaller image errs most
    expected = ndimage.gaussian_filter(image.astype(np.float64), sigma, mode="reflect", truncate=4.0)
    assert np.abs(blur(image, sigma) - expected).max() < bound


def test_slope_is_the_gradient_per_pixel():
    y, x = np.mgrid[0:40, 0:40].astype(np.float32)
    assert np.allclose(slope(0.03 * x + 0.04 * y, 1.2)[10:-10, 10:-10], 0.05, atol=1e-4)


def test_valleys_are_dark_lines_and_no_steps():
    gray = np.full((40, 60), 0.8, np.float32)
    gray[:, 30:] = 0.4  # a step
    gray[:, 10:13] = 0.5  # a dark line of three pixels
    found = valleys(gray, 13)
    assert np.allclose(found[:, 10:13], 0.3) and found[:, 20:].max() < 1e-6


def test_skin_of_any_tone_is_found_and_other_colours_are_not():
    tones = [(255, 224, 196), (224, 172, 140), (172, 112, 80), (100, 60, 40)]
    others = [(60, 120, 200), (40, 160, 60), (128, 128, 128), (250, 250, 250), (220, 30, 30)]
    assert skin(np.uint8([tones])).all() and not skin(np.uint8([others])).any()


def test_chroma_step_sees_colour_and_not_light():
    light, colour = np.full((30, 40, 3), 90, np.uint8), np.full((30, 40, 3), 90, np.uint8)
    light[:, 20:] = 170
    colour[:, 20:] = (150, 70, 80)  # about as bright
    assert chroma_step(light, 2.0).max() < 1e-4 < 0.014 < chroma_step(colour, 2.0)[:, 20].min()


def test_shadows_on_skin_are_no_lines_and_creases_are():
    rgb = np.full((160, 160, 3), (224, 172, 140), np.uint8)
    rgb[:, 80:] = (161, 124, 101)  # the same skin in shadow
    semantic = np.zeros((160, 160), np.float32)
    semantic[:, 79:81] = 1
    semantic = cv2.GaussianBlur(semantic, (0, 0), 2) * 2.2  # what a detector that is in doubt says
    shadow = drawings(rgb, semantic, semantic)[0][:, 74:86].max()
    rgb[:, 78:82] = (90, 60, 50)
    crease = drawings(rgb, semantic, semantic)[0][:, 74:86].max()
    assert shadow < 0.1 and crease > 0.5


def test_crest_keeps_the_middle_of_a_line_and_nothing_beside_it():
    y, x = np.mgrid[0:64, 0:64]
    for distance in (x - 32, (x + y - 64) / 2**0.5):
        line = np.exp(-0.5 * (distance / 3) ** 2).astype(np.float32)
        kept = crest(line, 1.5) > 0
        inside = np.zeros_like(kept)
        inside[8:-8, 8:-8] = True
        assert np.abs(distance[kept & inside & (line > 0.05)]).max() <= 1
        assert kept[inside & (np.abs(distance) < 0.4)].all()


def test_hysteresis_keeps_long_lines_with_a_strong_part():
    lines = np.zeros((30, 40), np.float32)
    lines[3, 2:30] = 0.3  # long, weak
    lines[10, 2:30] = 0.3
    lines[10, 5] = 0.9  # long, strong somewhere
    lines[20, 2:6] = 0.9  # strong, short
    kept = hysteresis(lines, 0.2, 0.5, 10)
    assert kept[10, 2:30].all() and kept.sum() == 28


def test_drop_specks_removes_small_blots_only():
    ink = np.zeros((40, 40), np.float32)
    ink[5:7, 5:7], ink[20:30, 20:30] = 1, 1
    cleaned = drop_specks(ink, 0.2, 12)
    assert cleaned[5:7, 5:7].max() < 0.1 and cleaned[22:28, 22:28].min() > 0.99


def test_darker_than_surroundings_does_not_depend_on_brightness_much_and_ignores_plain_areas():
    plain = np.full((20, 20), 0.3, np.float32)
    assert np.abs(darker_than_surroundings(plain, 3)).max() < 1e-5
    dot = plain.copy()
    dot[10, 10] = 0.1
    assert np.unravel_index(darker_than_surroundings(dot, 3).argmax(), dot.shape) == (10, 10)


@pytest.mark.parametrize("angle", [0, 30, 45, 90, 135])
def test_form_points_along_stripes(angle):
    y, x = np.mgrid[0:80, 0:80]
    a = np.radians(angle)
    stripes = (0.5 + 0.5 * np.sin((-x * np.sin(a) + y * np.cos(a)) * 0.8)).astype(np.float32)
    c, s, coherence, _ = (part[40, 40] for part in form(stripes, 5.0))
    assert np.allclose((c, s), (np.cos(2 * a), np.sin(2 * a)), atol=0.05)
    assert coherence > 0.9


def test_dark_blobs_find_spots_of_their_size_and_no_lines():
    y, x = np.mgrid[0:60, 0:60]
    spot = (1 - 0.8 * np.exp(-((x - 30) ** 2 + (y - 30) ** 2) / (2 * 2.0**2))).astype(np.float32)
    line = (1 - 0.8 * np.exp(-((x - 30) ** 2) / (2 * 2.0**2))).astype(np.float32)
    found = dark_blobs(spot, 2.0)
    assert found[30, 30] > 0.2 and found[30, 30] == found.max()
    assert dark_blobs(line, 2.0).max() < 0.05 * found.max()
    assert dark_blobs(1 - spot, 2.0)[28:33, 28:33].max() < 1e-3  # a light spot is none


def test_stroke_field_is_periodic_directed_and_of_unit_variance():
    field = stroke_field()
    assert field.shape[1:] == (PERIOD, PERIOD) and not field.flags.writeable
    assert np.allclose(field.mean((1, 2)), 0, atol=0.02) and np.allclose(field.std((1, 2)), 1, atol=0.05)
    horizontal = field[0]  # strokes along x: neighbours in x agree, also around the border; far ones in y do not
    along = (horizontal * np.roll(horizontal, 3, axis=1)).mean()
    across = (horizontal * np.roll(horizontal, 3, axis=0)).mean()
    assert along > 0.8 and across < 0.3
    assert (horizontal[:, 0] * horizontal[:, -1]).mean() > 0.9


def guidance_of(rgb):
    return drawings(rgb, *edges_from_photo(rgb))


def test_plain_pictures_stay_clean_paper():
    for grey in (30, 128, 230):
        assert guidance_of(np.full((96, 96, 3), grey, np.uint8)).max() < 0.05


def test_a_disc_is_outlined_where_it_ends():
    rgb = np.full((160, 160, 3), 220, np.uint8)
    cv2.circle(rgb, (80, 80), 40, (40, 60, 50), -1, cv2.LINE_AA)
    ink = dict(zip(DRAWINGS, guidance_of(rgb)))
    y, x = np.mgrid[0:160, 0:160]
    rim = np.abs(np.hypot(x - 80, y - 80) - 40)
    angles = np.degrees(np.arctan2(y - 80, x - 80)).astype(int) % 360 // 5
    drawn = np.unique(angles[(rim < 4) & (ink["outline"] > 0.5)])
    assert len(drawn) == 72  # closed: ink in every sector of 5 degrees
    assert ink["outline"][rim > 8].max() < 0.1


def test_small_dark_spots_are_drawn_where_a_detector_sees_something():
    rgb = np.full((96, 160, 3), 200, np.uint8)
    fine = np.zeros((96, 160), np.float32)
    for column in (40, 120):
        cv2.circle(rgb, (column, 48), 2, (20, 20, 20), -1)
    cv2.circle(fine, (120, 48), 4, 0.6, 1)
    contour = drawings(rgb, np.zeros_like(fine), fine)[1]
    assert contour[44:53, 116:125].max() > 0.5 and contour[44:53, 36:45].max() < 0.15


def test_outlines_are_as_dark_as_their_edges_are_strong():
    rgb = np.full((120, 200, 3), 220, np.uint8)
    rgb[:, 60:140] = 60
    semantic = np.zeros((120, 200), np.float32)
    semantic[:, 59:62], semantic[:, 138:141] = 0.75, 1.1
    semantic = blur(semantic, 1)  # ridges of 0.65 and 0.95
    outline = drawings(rgb, semantic, semantic)[0]
    weak, strong = outline[20:100, 55:66].max(1), outline[20:100, 134:145].max(1)
    assert weak.min() > 0.25 and strong.min() > 0.9 and (strong > weak + 0.15).all()


def test_edges_where_an_object_ends_count_more_and_others_as_before():
    semantic = np.full((90, 120), 0.25, np.float32)
    semantic[:40] = 0
    square = np.float32([[30, 20], [90, 20], [90, 70], [30, 70]])
    found = strengthened(semantic, [square])
    assert np.allclose(found[70, 40:80], 0.5, atol=0.01)  # the root, on the outline
    assert found[:40].max() == 0  # no edge is drawn where there was none
    y, x = np.mgrid[0:90, 0:120]
    outside = np.maximum(np.abs(x - 60) - 30, np.abs(y - 45) - 25)
    assert np.allclose(found[np.abs(outside) > 2.5 * NEAR], semantic[np.abs(outside) > 2.5 * NEAR], atol=1e-3)
    assert strengthened(semantic, []) is semantic


def test_strokes_follow_the_origin():
    rgb = read_rgb("Test/elephant.jpg")[200:328, 80:208]
    semantic, fine = edges_from_photo(rgb)
    a, b = drawings(rgb, semantic, fine), drawings(rgb, semantic, fine, origin=(PERIOD, 2 * PERIOD))
    c = drawings(rgb, semantic, fine, origin=(5, 9))
    assert np.array_equal(a, b) and np.abs(a - c)[3].max() > 0.1
    assert np.array_equal(a[:3], c[:3])  # the drawings without shading do not change


@pytest.mark.parametrize("path", sorted(glob.glob("Test/*.jpg")))
def test_ink_rises_from_outline_to_shading_on_photos(path):
    ink = guidance_of(cv2.resize(read_rgb(path), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA))
    assert ink.dtype == np.float32 and ink.min() >= 0 and ink.max() <= 1
    amounts = ink[:4].mean((1, 2))
    assert (np.diff(amounts) > 0).all(), amounts


def test_smallest_crops_work():
    rgb = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    assert guidance_of(rgb).shape == (6, 16, 16)


def test_ramp():
    assert np.allclose(ramp(np.array([0, 1, 2, 3, 4]), 1, 3), [0, 0, 0.5, 1, 1])


def stripes(distance, thickness=2, size=240):
    """(rgb, edges): dark lines, `distance` pixels apart, as a detector sees them."""
    gray = np.full((size, size), 220, np.uint8)
    for x in range(40, size - 39, distance):
        gray[30:-30, x : x + thickness] = 40
    edges = cv2.GaussianBlur((gray < 100).astype(np.float32), (0, 0), 1.0)
    return cv2.merge([gray] * 3), np.clip(2 * edges, 0, 1)


def test_lines_are_finer_where_they_crowd_and_as_they_are_elsewhere(monkeypatch):
    apart, crowded = stripes(80), stripes(9)
    fine = [drawings(rgb, edges, edges)[:2] for rgb, edges in (apart, crowded)]
    monkeypatch.setattr("data.guidance.CROWDED", (2.0, 3.0))  # never
    wide = [drawings(rgb, edges, edges)[:2] for rgb, edges in (apart, crowded)]
    assert np.array_equal(fine[0], wide[0])
    inside = np.s_[:, 60:-60, 60:-60]
    assert fine[1][inside].mean() < 0.9 * wide[1][inside].mean()
    lines = (crowded[0][60:-60, 60:-60, 0] < 100)
    assert (np.median(fine[1][inside][:, lines], 1) > 0.5).all()  # thinner, not fainter
