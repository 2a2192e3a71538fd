"""Effects on drawings: identities, monotonicity, independence of resolution, compositing, contrast."""
import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.color import rgb2lab

from utils import effects
from utils.effects import adjust, beside, colour, transparent


def strokes(scale=1, width=3):
    """A drawing of curves and a diagonal, drawn 8 x as large and averaged, so that its edges are antialiased."""
    fine = 8 * scale
    canvas = np.full((192 * fine, 256 * fine), 255, np.uint8)
    cv2.circle(canvas, (90 * fine, 90 * fine), 60 * fine, 0, width * fine)
    cv2.line(canvas, (20 * fine, 170 * fine), (236 * fine, 20 * fine), 0, width * fine)
    cv2.ellipse(canvas, (180 * fine, 130 * fine), (50 * fine, 25 * fine), 30, 0, 300, 60, width * fine)
    return np.float32(cv2.resize(canvas, (256 * scale, 192 * scale), interpolation=cv2.INTER_AREA)) / 255


@pytest.fixture
def noise():
    return np.random.RandomState(0).rand(61, 83).astype(np.float32)


def test_ones_change_nothing(noise):
    same = adjust(noise)
    assert same.dtype == np.float32 and same is not noise
    np.testing.assert_allclose(same, noise, atol=1e-6)


def test_white_paper_stays_white():
    paper = np.ones((40, 50), np.float32)
    for width in (0.25, 1, 4):
        for ink in (0.1, 1, 4):
            assert adjust(paper, width, ink).min() == 1


@pytest.mark.parametrize("name", ["line_width", "ink"])
def test_more_is_never_lighter(noise, name):
    drawing = np.minimum(strokes()[:61, :83], 0.5 + noise / 2)
    results = [adjust(drawing, **{name: value}) for value in (0.25, 0.5, 0.8, 0.99, 1, 1.01, 1.3, 2, 4)]
    for less, more in zip(results, results[1:]):
        assert (more <= less + 1e-5).all() and more.mean() < less.mean() - 1e-5
        assert 0 <= more.min() and more.max() <= 1
    assert results[4].mean() - results[5].mean() < 0.03 and results[3].mean() - results[4].mean() < 0.03


def test_ink_is_a_monotone_curve():
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None]
    for ink in effects.INKS:
        assert (np.diff(adjust(ramp, ink=ink)[0].astype(np.float64)) >= 0).all()
    np.testing.assert_allclose(adjust(ramp, ink=2), ramp.astype(np.float64) ** 2, atol=1e-6)
    np.testing.assert_allclose(adjust(ramp, ink=0.5), 0.5 + ramp / 2, atol=1e-6)


def width_of(sketch):
    """Ink across a vertical line, in pixels."""
    return (1 - sketch[len(sketch) // 2]).sum()


def test_line_width_means_the_width_of_a_line():
    size = 800
    line = effects.LINE * size  # 4 pixels
    x = np.arange(size) - size / 2 + 0.5
    bar = np.broadcast_to(1 - np.float32(np.abs(x) < line / 2), (100, size))
    for factor in (1.5, 2, 3, 4):
        assert width_of(adjust(bar, factor)) == pytest.approx(factor * width_of(bar), rel=0.02)
    soft = np.broadcast_to(1 - np.exp(-0.5 * (x / line) ** 2).astype(np.float32), (100, size))
    for drawing in (bar, soft):
        for factor in (0.5, 0.7):
            assert factor < width_of(adjust(drawing, factor)) / width_of(drawing) < factor + 0.26


@pytest.mark.parametrize("width", [1, 3])
def test_thin_lines_lose_no_crest(width):
    drawing = strokes(width=width)
    thinned = adjust(drawing, line_width=0.25)
    crest = 1 - cv2.erode(drawing, np.ones((5, 5), np.uint8))
    assert (1 - cv2.erode(thinned, np.ones((5, 5), np.uint8)))[crest > 0.9].min() > 0.8


@pytest.mark.parametrize("line_width", [0.4, 0.7, 1.6, 3])
def test_independent_of_resolution(line_width):
    small, large = adjust(strokes(2), line_width), adjust(strokes(8), line_width)
    reduced = cv2.resize(large, small.shape[::-1], interpolation=cv2.INTER_AREA)
    assert (1 - reduced).sum() == pytest.approx((1 - small).sum(), rel=0.1)
    change = np.abs(small - strokes(2)).mean()
    assert np.abs(reduced - small).mean() < 0.3 * change


def test_edges_stay_antialiased():
    drawing = strokes(2)
    between = lambda sketch: ((sketch > 0.1) & (sketch < 0.9)).mean() / ((sketch <= 0.1).mean() + 0.01)
    for factor in (0.6, 1.7):
        assert between(adjust(drawing, factor)) > 0.3 * between(drawing)


def test_dilation_grows_a_disc():
    dot = np.zeros((81, 81), np.float32)
    dot[40, 40] = 1
    v, u = np.nonzero(effects.dilate(dot, 20.0))
    radius = np.hypot(v - 40, u - 40)
    assert 20 <= radius.max() <= 20 / np.cos(np.pi / 8) + 1
    assert len(radius) == pytest.approx(np.pi * 20**2, rel=0.12)


@pytest.mark.parametrize("options", [{"line_width": 0}, {"line_width": 9}, {"ink": -1}, {"ink": float("nan")}])
def test_values_out_of_range_are_refused(noise, options):
    with pytest.raises(ValueError, match="must be between"):
        adjust(noise, **options)


def test_transparent_over_white_is_the_drawing(noise):
    rgba = transparent(noise)
    assert rgba.dtype == np.uint8 and rgba.shape == (61, 83, 4)
    white = Image.new("RGBA", (83, 61), "white")
    white.alpha_composite(Image.fromarray(rgba, "RGBA"))
    over = np.asarray(white.convert("RGB"), np.float64)
    assert np.abs(over - 255 * noise[..., None]).max() <= 1
    assert (transparent(noise, (200, 30, 0))[..., :3] == (200, 30, 0)).all()
    assert transparent(np.ones((4, 4)))[..., 3].max() == 0


def luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def test_colour_has_the_hue_of_the_photo_and_contrast_to_white():
    levels = np.array([0, 60, 120, 180, 220, 255])
    palette = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(-1, 3).astype(np.uint8)
    for plain in palette:
        photo = np.broadcast_to(plain, (6, 6, 3)).copy()
        line = colour(np.zeros((6, 6), np.float32), photo)[3, 3]
        assert 1.05 / (luminance(line / 255) + 0.05) > 4, (plain, line)
        before, after = rgb2lab(photo / 255)[3, 3], rgb2lab(line / 255)
        if np.hypot(*before[1:]) > 20 and np.hypot(*after[1:]) > 5:
            turn = np.angle(np.exp(1j * (np.arctan2(*before[:0:-1]) - np.arctan2(*after[:0:-1]))))
            assert abs(turn) < np.radians(50), (plain, line)


def test_colour_follows_the_ink(noise):
    photo = np.random.RandomState(1).randint(0, 256, (61, 83, 3), np.uint8)
    assert (colour(np.ones((61, 83), np.float32), photo) == 255).all()
    faint, strong = colour(0.5 + noise / 2, photo), colour(noise, photo)
    assert (strong.astype(int) <= faint.astype(int) + 1).all()
    tall = np.random.RandomState(1).randint(0, 256, (2 * effects.BAND + 9, 8, 3), np.uint8)
    assert colour(np.zeros(tall.shape[:2], np.float32), tall).shape == tall.shape


def test_beside(noise):
    photo = np.random.RandomState(1).randint(0, 256, (61, 83, 3), np.uint8)
    gray = np.uint8(np.rint(255 * noise))
    for drawing in (gray, np.dstack([gray] * 3), transparent(noise)):
        both = beside(photo, drawing)
        assert both.dtype == np.uint8 and both.shape == (61, 83 + 2 + 83, 3)
        assert (both[:, :83] == photo).all() and (both[:, 83:85] == 255).all()
        assert np.abs(both[:, 85:].astype(int) - gray[..., None]).max() <= 1


def test_sizes_that_differ_are_refused(noise):
    photo = np.zeros((61, 84, 3), np.uint8)
    for call in (lambda: colour(noise, photo), lambda: beside(photo, np.uint8(noise))):
        with pytest.raises(ValueError, match="same size"):
            call()
