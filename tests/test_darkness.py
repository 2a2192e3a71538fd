"""What a photo's own darkness asks for: tone of black things, more of the subject, and of dark backdrops as a whole or not at all."""
import cv2
import numpy as np
import pytest
import torch

from model import Photo2Sketch
from tests.photo_kit import grey_working_of
from tests.tiny import TINY
from utils import darkness as module
from utils.all_drawings import AllDrawings
from utils.background import FoundForeground
from utils.checkpoint import save_generator
from utils.darkness import BACKDROP, BLACK, DARK, DARKEST, EVEN, LEAST, LIT, ONE, PALEST, asked_of, darkness, one_tone
from utils.masses import filled, has_dark_masses
from utils.outputs import AllCandidates, OneDrawing
from utils.sketcher import Sketcher
from utils.style import Style
from utils.working import Working, to_working

SIZE = 240, 320
NO_STEPS = np.zeros(SIZE, np.uint8)
PATTERN = np.full(SIZE, 255, np.uint8)  # sharp steps all over: nothing has one tone


def photo(grey, rows, columns, ground=200):
    """A photo in grey with a box of another grey."""
    image = np.full(SIZE, ground, np.uint8)
    image[rows, columns] = grey
    return image


def asked_by(gray, foreground=None, steps=NO_STEPS, rgb=None):
    """What a small photo asks for, which is grey but for rgb."""
    rgb = cv2.merge([gray] * 3) if rgb is None else rgb
    return darkness(Working(rgb, gray.shape, gray.shape), foreground, steps)


def figure(columns):
    """A map of the foreground: sure in some of 64 columns."""
    found = np.zeros((48, 64), np.float32)
    found[:, columns] = 1
    return FoundForeground(found)


NOWHERE = FoundForeground(np.zeros((48, 64), np.float32))


def test_black_asks_for_tone_and_grey_does_not():
    box = slice(60, 180), slice(80, 240)
    asked = [asked_by(photo(grey, *box))[0] for grey in range(0, 130, 10)]
    middles = [float(least[120, 160]) for least in asked]
    assert middles[0] == middles[1] == pytest.approx(DARKEST) and all(a >= b for a, b in zip(middles, middles[1:]))
    for grey, middle in zip(range(0, 130, 10), middles):
        assert middle == pytest.approx(DARKEST * np.interp(grey / 200, BLACK, (1, 0)), abs=1e-5)
    assert asked[0][:40].max() == 0
    dim = asked_by(photo(15, *box, ground=100))[0]  # the same in half of the light
    assert np.allclose(dim, asked_by(photo(30, *box))[0], atol=1e-5)


def test_without_a_subject_all_that_is_drawn_counts():
    image = photo(20, slice(60, 180), slice(80, 240))
    assert asked_by(image)[1] == 1
    least, share = asked_by(image, NOWHERE)
    assert np.allclose(least, asked_by(image)[0], atol=1e-6) and (share == 1).all()


def test_the_subject_asks_for_more_than_the_rest():
    clothes = 54  # 0.27 of the light: too light for black
    image = photo(clothes, slice(60, 180), slice(20, 140))
    assert asked_by(image)[0].max() == 0
    least, _ = asked_by(image, figure(slice(4, 28)), PATTERN)
    assert least[120, 80] == pytest.approx(DARKEST * np.interp(0.27, DARK, (1, 0)), abs=0.01)
    assert least[:, 200:].max() == 0
    whole, _ = asked_by(image, figure(slice(4, 28)))  # and for more where it is of one tone
    assert whole[120, 80] == pytest.approx(DARKEST * np.interp(0.27, ONE, (1, 0)), abs=0.03) and whole[:, 200:].max() == 0


def test_what_has_a_colour_is_not_dark():
    box = slice(60, 180), slice(20, 140)
    rgb = cv2.merge([photo(54, *box)] * 3)
    rgb[box] = 146, 15, 15  # as light as a grey of 54
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    assert abs(int(gray[120, 80]) - 54) <= 1
    least, _ = asked_by(gray, figure(slice(4, 28)), rgb=rgb)
    assert least[120, 80] == 0 and asked_by(gray, figure(slice(4, 28)))[0][120, 80] > 0.2


def test_a_shadow_on_skin_is_none_of_its_tones():
    box = slice(60, 180), slice(20, 140)
    gray = photo(60, *box)
    asked = []
    for red, green, blue in ((60, 60, 60), (76, 56, 40)):  # of nearly one darkness: stone, and a cheek
        rgb = cv2.merge([gray] * 3)
        rgb[box] = red, green, blue
        asked.append(asked_by(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), figure(slice(4, 28)), rgb=rgb)[0][120, 80])
    assert asked[0] > 0.1 and asked[1] == 0


@pytest.mark.parametrize("turned", [lambda image: image, np.flipud, np.fliplr])
def test_a_backdrop_is_hatched_up_to_its_border_and_what_only_fades_is_not(turned):
    """The upper part of a photo is dark, behind a figure in the middle: a wall, or the light that falls off."""
    wall = np.full(SIZE, 200, np.uint8)
    wall[:120] = 30
    fading = np.uint8(np.clip(np.linspace(70, 330, 240), 70, 200))[:, None].repeat(320, 1)
    foreground = FoundForeground(turned(figure(slice(28, 36)).found))
    least, share = asked_by(turned(wall), foreground)
    behind = turned(np.arange(320)[None].repeat(240, 0) < 100)
    upper, lower = turned(np.arange(240)[:, None].repeat(320, 1) < 105) & behind, turned(np.arange(240)[:, None].repeat(320, 1) > 135) & behind
    assert least[upper].min() > 0.25 and np.ptp(least[upper]) < 0.01 and least[lower].max() == 0
    assert share[upper].min() > 0.99 and share[lower].max() < 0.01
    least, share = asked_by(turned(fading), foreground)
    assert least[behind].max() == 0 and share[behind].max() < 0.5
    assert share[:, 150:170].min() == 1  # the subject's own tone counts


def test_the_darker_a_backdrop_the_more_and_what_is_lit_in_it_stays_paper():
    tones = []
    for grey in (10, 40, 60):
        wall = photo(grey, slice(0, 120), slice(0, 320))
        tones.append(asked_by(wall, figure(slice(28, 36)))[0][30:90, 20:100].mean())
        assert tones[-1] == pytest.approx(BACKDROP * np.interp(grey / 200, PALEST, (1, 0)) * np.interp(grey / 200, LIT, (1, 0)), abs=1e-3)
    assert tones[0] > tones[1] > tones[2]
    wall = photo(20, slice(0, 120), slice(0, 320))
    wall[40:80, 30:80] = 96  # a patch of light, part of the wall from afar
    least, _ = asked_by(cv2.GaussianBlur(wall, (0, 0), 3), figure(slice(28, 36)))
    assert least[60, 55] == 0 and least[60, 10] > 0.2


def test_the_subjects_colour_counts_by_half():
    box = slice(60, 180), slice(20, 140)
    rgb = cv2.merge([photo(0, *box)] * 3)
    rgb[box] = 30, 30, 90
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    least, _ = asked_by(gray, figure(slice(4, 28)), PATTERN, rgb)
    expected = DARKEST * np.interp((gray[120, 80] + 90) / 2 / 200, DARK, (1, 0))
    assert 0.05 < expected < 0.4 and least[120, 80] == pytest.approx(expected, abs=0.01)


def tones_of(gray, within=None, steps=0.0):
    """one_tone() of a grey from 0 to 255 by its light, 200, all of which is the subject if not told otherwise."""
    gray = gray / np.float32(200)
    within = np.ones_like(gray) if within is None else within
    return one_tone(gray, np.full_like(gray, steps), within)


def test_a_coat_that_shines_on_one_side_is_one_coat():
    coat = photo(44, slice(60, 180), slice(80, 160))
    coat[60:180, 160:240] = 70
    mean = (44 + 70) / 2 / 200
    tone = tones_of(coat)
    inner = tone[70:170, 90:230]
    assert np.ptp(inner) == 0 and inner[0, 0] == pytest.approx(DARKEST * np.interp(mean, ONE, (1, 0)), abs=0.01)
    assert tone[:55].max() == 0 and tone[:, 245:].max() == 0
    for turned in (np.flipud, np.fliplr, np.transpose):
        assert np.allclose(tones_of(np.ascontiguousarray(turned(coat))), turned(tone), atol=1e-5)


def test_each_part_of_the_subject_has_its_tone_and_small_ones_have_none():
    image = np.full(SIZE, 200, np.uint8)
    for place, grey in enumerate((20, 50, 70)):
        image[60:180, 20 + 100 * place : 90 + 100 * place] = grey
    tone = tones_of(image)
    for place, grey in enumerate((20, 50, 70)):
        assert tone[120, 55 + 100 * place] == pytest.approx(DARKEST * np.interp(grey / 200, ONE, (1, 0)), abs=0.02)
    for width, some in ((4, False), (6, True)):  # parts of 20 and 30 squares
        within = np.zeros(SIZE, np.float32)
        within[60:65, 80 : 80 + width] = 1
        assert (tones_of(np.zeros(SIZE, np.uint8), within).max() > 0.5) == some
    assert 20 < LEAST < 30
    corner = np.zeros(SIZE, np.float32)
    corner[60:70, 80:90] = corner[70:80, 90:100] = 1  # parts that touch at a corner are one
    image = np.full(SIZE, 40, np.uint8)
    image[70:80, 90:100] = 70
    tone = tones_of(image, corner)
    assert tone[64, 84] == tone[75, 95] > 0


def test_what_is_much_lighter_than_the_rest_of_a_part_stays_out_of_it():
    for lighter, share in ((0, 1), (0.14, 1), (0.21, 0.5), (0.27, 0)):
        image, within = np.full(SIZE, 20, np.float32), np.zeros(SIZE, np.float32)
        within[40:200, 40:280] = 1
        image[100:116, 150:166] = 200 * (0.1 + lighter)  # under a hundredth of it, so that the mean hardly moves
        tone = tones_of(image, within)
        assert tone[108, 158] == pytest.approx(share * tone[60, 60], abs=0.04), lighter
        assert tone[60, 60] == pytest.approx(DARKEST, abs=1e-6)


def test_what_fades_within_the_subject_is_no_part_of_it():
    fading = np.uint8(np.clip(np.linspace(20, 260, 320), 20, 200))[None].repeat(240, 0)
    assert tones_of(fading).max() == 0
    within = np.zeros(SIZE, np.float32)
    within[40:200, 20:60] = 1  # but where the subject ends before it does
    assert tones_of(fading, within)[120, 40] > 0.3


def test_a_part_counts_as_one_only_if_most_of_its_rim_is_firm():
    """A dark box whose upper side fades, and its left and right sides down to some row: the share of its rim that lies at steps falls."""
    tones = []
    for faded in (0, 30, 50, 70, 110):  # a share of 1.00, 0.72, 0.64, 0.57 and 0.44
        box = np.full(SIZE, 200, np.float32)
        box[40:200, 80:240] = 20
        box = np.where(np.arange(240)[:, None] < 40 + faded, cv2.GaussianBlur(box, (0, 0), 25), box)
        tones.append(float(tones_of(box)[190, 160]))
    assert tones[0] == pytest.approx(DARKEST) and 0.6 > tones[1] / DARKEST > 0.3 > tones[2] / DARKEST > 0 and tones[3] == tones[4] == 0


def test_a_pixel_that_glitters_and_one_that_is_blacker_do_not_stand_out():
    image, within = np.full(SIZE, 40, np.uint8), np.zeros(SIZE, np.float32)
    within[40:200, 40:280] = 1
    plain = tones_of(image, within)
    image[100, 100], image[150:170, 150:170] = 120, 0
    assert np.abs(tones_of(image, within) - plain)[within > 0].max() < 0.03


def test_a_backdrop_goes_by_its_grey_and_clothes_by_their_colour_too():
    rgb = np.full((*SIZE, 3), 200, np.uint8)
    rgb[:120] = 0, 20, 170  # a blue wall, and blue clothes
    gray = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    least, _ = asked_by(gray, figure(slice(28, 36)), rgb=rgb)
    mean = gray[0, 0] / 200
    assert least[60, 40] == pytest.approx(BACKDROP * np.interp(mean, PALEST, (1, 0)), abs=0.01) and least[60, 40] > 0.2
    assert least[60, 160] < DARKEST * np.interp(mean, DARK, (1, 0)) - 0.2


def test_a_part_ends_with_the_subject_and_with_how_surely_it_is():
    image, within = np.full(SIZE, 20, np.uint8), np.zeros(SIZE, np.float32)
    within[60:180, 80:240] = 1
    tone = tones_of(image, within)
    assert tone[60:180, 80:240].min() == pytest.approx(DARKEST) and tone[within == 0].max() == 0
    assert np.allclose(tones_of(image, 0.75 * within), 0.75 * tone, atol=1e-6)
    assert tones_of(image, 0.4 * within).max() == 0 and tones_of(image, 0.6 * within).max() == pytest.approx(0.6 * DARKEST)
    assert tones_of(image).max() == 0  # dark up to where the photo ends, which is no border


def test_things_of_the_rest_have_one_tone_where_they_are_in_focus():
    """A box that is too light for black, behind a subject or where there is none: the more sharp steps around, the surer its tone."""
    thing = photo(54, slice(60, 180), slice(20, 140))
    whole = 0.7 * DARKEST * np.interp(0.27, ONE, (1, 0))
    for foreground in (figure(slice(40, 60)), NOWHERE):
        for share, expected in ((0.0, 0), (0.09, 0), (0.175, 0.5), (0.3, 1), (0.5, 1 / 3), (0.6, 0)):
            least, _ = asked_by(thing, foreground, np.full(SIZE, round(255 * share), np.uint8))
            backdrop = BACKDROP * np.interp(0.27, PALEST, (1, 0)) * np.interp(share, EVEN, (1, 0)) * bool(foreground.found.any())
            assert least[120, 80] == pytest.approx(max(expected * whole, backdrop), abs=0.02), share
            assert least[:50].max() == 0 and least[:, 160:].max() == 0


def test_a_thing_of_the_rest_needs_a_rim_that_is_firmer_than_the_subjects():
    box = np.full(SIZE, 200, np.float32)
    box[40:200, 80:240] = 50
    box = np.uint8(np.where(np.arange(240)[:, None] < 85, cv2.GaussianBlur(box, (0, 0), 25), box))  # its upper third fades
    steps = np.full(SIZE, 76, np.uint8)
    assert one_tone(box / np.float32(200), np.full(SIZE, 0.3, np.float32), np.ones(SIZE, np.float32))[190, 160] > 0.1
    assert asked_by(box, NOWHERE, steps)[0].max() < 0.01 and asked_by(photo(50, slice(40, 200), slice(80, 240)), NOWHERE, steps)[0].max() > 0.2


def test_steps_beside_a_thing_show_that_it_is_in_focus():
    steps = PATTERN.copy()
    steps[60:180, 20:140] = 0  # none within
    thing = photo(54, slice(60, 180), slice(20, 140))
    some, none = (asked_by(thing, NOWHERE, one)[0] for one in (steps, NO_STEPS))
    assert none.max() == 0 and some[120, 80] > 0 and np.ptp(some[70:170, 30:130]) < 0.01  # evenly, with no hole in its middle


def test_a_patterned_part_has_no_one_tone():
    coat = photo(20, slice(60, 180), slice(80, 240))
    tones = [float(tones_of(coat, steps=share)[120, 160]) for share in (0.0, 0.3, 0.45, 0.5, 0.6)]
    assert tones[0] == tones[1] == pytest.approx(DARKEST) and tones[1] > tones[2] > tones[3] > tones[4] == 0


def test_a_backdrop_counts_up_to_its_border():
    wall = photo(30, slice(0, 120), slice(0, 320))
    _, share = asked_by(wall, figure(slice(28, 36)))
    assert share[112, 20:100].min() > 0.9 and share[128, 20:100].max() < 0.5
    assert 0.05 < share[118:124, 50].mean() < 0.98  # softly


def test_what_is_in_focus_has_a_drawing_of_its_own():
    image = np.full(SIZE, 200, np.uint8)
    image[:120] = 40
    foreground = figure(slice(28, 36))
    behind = np.s_[10:100, 10:100]
    steps = np.full(SIZE, 255, np.uint8)
    even, busy = asked_by(image, foreground), asked_by(image, foreground, steps)
    assert even[0][behind].min() > 0.2 and busy[0][behind].max() == 0
    assert even[1][behind].min() > 0.99 and busy[1].min() > 0.99  # all counts, below the wall too
    assert even[1][140:, :100].max() < 0.01


def test_at_night_all_that_is_drawn_counts():
    image = np.uint8(np.clip(np.linspace(20, 180, 240), 20, 180))[:, None].repeat(320, 1)
    _, share = asked_by(image, figure(slice(28, 36)))
    assert share[:12].min() > 0.9 and share[150:, :100].max() < 0.01


def test_backdrops_are_looked_at_one_by_one():
    image = np.full(SIZE, 200, np.uint8)
    image[30:90, 20:90] = 30
    image[150:220, 20:90] = 30
    image[130:] = cv2.GaussianBlur(image, (0, 0), 22)[130:]
    least, share = asked_by(image, figure(slice(40, 60)))
    assert least[60, 55] > 0.2 and share[60, 55] > 0.99
    assert least[185, 55] == 0 and share[185, 55] < 0.01


def test_a_place_that_may_be_the_subject_is_no_backdrop():
    image = np.full(SIZE, 10, np.uint8)
    image[:, 300:] = 200
    foreground = figure(slice(0, 30))
    foreground.found[:, 30:40] = 0.4  # in doubt
    doubtful = cv2.resize(foreground.left_ink(0.0), SIZE[::-1]) > 0.5
    least, share = asked_by(image, foreground)
    assert doubtful[:, 152:190].all() and share[doubtful].min() == 1 and least[:, 160:185].min() > 0.4


def test_what_no_drawing_has_is_filled_by_what_is_asked_for():
    gray = photo(10, slice(40, 200), slice(60, 260))
    small, blank = gray[::2, ::2], np.full((120, 160), 255, np.uint8)
    parts = np.full(SIZE, 255, np.uint8), blank, blank, gray, small
    assert np.array_equal(filled(*parts), parts[0])
    drawn = filled(*parts, asked_by(small, steps=None))
    assert abs(255 - drawn[80:160, 100:220].mean() - 255 * DARKEST) < 20 and drawn[80:160, 100:220].std() > 40
    assert (drawn[:30] == 255).all()
    toned = parts[0], np.where(small < 100, np.uint8(155), blank), blank, gray, small
    none, all_of_it = np.float32(0), np.float32(1)
    assert filled(*toned, (none, all_of_it)).mean() < 245 and np.array_equal(filled(*toned, (none, none)), parts[0])
    least = darkness(Working(cv2.merge([small] * 3), small.shape, small.shape))[0]
    assert np.array_equal(filled(*parts, (least, none)), drawn)  # the share is that of drawings alone


def test_the_blend_alone_is_asked_by_its_subject_photo_by_photo(tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    sketcher, calls = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", 320), []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: small.gray[0, 0] != 20)
    ask = lambda small, foreground=None, steps=None: calls.append((small.gray[0, 0], foreground)) or (np.float32(0), np.float32(1))
    monkeypatch.setattr("utils.darkness.darkness", ask)
    monkeypatch.setattr("utils.sketcher.modelled", lambda sketch, *rest: sketch)  # for the names in place of maps
    batch = [sketcher.prepare(np.full((*SIZE, 3), grey, np.uint8)) for grey in (10, 20, 30)]
    sketcher.sketches(batch, foregrounds=["first", "second", "third"])
    assert calls == [(10, "first"), (30, "third")]  # and not once more for the smaller drawings
    calls.clear()
    sketcher.sketches(batch, candidate=5, foregrounds=[None] * 3)
    sketcher.maps(batch, foregrounds=["first", "second", "third"])
    assert calls == [(10, None), (30, None)] + [(10, None), (10, None), (10, "first"), (30, None), (30, None), (30, "third")]
    found = figure(slice(4, 28))
    monkeypatch.setattr(sketcher, "foregrounds", lambda some, style: [found] * len(some))
    calls.clear()
    sketcher.draw(np.full((*SIZE, 3), 10, np.uint8))
    assert len(calls) == 1 and calls[0][1] is found


def test_noise_in_the_dark_is_nothing_dark():
    for seed, mean in enumerate((0.06, 0.1, 0.3, 3.0)):
        noise = np.random.default_rng(seed).poisson(mean, SIZE).astype(np.uint8)
        assert not has_dark_masses(grey_working_of(noise))
    assert has_dark_masses(grey_working_of(photo(10, slice(60, 180), slice(80, 240), ground=40)))


def test_sharp_steps_are_those_of_twice_the_small_size_whatever_the_photos(monkeypatch):
    seen = []
    monkeypatch.setattr("utils.darkness.darkness", lambda small, foreground=None, steps=None: seen.append(steps))
    random = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    for side in (320, 321, 640, 1000):
        image = cv2.resize(random, (side, 3 * side // 4), interpolation=cv2.INTER_CUBIC)
        one = to_working(image, "full")
        small, twice = one.smaller(160), to_working(image, 320)
        asked_of(small, figure(slice(4, 28)))
        assert seen[-1].shape == small.shape and twice.steps.mean() > 50
        assert np.abs(seen[-1].astype(int) - twice.steps).mean() < 6
        asked_of(small, None)
        assert seen[-1] is None


def test_tools_hand_the_subject_on_with_the_progress():
    class Recorder:
        def foregrounds(self, batch, style):
            return ["found"] * len(batch)

        def sketches(self, batch, detail, candidate, foregrounds, progress):
            return [("sketch", detail, candidate, one, progress) for one in foregrounds]

        def maps(self, batch, detail, foregrounds, progress):
            return [("maps", detail, one, progress) for one in foregrounds]

    style = Style(detail=0.25)
    assert OneDrawing("out", "png", style).draw(Recorder(), ["a", "b"], "bar") == [(("sketch", 0.25, None, "found", "bar"), "found")] * 2
    assert AllCandidates("out", "png", style).draw(Recorder(), ["a"], "bar") == [(("maps", 0.25, "found", "bar"), "found")]


def test_all_ways_to_the_blend_ask_with_the_subject(tmp_path, monkeypatch):
    torch.manual_seed(0)
    save_generator(Photo2Sketch(TINY), tmp_path / "tiny.pth", 1)
    found, seen = figure(slice(4, 28)), []
    monkeypatch.setattr("utils.sketcher.has_dark_masses", lambda small: True)
    monkeypatch.setattr(Sketcher, "foregrounds", lambda self, some, style: [found] * len(some))
    ask = lambda small, foreground=None, steps=None: seen.append(foreground) or (np.float32(0), np.float32(1))
    monkeypatch.setattr("utils.darkness.darkness", ask)
    AllDrawings(str(tmp_path / "tiny.pth"), "cpu", 320)(np.full((*SIZE, 3), 10, np.uint8))
    assert [one is found for one in seen] == [False, False, True]
    monkeypatch.setattr("utils.sketcher.LARGE", 100)  # photos whose maps are not held at once
    sketcher, bar = Sketcher(str(tmp_path / "tiny.pth"), "cpu", "float32", 320), []
    batch = [sketcher.prepare(np.full((*SIZE, 3), grey, np.uint8)) for grey in (10, 30)]
    seen.clear()
    sketcher.maps(batch, foregrounds=[None, found], progress=lambda *counts: bar.append(counts))
    assert [one is found for one in seen] == [False] * 5 + [True] and bar == [(1, 1)] * 2
    bar.clear()
    sketcher.sketches(batch[:1], progress=lambda *counts: bar.append(counts))
    assert bar == [(1, 1)] and seen[-1] is None


def test_a_black_photo_has_no_tone_that_is_no_number():
    assert np.isfinite(asked_by(np.zeros(SIZE, np.uint8), figure(slice(4, 28)))[0]).all()


def test_the_limits_are_in_order():
    for name in ("BLACK", "DARK", "ONE", "BRIGHTER", "KNIT", "WHOLE", "SEEN", "BEHIND", "PALEST", "LIT", "BOUND", "FIRM", "EVEN", "FOCUS", "NIGHT"):
        low, high = getattr(module, name)
        assert 0 <= low < high <= 1
