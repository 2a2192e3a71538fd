"""The overview of a photo: crops are shaded as the photo is, and what is dark and wide is shaded within."""
import cv2
import numpy as np
import pytest

from data.crops import Crop
from data.edges import edges_from_photo
from data.filters import sharpness
from data.guidance import DRAWINGS, drawings
from data.overview import bodies, depth, light_tone, overview
from data.pictures import read_rgb

SHADED = [DRAWINGS.index(name) for name in ("shaded", "pencil", "blend")]
RIM = 16  # pixels in which filters see beyond the crop


def coat():
    """A wide dark square on light ground: (rgb, semantic), 400 x 400, and the crop in its middle."""
    rgb = np.full((400, 400, 3), 220, np.uint8)
    rgb[100:300, 100:300] = 40
    semantic = np.zeros((400, 400), np.float32)
    cv2.rectangle(semantic, (100, 100), (299, 299), 1.0, 2)
    return rgb, cv2.GaussianBlur(semantic, (0, 0), 1), Crop(160, 160, 80, 80, False)


def test_depth_runs_from_the_lights_to_the_darks_of_the_photo():
    tones = np.linspace(0, 1, 101)
    found = depth(tones, 0.8, 0.1)
    assert (found[tones > 0.7] == 0).all() and (found[tones < 0.1] == 1).all()
    between = found[(tones > 0.12) & (tones < 0.66)]
    assert (np.diff(between) < 0).all() and 0 < between.min() < between.max() < 1
    assert depth(np.float64([0.25]), 0.3, 0.25) == 0  # the darkest tone of a photo of one tone, nearly


def test_light_is_the_tone_of_most_of_the_photo_or_a_share_of_its_brightest():
    even = np.linspace(0, 1, 1001)
    assert light_tone(even) == pytest.approx(0.6, abs=1e-3)
    mostly_dark = np.where(even < 0.7, 0.1, 0.8)  # a coat that fills the photo
    assert light_tone(mostly_dark) == pytest.approx(0.65 * 0.8)
    assert light_tone(0.3 * even) == pytest.approx(0.3 * light_tone(even))  # it scales with the light


def test_the_overview_has_the_size_of_the_photo_and_its_darkest_tones():
    rgb = np.repeat(np.arange(200, dtype=np.uint8)[None, :, None], 3, 2).repeat(101, 0)
    found = overview(rgb, np.zeros((101, 200), np.float32))
    assert found.light == pytest.approx(0.6 * 199 / 255, abs=0.01) and found.deep == pytest.approx(0.02 * 199 / 255, abs=0.01)
    assert found.subject.shape == (101, 200) and found.subject.dtype == np.float32
    assert type(found.light) is type(found.light_evened) is float  # a numpy one would make all that follows float64


def test_the_middle_of_something_wide_and_dark_is_shaded():
    rgb, semantic, crop = coat()
    part, edges = crop.apply(rgb), crop.apply(semantic)
    alone = drawings(part, edges, edges)
    known = drawings(part, edges, edges, whole=overview(rgb, semantic).cropped(crop))
    assert alone[SHADED].max() < 0.02  # a crop alone is plain
    assert (known[SHADED].mean((1, 2)) > 0.1).all()
    assert known[:3].max() < 0.02  # no line


def test_what_is_darker_than_paper_is_shaded_within_contours_and_not_without():
    rgb = np.full((400, 400, 3), 250, np.uint8)
    rgb[120:280, 120:280] = 90
    contour = np.zeros((400, 400), np.float32)
    without = drawings(rgb, contour, contour)
    assert without[SHADED][:, 160:240, 160:240].max() < 0.02
    cv2.rectangle(contour, (120, 120), (279, 279), 1.0, 2)
    contour = cv2.GaussianBlur(contour, (0, 0), 1)
    within = drawings(rgb, contour, contour)
    assert (within[SHADED][:, 160:240, 160:240].mean((1, 2)) > 0.05).all()


def test_blurred_things_are_shaded_less():
    rgb, semantic, _ = coat()
    blurred = cv2.GaussianBlur(rgb, (0, 0), 8)
    sharp, soft = (overview(picture, semantic).subject[80:100].mean() for picture in (rgb, blurred))
    assert soft < 0.7 * sharp


def test_what_is_blurred_beside_something_sharp_is_paper():
    rgb, semantic, _ = coat()
    blurred = cv2.GaussianBlur(rgb, (0, 0), 8)
    found = overview(np.hstack([rgb, blurred]), np.hstack([semantic, semantic])).subject
    middle = (slice(150, 250), slice(150, 250))  # of the dark square
    assert found[middle].min() > 0.9 and found[:, 400:][middle].max() < 0.05
    assert overview(blurred, semantic).subject[middle].min() > 0.5  # all of the photo is blurred: dark things are shaded


def test_wide_dark_things_are_bodies_by_the_contours_along_their_rim():
    for side in (40, 120, 240):  # however far their middle is from any contour
        dark = np.zeros((300, 300), bool)
        dark[30 : 30 + side, 30 : 30 + side] = True
        around = cv2.GaussianBlur(cv2.rectangle(np.zeros((300, 300), np.float32), (30, 30), (29 + side, 29 + side), 1, 3), (0, 0), 3)
        touched = around * (np.arange(300) > 26 + side)  # contours along one of four sides: half as many, and less
        whole, part = (bodies(dark, np.zeros_like(dark), near)[0][dark] for near in (around, touched))
        assert whole.min() == whole.max() == 1 and part.max() < 0.5


def test_what_is_lit_up_raises_the_light_tone_of_dark_photos():
    rgb = np.uint8(np.random.default_rng(0).integers(0, 60, (80, 80, 1)).repeat(3, 2))
    found = overview(rgb, np.zeros((80, 80), np.float32))
    assert found.light < 0.2 and found.light_evened > 1.5 * found.light


@pytest.mark.parametrize("name", ["cat", "elephant", "street"])
def test_crops_are_shaded_as_the_photo_is(name, monkeypatch):
    monkeypatch.setattr("data.guidance.SPOTTED", (0.0,) * len(DRAWINGS))  # blacks see further than RIM
    rgb = read_rgb(f"Test/{name}.jpg")
    semantic, fine = edges_from_photo(rgb)
    photo, whole = drawings(rgb, semantic, fine), overview(rgb, semantic)
    side, inner = 192, slice(RIM, -RIM)
    off = {True: [], False: []}
    for top, left in ((0, 0), (rgb.shape[0] - side, 40), (60, rgb.shape[1] - side)):
        crop = Crop(left, top, side, side, False)
        expected = photo[:, top : top + side, left : left + side]
        for known in off:
            parts = [crop.apply(x) for x in (rgb, semantic, fine)]
            ink = drawings(*parts, whole=whole.cropped(crop) if known else None, origin=(top, left))
            wrong = [np.abs(cv2.GaussianBlur(x, (0, 0), 8))[inner, inner] for x in (ink - expected)[SHADED]]
            off[known].append(max(np.percentile(x, 95) for x in wrong))
    assert max(off[True]) < 0.04 and max(off[True]) < 0.5 * max(off[False])


def test_a_dark_part_is_a_ground_by_its_share_of_the_frame_and_else_a_body():
    contours, none = np.ones((100, 200), np.float32), np.zeros((100, 200), bool)
    middle = none.copy()
    middle[30:70, 60:140] = True
    body, ground = bodies(middle, none, contours)
    assert (body[middle] == 1).all() and ground.max() == 0 == body[~middle].max()
    assert bodies(middle, none, 0 * contours)[0].max() == 0  # a dark patch without contours
    body, ground = bodies(~middle, none, contours)
    assert (ground[~middle] == 1).all() and body.max() == 0 == ground[middle].max()
    bottom = np.zeros((100, 200), bool)
    bottom[60:, 10:190] = True  # stands on the lower edge
    body, ground = bodies(bottom, none, contours)
    assert (body[bottom] == 1).all() and ground.max() == 0
    contour = none.copy()
    contour[40:60, :] = contours[40:60, :] > 0  # all is dark: what lies above the contour is a ground, and below it a body
    body, ground = bodies(~none, contour, contours)
    assert (ground[:40] == 1).all() and (body[60:] > 0.9).all() and ground[60:].max() < 0.1
    assert (ground[40:43] == 1).all() and ground[57:60].max() < 0.1  # the rim goes with what it borders on


def test_a_dark_background_stays_paper():
    rgb, semantic, _ = coat()
    ink = drawings(255 - rgb, semantic, semantic)
    assert ink[:, :88].max() < 0.02 and ink[:, 312:].max() < 0.02  # and no halo beside the square from 100 to 300


def test_a_crop_of_the_overview_follows_the_crop():
    rgb, semantic, crop = coat()
    found = overview(rgb, semantic)
    part = found.cropped(Crop(50, 50, 100, 200, True))
    assert part.subject.shape == (200, 200) and (part.light, part.deep) == (found.light, found.deep)
    assert part.subject[:, :40].mean() > 0.5  # mirrored: the dark square is on the left now


def test_sharpness_of_a_smaller_image_is_that_of_the_photo():
    photo = np.zeros((160, 160), np.float32)
    photo[:, 40:] += 0.2
    photo += 0.2 * np.clip((np.arange(160, dtype=np.float32) - 95) / 30, 0, 1)  # a blurred step of the same height
    small = cv2.resize(photo, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    step, sharp = sharpness(photo)
    half_step, half_sharp = sharpness(small, 0.5)
    assert np.abs(step[80, ::2] - half_step[40]).max() < 0.35
    for image, at in ((sharp, 1), (half_sharp, 2)):
        assert image[80 // at, 40 // at] > 0.9 and image[80 // at, 110 // at] < 0.2
