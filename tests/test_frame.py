"""The black frame of a photo: what is one, what only looks like one, and that nothing is drawn there."""
import cv2
import numpy as np
import pytest

from utils.background import FoundForeground
from utils.frame import widths, without_frame
from utils.style import Style, inked
from utils.working import Working

SIZE = 300, 400
BEYOND = 3, 4  # pixels of them that go with a bar above or below, and at the sides


def scene(seed=0, shape=SIZE):
    """A photo without a frame: soft blotches of all colours, none of them black."""
    small = np.random.default_rng(seed).integers(70, 200, (12, 16, 3)).astype(np.uint8)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_LINEAR)


def framed(top=0, bottom=0, left=0, right=0, colour=0, shape=SIZE):
    photo = scene(0, shape)
    photo[:top], photo[shape[0] - bottom :], photo[:, :left], photo[:, shape[1] - right :] = colour, colour, colour, colour
    return photo


def with_beyond(bars):
    return tuple(bar + BEYOND[side // 2] if bar else 0 for side, bar in enumerate(bars))


def test_a_photo_without_a_frame_is_drawn_to_its_border():
    sketch = np.full(SIZE, 90, np.uint8)
    for seed in range(5):
        assert widths(scene(seed)) == (0, 0, 0, 0) and without_frame(sketch, widths(scene(seed))) is sketch


@pytest.mark.parametrize("colour", [0, 20, (3, 8, 30), 46])
@pytest.mark.parametrize("bars", [(30, 30, 0, 0), (0, 0, 25, 32), (8, 9, 10, 11), (100, 90, 0, 0), (0, 6, 0, 0), (0, 0, 9, 0), (40, 40, 5, 0), (65, 65, 5, 5), (30, 30, 90, 90), (100, 100, 8, 0)])
def test_black_bars_are_found_whatever_side_they_are_on(bars, colour):
    assert widths(framed(*bars, colour)) == with_beyond(bars)


@pytest.mark.parametrize("colour", [255, 50, (20, 40, 230), (10, 10, 60)])
def test_bars_of_other_colours_stay(colour):
    for bars in ((8, 9, 10, 11), (30, 30, 0, 0), (0, 6, 0, 0)):
        assert widths(framed(*bars, colour)) == (0, 0, 0, 0)


def test_a_wide_bar_needs_one_like_it_on_the_opposite_side():
    for bars in ((12, 0, 0, 0), (12, 0, 12, 0), (40, 20, 0, 0), (0, 0, 60, 20), (112, 112, 0, 0)):
        assert widths(framed(*bars)) == (0, 0, 0, 0)  # a dark floor, night above and below, half of the photo
    assert widths(framed(40, 31, 0, 0)) == (43, 34, 0, 0) and widths(framed(31, 40, 0, 0)) == (34, 43, 0, 0)
    assert widths(framed(7, 0, 0, 0)) == (10, 0, 0, 0) and widths(framed(8, 0, 0, 0)) == (0, 0, 0, 0)
    assert widths(framed(0, 0, 9, 0)) == (0, 0, 13, 0) and widths(framed(0, 0, 10, 0)) == (0, 0, 0, 0)
    assert widths(framed(30, 6, 0, 0)) == (0, 9, 0, 0)


def test_a_bar_may_be_noisy_and_dusty_and_soft_at_its_edge():
    random = np.random.default_rng(0)
    photo = framed(30, 30, 0, 0).astype(float)
    photo[:30] = 10
    photo += random.uniform(-12, 12, photo.shape)
    photo[10:13, 200:206] = 255
    photo[:, 40:44] = 120  # a scratch
    photo = np.uint8(cv2.blur(photo, (1, 5)).clip(0, 255))
    top, bottom, left, right = widths(photo)
    assert abs(top - 33) <= 3 and abs(bottom - 33) <= 3 and (left, right) == (0, 0)
    for many in (photo[:, ::2], photo[::2]):
        assert min(widths(np.ascontiguousarray(many))[:2]) > 0


@pytest.mark.parametrize("spoiled", [lambda bar: bar[:, ::12].__setitem__(slice(None), 90), lambda bar: bar[..., 2].__iadd__(np.uint8(40) * (np.arange(400) % 2).astype(np.uint8)), lambda bar: bar[:, :40].__setitem__(slice(None), 30)])
def test_what_is_not_of_one_colour_is_no_bar(spoiled):
    photo = framed(30, 30)
    spoiled(photo[:30])
    spoiled(photo[-30:])
    assert widths(photo) == (0, 0, 0, 0)


def test_what_fades_into_the_photo_is_no_bar():
    night = np.uint8(np.clip(np.linspace(-40, 200, 300), 0, 255))[:, None, None].repeat(400, 1).repeat(3, 2)
    assert widths(night) == (0, 0, 0, 0) and widths(np.concatenate([night[:150], night[149::-1]])) == (0, 0, 0, 0)
    assert widths(night.swapaxes(0, 1)) == (0, 0, 0, 0)
    for share, found in ((0.3, True), (0.5, False)):  # black behind the edge, too
        dark = framed(30, 30)
        dark[30:60, : int(400 * share)] = dark[-60:-30, : int(400 * share)] = 0
        assert (max(widths(dark)) > 0) == found
    for step, found in ((20, False), (30, True)):
        faint = np.full((*SIZE, 3), step, np.uint8)
        faint[:30] = faint[-30:] = 0
        assert (max(widths(faint)) > 0) == found
    for plain in (0, 30, 128, 255):
        assert widths(np.full((*SIZE, 3), plain, np.uint8)) == (0, 0, 0, 0)


def test_a_line_between_bar_and_picture_goes_with_the_bar():
    photo = framed(20, 20)
    photo[20:22] = photo[-22:-20] = 255
    photo[22:26] = photo[-26:-22] = 10  # as dark as the bar
    assert widths(photo) == (23, 23, 0, 0)


@pytest.mark.parametrize("rows", [15, 16, 17, 32, 33])
def test_bars_end_where_they_do_whatever_is_looked_at_at_once(rows):
    assert widths(framed(rows, rows)) == with_beyond((rows, rows, 0, 0))


@pytest.mark.parametrize("shape", [(16, 300), (24, 1024), (64, 1024), (96, 128), (300, 20)])
def test_thin_lines_around_small_and_long_photos_take_little_of_them(shape):
    photo = framed(1, 1, 1, 1, shape=shape)
    sketch = np.full(shape, 90, np.uint8)
    inner = without_frame(sketch, widths(photo)) < 255
    assert inner.mean() > 0.8 and not inner[0].any() and not inner[:, -1].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 1), (2, 2), (3, 5), (5, 7), (7, 60), (16, 16)])
def test_tiny_photos_do_no_harm(shape):
    random = np.random.default_rng(0)
    for photo in (np.zeros((*shape, 3), np.uint8), random.integers(0, 256, (*shape, 3)).astype(np.uint8), framed(1, 1, 1, 1, shape=shape)):
        sketch = np.full(shape, 90, np.uint8)
        drawn = without_frame(sketch, widths(photo))
        assert drawn.shape == shape and set(np.unique(drawn)) <= {90, 255} and (sketch == 90).all()


def test_what_lies_within_the_frame_stays_and_the_rest_is_paper():
    photo, sketch = framed(30, 25, 9, 4), np.random.default_rng(1).integers(0, 255, SIZE).astype(np.uint8)
    before = sketch.copy(), photo.copy()
    drawn = without_frame(sketch, widths(photo))
    inner = np.s_[33:272, 13:392]
    assert np.array_equal(drawn[inner], sketch[inner]) and np.array_equal(sketch, before[0]) and np.array_equal(photo, before[1])
    outside = np.ones(SIZE, bool)
    outside[inner] = False
    assert (drawn[outside] == 255).all()


def test_no_ink_of_any_kind_is_in_the_frame_but_at_crisp_0():
    photo = framed(30, 30)
    photo[30:270:2] //= 2  # strands up to the bars
    working, found = Working(photo, SIZE, SIZE), FoundForeground(np.ones((48, 64), np.float32))
    sketch = np.full(SIZE, 60, np.uint8)
    for style in (Style(), Style(line_width=2.0, ink=1.5), Style(candidate=5), Style(crisp=0.1, fur=1.0)):
        drawn = inked(sketch, style, working, found)
        assert (drawn[:33] == 255).all() and (drawn[267:] == 255).all() and drawn[60:240].mean() < 200
    assert (inked(sketch, Style(crisp=0.0, fur=0.0, shade=0.0, background=1.0), working) == sketch).all()
    assert inked(sketch, Style(candidate=3), Working(scene(), SIZE, SIZE))[:33].mean() < 150  # the blend is opened where the photo is grey
