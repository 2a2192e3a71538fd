"""Specks and stray strokes: what is taken away, against a slow count with SciPy, and what must stay."""
import cv2
import numpy as np
import pytest
from scipy import ndimage

from tests.photo_kit import working_of
from utils import specks
from utils.specks import ALONE, AREA, AROUND, CELL, DARK, INK, LONELY, LONGEST, NEAR, SIDE, SOFT
from utils.specks import specks_in
from utils.style import Style, inked

GREY, BLACK = 180, 20  # faint and dark ink


def sharp_photo(drawing):
    """Noise: a sharp step at every pixel, so that no stroke is stray."""
    return np.random.default_rng(3).integers(0, 256, (*drawing.shape, 3), np.uint8)


def soft_photo(drawing):
    """A broad gradient, as of a background out of focus."""
    return np.uint8(np.broadcast_to(np.linspace(60, 190, drawing.shape[1])[None, :, None], (*drawing.shape, 3)))


def cleaned(drawing, photo):
    return drawing | specks_in(drawing, working_of(photo).steps)


def without_specks(drawing):
    return cleaned(drawing, sharp_photo(drawing))


@pytest.fixture
def paper():
    """Paper with one large stroke, black, along the left side: uint8 (160, 200)."""
    drawing = np.full((160, 200), 255, np.uint8)
    drawing[:, 10:13] = BLACK
    return drawing


def marked(drawing, rows, columns, value):
    changed = drawing.copy()
    changed[rows, columns] = value
    return changed


def scribbles(seed, height=160, width=200):
    """Many strokes of all lengths and greys."""
    rng = np.random.default_rng(seed)
    drawing = np.full((height, width), 255, np.uint8)
    for _ in range(60):
        start = rng.integers(0, (width, height))
        end = start + rng.integers(-6, 7, 2) * rng.choice([1, 1, 1, 6])
        cv2.line(drawing, start.tolist(), end.tolist(), int(rng.integers(60, 240)), int(rng.integers(1, 3)))
    return drawing


def slowly(drawing):
    """without_specks() by SciPy, stroke by stroke, in float64."""
    height, width = drawing.shape
    ink = np.pad(1 - drawing / 255, ((0, height % CELL), (0, width % CELL)))
    ink = np.where(ink >= INK, ink, 0)
    pooled = lambda image, function: function(image.reshape(len(image) // CELL, CELL, -1, CELL), (1, 3))
    cells, count = ndimage.label(pooled(ink, np.max) > 0, np.ones((3, 3)))

    def is_small(stroke):
        rows, columns = np.nonzero(stroke)
        lengths = CELL * (np.ptp(rows) + 1), CELL * (np.ptp(columns) + 1)
        area, darkest = pooled(ink > 0, np.sum)[stroke].sum(), pooled(ink, np.max)[stroke].max()
        return area <= AREA and max(lengths) <= SIDE and darkest < DARK

    side = AROUND // CELL
    near = ndimage.uniform_filter(pooled(ink, np.sum), side, mode="constant") * side**2
    result = drawing.copy()
    for stroke in filter(is_small, (cells == number for number in range(1, count + 1))):
        if near[stroke].mean() - pooled(ink, np.sum)[stroke].sum() <= LONELY:
            pixels = stroke.repeat(CELL, 0).repeat(CELL, 1) & (ink > 0)
            around = ndimage.binary_dilation(pixels, np.ones((3, 3))) & (ink == 0)
            result[(pixels | around)[:height, :width]] = 255
    return result


@pytest.mark.parametrize("seed, shape", [(0, (160, 200)), (1, (160, 200)), (2, (161, 199)), (3, (160, 201))])
def test_agrees_with_a_count_stroke_by_stroke(seed, shape):
    drawing = scribbles(seed, *shape)
    assert np.array_equal(without_specks(drawing), slowly(drawing))
    assert 0 < (without_specks(drawing) != drawing).sum() < (drawing < 255).sum()


def test_a_faint_dash_that_stands_alone_goes_with_its_soft_rim(paper):
    dash = marked(paper, slice(79, 82), slice(99, 111), 245)
    dash = marked(dash, 80, slice(100, 110), GREY)
    assert np.array_equal(without_specks(dash), paper)


def test_of_a_broad_rim_one_pixel_goes_wherever_the_cells_lie(paper):
    for row in (80, 81):
        dash = marked(paper, slice(row - 2, row + 3), slice(97, 113), 245)
        dash = marked(dash, row, slice(99, 111), GREY)
        expected = marked(dash, slice(row - 1, row + 2), slice(98, 112), 255)
        assert np.array_equal(without_specks(dash), expected)


@pytest.mark.parametrize(
    "rows, columns, value",
    [
        (80, slice(100, 110), BLACK),  # dark: a bird
        (80, slice(18, 28), GREY),  # beside a larger stroke
        (slice(80, 82), slice(100, 101 + SIDE), GREY),  # long
        (slice(80, 91), slice(100, 111), GREY),  # broad
    ],
)
def test_other_strokes_stay(paper, rows, columns, value):
    drawing = marked(paper, rows, columns, value)
    assert np.array_equal(without_specks(drawing), drawing)


def test_few_go_and_many_close_together_stay(paper):
    for step, goes in ((14, True), (4, False)):
        field = paper.copy()
        field[30:130:step, 60:190:step] = GREY
        cleared = without_specks(field)[30:130, 60:190]
        assert ((cleared == 255).all() if goes else np.array_equal(cleared, field[30:130, 60:190]))


def test_nothing_gets_darker_and_mirrors_are_alike():
    drawing = scribbles(7)  # of even width: cells are others in an odd one
    once = without_specks(drawing)
    assert (once >= drawing).all()
    assert np.array_equal(without_specks(np.ascontiguousarray(drawing[:, ::-1])), once[:, ::-1])


def test_bands_join_without_seams(monkeypatch):
    tall = scribbles(5, height=700)
    whole = without_specks(tall)
    for rows in (64, 98, 1000):
        monkeypatch.setattr(specks, "BAND", rows)
        assert np.array_equal(without_specks(tall), whole)


def test_a_dark_dash_that_stands_alone_goes_where_the_photo_is_soft_alone(paper):
    dash = marked(paper, slice(80, 83), slice(90, 150), BLACK)
    photo = soft_photo(dash)
    assert np.array_equal(cleaned(dash, photo), paper)
    assert np.array_equal(cleaned(dash, sharp_photo(dash)), dash)
    stepped = photo.copy()
    stepped[81:] //= 2  # a border under the dash
    assert np.array_equal(cleaned(dash, stepped), dash)
    stepped = photo.copy()
    stepped[:, 30:] //= 2  # a border elsewhere
    assert np.array_equal(cleaned(dash, stepped), paper)
    blurred = cv2.GaussianBlur(np.where(np.arange(160)[:, None, None] < 81, photo, photo // 2), (0, 0), 8)
    assert np.array_equal(cleaned(dash, blurred), paper)


def test_a_stroke_is_alone_by_the_ink_near_it_and_soft_by_the_steps_under_it(paper):
    dash = marked(paper, slice(80, 83), slice(90, 150), BLACK)
    box = (3 + 2 * NEAR) * (60 + 2 * NEAR)
    dashes_stay = lambda drawing, steps: not specks_in(drawing, np.full((80, 100), steps, np.uint8))[80:83, 90:150].any()
    for side, stays in ((4, False), (6, True)):  # a spot beside it
        assert (side**2 * (1 - BLACK / 255) > ALONE * box) == stays
        assert dashes_stay(marked(dash, slice(88, 88 + side), slice(100, 100 + side), BLACK), 0) == stays
    assert not dashes_stay(dash, round(255 * 0.9 * SOFT)) and dashes_stay(dash, round(255 * 1.2 * SOFT))


@pytest.mark.parametrize(
    "rows, columns",
    [
        (slice(80, 83), slice(13 + NEAR // 2, 80)),  # beside a larger stroke
        (slice(80, 83), slice(40, 41 + LONGEST)),  # long
        (slice(75, 87), slice(90, 106)),  # a spot
    ],
)
def test_other_strokes_on_what_is_soft_stay(paper, rows, columns):
    drawing = marked(paper, rows, columns, BLACK)
    assert np.array_equal(cleaned(drawing, soft_photo(drawing)), drawing)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 1)])
def test_tiny_sketches_are_cleaned_too(shape):
    drawing = np.full(shape, BLACK, np.uint8)
    assert cleaned(drawing, soft_photo(drawing)).shape == shape


def test_hatching_on_what_is_soft_stays(paper):
    drawing = paper.copy()
    drawing[40:100:6, 60:150] = 120
    assert np.array_equal(cleaned(drawing, soft_photo(drawing)), drawing)


def test_bands_join_without_seams_on_what_is_soft(monkeypatch):
    tall = scribbles(6, height=1200)
    tall[:, :120] = 255
    tall[::70, 30:90] = BLACK
    tall[90:600:6, 130:190] = 120  # hatching stays, over the joints of bands too
    photo = soft_photo(tall)
    whole = cleaned(tall, photo)
    assert (whole[:, :100] == 255).all() and (whole[:, 120:] < 255).any()
    for rows in (128, 400):
        monkeypatch.setattr(specks, "BAND", rows)
        assert np.array_equal(cleaned(tall, photo), whole)


def test_the_tools_take_specks_away_unless_strokes_stay_as_drawn(paper):
    drawing = marked(paper, 80, slice(100, 110), GREY)
    even = np.zeros((*drawing.shape, 3), np.uint8)
    assert (inked(drawing, Style(), working_of(even))[70:90, 90:120] == 255).all()
    assert np.array_equal(inked(drawing, Style(crisp=0), working_of(even)), drawing)
