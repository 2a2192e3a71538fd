"""The plain frame of a photo: what is one, what only looks like one, and that nothing is drawn there."""
import cv2
import numpy as np
import pytest

from utils.frame import BLACK, EDGE, MOST, THIN, widths, without_frame
from utils.greys import fine
from utils.style import pen
from utils.working import Working

SIZE = 300, 400


def scene(seed=0):
    """A photo without a frame: soft blotches of all colours."""
    small = np.random.default_rng(seed).integers(60, 200, (12, 16, 3)).astype(np.uint8)
    return cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_CUBIC)


def framed(top=0, bottom=0, left=0, right=0, colour=0):
    photo = scene()
    for rows, columns in ((slice(0, top), slice(None)), (slice(300 - bottom, 300), slice(None)), (slice(None), slice(0, left)), (slice(None), slice(400 - right, 400))):
        photo[rows, columns] = colour
    return photo


def test_a_photo_without_a_frame_is_drawn_to_its_border():
    sketch = np.full(SIZE, 90, np.uint8)
    for seed in range(5):
        assert widths(scene(seed)) == (0, 0, 0, 0) and without_frame(sketch, scene(seed)) is sketch


@pytest.mark.parametrize("colour", [0, 20, (3, 8, 30)])
def test_black_bars_are_found_whatever_side_they_are_on(colour):
    for bars in ((30, 30, 0, 0), (0, 0, 25, 40), (8, 9, 10, 11), (40, 0, 5, 0), (0, 6, 0, 0), (0, 0, 0, 7)):
        assert widths(framed(*bars, colour)) == tuple(EDGE * (bar > 0) + bar for bar in bars)


@pytest.mark.parametrize("colour", [255, 225, (20, 40, 230), BLACK])
def test_others_are_a_frame_where_they_are_on_all_sides(colour):
    for bars in ((8, 9, 10, 11), (30, 4, 25, 40)):
        assert widths(framed(*bars, colour)) == tuple(EDGE + bar for bar in bars)
    for bars in ((30, 30, 0, 0), (4, 4, 4, 0), (0, 6, 0, 0)):
        assert widths(framed(*bars, colour)) == (0, 0, 0, 0)
    mixed = framed(6, 0, 0, 0, 0)
    mixed[-6:] = 255
    assert widths(mixed) == (6 + EDGE, 0, 0, 0)


def test_a_bar_may_be_noisy_and_dusty_and_soft_at_its_edge():
    random = np.random.default_rng(0)
    photo = framed(30, 30, 0, 0).astype(float) + random.normal(0, 3, (*SIZE, 3))
    photo[10:13, 200:206] = 255
    photo = np.uint8(cv2.GaussianBlur(photo, (0, 0), 1).clip(0, 255))
    top, bottom, left, right = widths(photo)
    assert abs(top - 30 - EDGE) <= 3 and abs(bottom - 30 - EDGE) <= 3 and (left, right) == (0, 0)


def test_a_line_between_bar_and_picture_is_the_frames():
    photo = framed(20, 20, 20, 20)
    cv2.rectangle(photo, (20, 20), (379, 279), (255, 255, 255), 3)
    photo[23:277, 23:377] = 15  # as dark as the bar
    assert min(widths(photo)) >= 20 + EDGE - 2


def test_a_thin_bar_stands_alone_and_a_wide_one_does_not():
    thin, wide, most = int(THIN * 300) - 1, int(THIN * 300) + 6, int(MOST * 300)
    assert widths(framed(thin)) == (thin + EDGE, 0, 0, 0)
    assert widths(framed(wide)) == (0, 0, 0, 0)  # a dark floor
    assert widths(framed(wide, thin)) == (wide + EDGE, thin + EDGE, 0, 0)
    assert widths(framed(wide, 0, 0, 5)) == (wide + EDGE, 0, 0, 5 + EDGE)
    assert widths(framed(most + 2, most + 2)) == (0, 0, 0, 0) and widths(framed(most - 2, most - 2))[0] == most - 2 + EDGE
    assert widths(framed(0, 0, int(THIN * 400) - 1))[2] and not widths(framed(0, 0, int(THIN * 400) + 1))[2]


def test_what_fades_or_is_uneven_is_no_bar():
    night = np.uint8(np.clip(np.linspace(-20, 200, 300), 0, 255))[:, None, None].repeat(400, 1).repeat(3, 2)
    assert widths(night) == (0, 0, 0, 0) and widths(np.ascontiguousarray(night.swapaxes(0, 1)))[:2] == (0, 0)
    half = framed(30, 30)
    half[:40, :160] = half[-40:, :160] = 0  # its inner edge is one in three fifths only
    assert widths(half)[:2] == (0, 0)
    dotted = framed(30, 30)
    dotted[:, ::12] = 120
    assert widths(dotted)[:2] == (0, 0)
    for plain in (0, 128, 255):
        assert widths(np.full((*SIZE, 3), plain, np.uint8)) == (0, 0, 0, 0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (300, 1), (5, 7), (16, 16)])
def test_small_photos_have_no_frame_and_do_no_harm(shape):
    for photo in (np.zeros((*shape, 3), np.uint8), np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)):
        sketch = np.full(shape, 90, np.uint8)
        assert without_frame(sketch, photo).shape == shape


def test_what_lies_within_the_frame_stays_and_the_rest_is_paper():
    photo, sketch = framed(30, 20, 10, 5), np.random.default_rng(1).integers(0, 255, SIZE).astype(np.uint8)
    before = sketch.copy()
    drawn = without_frame(sketch, photo)
    top, bottom, left, right = widths(photo)
    inner = np.s_[top : 300 - bottom, left : 400 - right]
    assert np.array_equal(drawn[inner], sketch[inner]) and np.array_equal(sketch, before)
    outside = np.ones(SIZE, bool)
    outside[inner] = False
    assert (drawn[outside] == 255).all()
    greys = without_frame(fine(np.zeros(SIZE, np.float32)), photo)
    assert (greys[outside] == fine(np.ones((1, 1), np.float32))[0, 0]).all() and not greys[inner].any()


def test_the_pen_leaves_the_frame_out_and_amount_0_draws_what_the_network_draws():
    photo = framed(30, 30)
    working = Working(photo, SIZE, SIZE)
    sketch = np.full(SIZE, 60, np.uint8)
    drawn = pen(sketch, working, 1.0)
    assert (drawn[:36] == 255).all() and (drawn[264:] == 255).all() and drawn[60:240].mean() < 150
    assert np.array_equal(pen(sketch, working, 0), sketch)
    assert pen(sketch, Working(scene(), SIZE, SIZE), 1.0)[:36].mean() < 150
