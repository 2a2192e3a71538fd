"""Words written onto photos: what changes, what the map says, and that training items have them."""
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data import words as module
from data.dataset import SketchDataset
from data.words import CHARACTERS, LEAST_CONTRAST, colour, fonts, with_words, word
from tests.dataset_kit import picture, private_cache  # noqa: F401


def gray(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float64)


def test_letters_are_where_the_map_says_and_nothing_else_changes():
    photo = np.full((200, 300, 3), (120, 90, 150), np.uint8)
    for seed in range(12):
        written, letters = with_words(photo, None, np.random.default_rng(seed))
        ink, where, nothing = letters.transpose(2, 0, 1)
        untouched = where == 0
        assert np.abs(np.int16(written) - photo)[untouched].max() <= 1 and not ink[untouched].any() and not nothing.any()
        inside = cv2.erode(where, np.ones((5, 5))) == 255
        full, paper = inside & (ink > 240), inside & (cv2.dilate(ink, np.ones((5, 5))) < 5)
        if full.sum() > 30 and paper.sum() > 30:  # not where all lies beyond the border
            labels = cv2.connectedComponents(np.uint8(where > 127))[1]
            for sign in range(1, labels.max() + 1):
                tones = [np.median(gray(written)[part & (labels == sign)]) for part in (full, paper) if (part & (labels == sign)).any()]
                assert len(tones) < 2 or abs(np.subtract(*tones)) > 0.5 * LEAST_CONTRAST


def test_letters_upon_the_photo_differ_from_it_as_much_as_promised(monkeypatch):
    monkeypatch.setattr(module, "GROUNDED", 0)
    contrasts = []
    for seed in range(60):
        photo = np.full((200, 300, 3), 30 + 3 * seed, np.uint8)
        written, letters = with_words(photo, None, np.random.default_rng(seed))
        labels = cv2.connectedComponents(np.uint8(letters[..., 1] > 127))[1]
        for sign in range(1, labels.max() + 1):
            ink = (labels == sign) & (letters[..., 0] > 250)
            if ink.sum() > 30:
                contrasts.append(abs(np.median(gray(written)[ink]) - (30 + 3 * seed)))
    assert len(contrasts) > 30 and np.mean(np.array(contrasts) < LEAST_CONTRAST - 2) < 0.05  # signs may lie upon each other


def test_words_depend_on_the_generator_alone_and_keep_what_a_map_had():
    photo = np.full((160, 160, 3), 90, np.uint8)
    had = np.zeros_like(photo)
    had[2:6, 2:60, :2] = 255
    one, other = (with_words(photo, had.copy(), np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, other))
    fresh = with_words(photo, None, np.random.default_rng(5))[1]
    apart = fresh[..., 1] == 0
    assert np.array_equal(one[1][apart], had[apart])
    assert not np.array_equal(one[0], with_words(photo, None, np.random.default_rng(6))[0])


def test_fonts_have_all_letters_and_words_are_made_of_them():
    assert len(fonts()) > 10
    for path in fonts():
        font, seen = ImageFont.truetype(path, 24), set()
        for letter in "".join(CHARACTERS):
            image = Image.new("L", (48, 48))
            ImageDraw.Draw(image).text((8, 8), letter, 255, font)
            seen.add(image.tobytes())
        assert len(seen) >= 58, path  # a missing letter is drawn as the same box as any other; I, l, 1 or O, 0 may look alike
    rng = np.random.default_rng(0)
    words = [word(rng) for _ in range(200)]
    assert set("".join(words)) <= set("".join(CHARACTERS)) and all(1 <= len(one) <= 9 for one in words)
    assert any(one.isupper() for one in words) and any(one.islower() for one in words) and any(one.isdigit() for one in words)


def test_colours_differ_from_what_they_lie_upon():
    rng = np.random.default_rng(0)
    for _ in range(200):
        ground = colour(rng)
        assert abs((colour(rng, ground) - ground) @ (0.299, 0.587, 0.114)) >= LEAST_CONTRAST


def test_a_share_of_the_training_items_has_words(tmp_path):
    for number in range(3):
        picture(tmp_path / f"{number}.png", (240, 160), number)
    none, all_of_them, some = (SketchDataset(str(tmp_path), size=96, length=30, words=share) for share in (0, 1.0, 0.5))
    counts = [sum(bool(data[i]["importance"].any()) for i in range(30)) for data in (none, all_of_them, some)]
    assert counts[0] == 0 and counts[1] > 20 and counts[0] < counts[2] < counts[1]
    item = next(item for item in (all_of_them[i] for i in range(30)) if (item["importance"] == 255).sum() > 500)
    assert (item["guidance"][:, item["importance"][0] == 255] < 128).float().mean() > 0.3
    held_out = SketchDataset(str(tmp_path), split="val", size=96, words=1.0)
    assert not held_out[0]["importance"].any()
