"""The page in a browser without a window: slider, candidates, keyboard, phone, dark mode, and no network."""
import io
import os
import re
import shutil
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from tests.page_kit import GRAYS, NASTY, RED, entry
from utils.page import write_page
from utils.svg import TracerError, to_svg

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FIGURES = 12
DESKTOP, PHONE = {"width": 1200, "height": 800}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        path = next(filter(None, map(shutil.which, BROWSERS)), driver.chromium.executable_path)
        if not os.path.exists(path):
            pytest.skip(f"no browser is installed (looked for {', '.join(BROWSERS)}): apt-get install chromium")
        browser = driver.chromium.launch(executable_path=path, args=["--disable-gpu"], timeout=120000)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    sizes = [(120, 80), (80, 120), (120, 90), (300, 60), (60, 300), (100, 100)]
    names = [*NASTY, "a_very_long_name_without_a_single_space_" * 3 + ".jpg"]
    entries = [entry(folder, number, name, size=size) for number, (name, size) in enumerate(zip(names, sizes))]
    entries += [entry(folder, number) for number in range(len(entries), FIGURES)]
    write_page(str(folder / "out" / "index.html"), entries, title="Holidays")
    return str(folder / "out" / "index.html")


@pytest.fixture
def view(browser, gallery):
    """Opens the gallery; at the end nothing may have been complained about or asked of any network."""
    contexts, complaints, requests = [], [], []

    def open_page(**options):
        contexts.append(browser.new_context(**{"viewport": DESKTOP, **options}))
        page = contexts[-1].new_page()
        page.set_default_timeout(30000)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"file://{urllib.parse.quote(gallery)}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert {url for url in requests if not url.startswith("data:")} == {f"file://{urllib.parse.quote(gallery)}"}


def look(page, figure=0):
    """A screenshot of a figure's picture, uint8 (H, W, 3)."""
    sheet = page.locator(".sheet").nth(figure)
    sheet.evaluate("sheet => Promise.all([...sheet.querySelectorAll('img[src]')].map(image => image.decode()))")
    return np.asarray(Image.open(io.BytesIO(sheet.screenshot())).convert("RGB"))


def colours(image, at):
    """Mean colours a little left and right of the divider at a share of the width, away from its grip and labels."""
    rows, middle = slice(image.shape[0] // 6, image.shape[0] // 3), at * image.shape[1]
    left, right = int(middle - 0.1 * image.shape[1]), int(middle + 0.1 * image.shape[1])
    return image[rows, left].mean(0), image[rows, right].mean(0)


def assert_divided(page, at, over=RED, under=(255, 255, 255)):
    left, right = colours(look(page), at)
    assert np.abs(left - over).max() < 12 and np.abs(right - under).max() < 12


def test_the_slider_follows_the_mouse(view):
    page = view()
    assert_divided(page, 0.5)
    box = page.locator(".sheet").first.bounding_box()
    x, y = (lambda share: box["x"] + share * box["width"]), box["y"] + 0.8 * box["height"]
    page.mouse.move(x(0.5), y)
    page.mouse.down()
    page.mouse.move(x(0.3), y, steps=4)
    page.mouse.up()
    assert float(page.get_by_role("slider").first.input_value()) == pytest.approx(30, abs=0.5)
    assert_divided(page, 0.3)
    page.mouse.click(x(0.8), y)
    assert float(page.get_by_role("slider").first.input_value()) == pytest.approx(80, abs=0.5)
    assert_divided(page, 0.8)
    assert page.get_by_role("slider").nth(1).input_value() == "50"


def test_the_slider_follows_the_keyboard(view):
    page = view()
    slider = page.get_by_role("slider").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) == 51
    page.keyboard.press("PageUp")
    assert float(slider.input_value()) == 61 and slider.get_attribute("aria-valuetext") == "61 % photo"
    assert_divided(page, 0.61)
    page.keyboard.press("Home")
    assert np.abs(look(page)[20:60, 20:-20].mean((0, 1)) - 255).max() < 5
    page.keyboard.press("End")
    assert np.abs(look(page)[20:60, 20:-20].mean((0, 1)) - RED).max() < 8


def test_candidates_are_buttons(view):
    page = view()
    first = page.get_by_role("group", name="Candidates of").first
    pressed = lambda: first.get_by_role("button", pressed=True).all_inner_texts()
    assert pressed() == ["Blend"]
    for number in (3, 5, 1):
        first.get_by_role("button", name=f"Candidate {number}").click()
        assert pressed() == [str(number)]
        assert_divided(page, 0.5, under=(GRAYS[number - 1],) * 3)
        assert page.locator(".sheet").first.get_by_role("img", name=f"Candidate {number}: Drawing of").count() == 1
    first.get_by_role("button", name="Candidate 3").press("Enter")
    assert_divided(page, 0.5, under=(GRAYS[2],) * 3)
    first.get_by_role("button", name="Blend").press("Space")
    assert pressed() == ["Blend"]
    assert_divided(page, 0.5)
    assert page.get_by_role("img", name="Candidate").count() == 0


def test_all_pictures_at_once(view):
    page = view()
    for name, value in (("Sketch", "0"), ("Photo", "100"), ("Both", "50")):
        page.get_by_role("group", name="Show all").get_by_role("button", name=name).click()
        values = page.evaluate("[...document.querySelectorAll('input')].map(slider => slider.value)")
        assert values == [value] * FIGURES
        left, right = colours(look(page), 0.5)
        assert [np.abs(side - RED).max() < 12 for side in (left, right)] == [value != "0", value == "100"]


def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(view):
    page = view()
    seen = []
    for _ in range(3 + 2 * 8):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                  const at = document.activeElement, ringed = at.matches("input") ? at.closest(".sheet") : at;
                  const style = getComputedStyle(ringed);
                  return [at.tagName + " " + at.innerText.trim(), style.outlineStyle, parseFloat(style.outlineWidth)];
                }"""
            )
        )
    buttons = [f"BUTTON {text}" for text in ("Blend", 1, 2, 3, 4, 5)]
    figures = [["INPUT ", f"A {name}", *buttons] for name in NASTY[:2]]
    header = [f"BUTTON {text}" for text in ("Photo", "Both", "Sketch")]
    assert [what for what, *_ in seen] == sum(figures, header)
    assert all(style == "solid" and width >= 2 for _, style, width in seen)


def test_photos_are_loaded_when_they_come_near(view):
    page = view(viewport=PHONE)
    last = page.locator(".over img").last
    assert last.get_attribute("src") is None
    last.scroll_into_view_if_needed()
    playwright.expect(last).to_have_attribute("src", re.compile("^data:image/webp"))
    last.evaluate("image => image.decode()")
    assert last.get_attribute("data-src") is None


@pytest.mark.parametrize("width", [320, 768, 2400])
def test_no_sideways_scrolling(view, width):
    page = view(viewport={"width": width, "height": 740}, is_mobile=width < 700, has_touch=width < 700)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    parts = "[...document.querySelectorAll('.sheet, button, a')]"
    boxes = page.evaluate(f"{parts}.map(part => part.getBoundingClientRect().toJSON())")
    assert all(-0.5 <= box["left"] and box["right"] <= width + 0.5 for box in boxes)
    if width < 700:
        sizes = page.evaluate("[...document.querySelectorAll('button')].map(e => [e.offsetWidth, e.offsetHeight])")
        assert min(map(min, sizes)) >= 44


def test_pictures_keep_their_shape(view):
    page = view()
    for width in (360, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        shapes = page.evaluate("[...document.querySelectorAll('.sheet')].map(e => e.clientWidth / e.clientHeight)")
        assert shapes[:6] == pytest.approx([120 / 80, 80 / 120, 120 / 90, 5, 0.2, 1], rel=0.03)


def luminance(colour):
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (int(c) / 255 for c in colour)]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(view, scheme):
    page = view(color_scheme=scheme)
    colour_of = lambda selector, key: page.evaluate(
        "([s, k]) => getComputedStyle(document.querySelector(s))[k].match(/[\\d.]+/g).slice(0, 3)", [selector, key]
    )
    ground = luminance(colour_of("body", "backgroundColor"))
    assert ground < 0.05 if scheme == "dark" else ground > 0.7
    pressed = [("button[aria-pressed=true]", luminance(colour_of("button[aria-pressed=true]", "backgroundColor")))]
    for selector, behind in [(name, ground) for name in ("h1", "header p", "figcaption a", "header button")] + pressed:
        light, dark = sorted((luminance(colour_of(selector, "color")), behind), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, selector


def test_names_run_no_script(view):
    page = view()
    page.wait_for_timeout(100)
    assert page.title() == "Holidays"
    for name in NASTY:
        assert page.get_by_role("slider", name=f"Divider between photo and sketch of {name}").count() == 1
        assert page.get_by_text(name, exact=True).count() == 1


def test_links_open_the_drawings(view):
    page = view()
    for address in page.evaluate("[...document.querySelectorAll('a')].map(link => link.href)"):
        assert os.path.isfile(urllib.parse.unquote(urllib.parse.urlsplit(address).path))


def test_a_browser_draws_the_vector_paths_like_the_drawing(browser, tmp_path):
    rows, columns = np.mgrid[:90, :160]
    distance = np.abs(np.hypot(rows - 45, columns - 80) - 30)
    sketch = np.uint8(255 * np.clip(distance / 3, 0.05, 1))
    sketch[10:30, 100:150] = 120
    try:
        (tmp_path / "a.svg").write_bytes(to_svg(sketch, (180, 320)))
    except TracerError as error:
        pytest.skip(str(error))
    page = browser.new_page(viewport={"width": 320, "height": 180})
    page.goto(f"file://{tmp_path}/a.svg")
    shown = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L").reduce(2), float)
    page.close()
    assert np.abs(shown - sketch).mean() < 6 and np.abs(shown - sketch)[12:28, 102:148].max() < 30
    assert np.corrcoef(shown.ravel(), sketch.ravel())[0, 1] > 0.95
