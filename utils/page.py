"""One self-contained page that shows photos and drawings: index.html, with every picture inside and no network.

The page is written photo by photo, so the memory does not grow with their number. Pictures are embedded as WebP, their
longer side reduced to at most `side_of(number of pictures)` pixels.
"""
import base64
import collections
import contextlib
import dataclasses
import functools
import hashlib
import html
import io
import itertools
import math
import os
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from utils.atomic import replacing
from utils.defaults import MAX_MEGAPIXELS
from utils.pictures import PictureError, probe, read_picture

TEMPLATE = os.path.join(os.path.dirname(__file__), "page.html")
SIDES = (400, 1024)  # pixels of the longer side of an embedded picture: the least and the most
BUDGET = 320e6  # pixels of all embedded pictures together, above which they get smaller down to the least side
WEBP = {"quality": 75, "method": 2}  # half the time of Pillow's default method for a few per cent more bytes
THREADS = min(4, os.cpu_count() or 1)  # photos worked on at once,
LARGE = 15e6  # pixels from which on they take turns, for the memory
ASPECT = 0.75  # shorter by longer side of a usual photo
TOLERANCE = 0.02  # relative difference of aspect ratios at which two pictures still show the same view


@dataclasses.dataclass(frozen=True)
class Entry:
    """A photo on the page. The pictures may be any files that utils.pictures reads."""

    name: str  # shown as it is
    photo_path: str
    drawing_path: str
    candidate_paths: list = ()  # further drawings, from sparse to dense
    alt: str = ""  # describes the drawing to those who do not see it


def side_of(count):
    """Longest side, in pixels, of each of `count` embedded pictures: SIDES[1] as long as they fit into BUDGET."""
    return int(min(SIDES[1], max(SIDES[0], math.sqrt(BUDGET / max(count, 1) / ASPECT))))


def write_page(path, entries, title="Photos and sketches", labels=("Photo", "Sketch"), max_megapixels=MAX_MEGAPIXELS):
    """Write the page of some Entries as `path`, whole or not at all.

    entries: a collection, gone through once and with as many candidates in each as in the first. labels: what the
    pictures of photo_path and drawing_path are called. A picture that cannot be read is named on the page with the
    reason; max_megapixels, of photos, as in utils.pictures.read_picture. OSError if the page cannot be written.
    """
    head, tail = template(title, summary(len(entries)), labels)
    folder, remaining = os.path.dirname(os.path.abspath(path)), iter(entries)
    first = list(itertools.islice(remaining, 1))
    side = side_of(sum(2 + len(entry.candidate_paths) for entry in first) * len(entries))
    make = functools.partial(figure, side=side, labels=labels, folder=folder, max_megapixels=max_megapixels)
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", errors="replace", newline="\n") as page:
        page.write(head)
        page.writelines(in_order(make, itertools.chain(first, remaining)))
        page.write(tail)


def in_order(function, items):
    """map(function, items) on THREADS threads that run only a few items ahead."""
    with ThreadPoolExecutor(THREADS) as pool:
        ahead = collections.deque()
        for item in items:
            ahead.append(pool.submit(function, item))
            if len(ahead) > THREADS:
                yield ahead.popleft().result()
        yield from (future.result() for future in ahead)


def summary(count):
    if not count:
        return "No pictures yet."
    pictures = "One picture" if count == 1 else f"{count} pictures"
    return f"{pictures}. Drag the divider, or focus it and press the arrow keys."


@functools.lru_cache(maxsize=1)
def source():
    with open(TEMPLATE, encoding="utf-8") as file:
        return file.read()


def template(title, sentence, labels):
    """The page before and after its figures. The policy in its head lets no script run but the template's own."""
    script = source().split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = source().replace("{{script hash}}", f"sha256-{digest}")
    head, tail = text.split("{{figures}}\n")
    for field, value in (("summary", sentence), ("under", labels[0]), ("over", labels[1]), ("title", title)):
        head = head.replace(f"{{{{{field}}}}}", html.escape(value))
    return head, tail


_turn = threading.Lock()


def in_turn(function):
    """A function of an entry that waits until no other large one is worked on."""

    @functools.wraps(function)
    def waiting(entry, *args, **options):
        try:
            large = math.prod(probe(entry.drawing_path, math.inf)) > LARGE
        except PictureError:
            large = False  # the function finds the reason
        with _turn if large else contextlib.nullcontext():
            return function(entry, *args, **options)

    return waiting


@in_turn
def figure(entry, side, labels, folder, max_megapixels):
    """The HTML of one entry. folder: of the page, which drawings below it are linked from."""
    escape = html.escape
    name = f"<bdi>{escape(entry.name)}</bdi>"
    try:
        drawing = read(entry.drawing_path, math.inf)  # our own, with --beside larger than its photo
        photo = read(entry.photo_path, max_megapixels)
    except PictureError as error:
        return f'<p class="missing">{name} cannot be shown: {escape(error.reason)}.</p>\n'
    ratio = drawing.shape[1] / drawing.shape[0]
    size = fit(drawing.shape, side)
    alt = entry.alt or f"{labels[1]}: {entry.name}"
    src = data_uri(drawing, size)
    parts = [f'<figure style="--ratio: {ratio:.5f}">\n<div class="sheet">\n']
    parts.append(f'<img alt="{escape(alt)}" loading="lazy" decoding="async" src="{src}">\n')
    if abs(photo.shape[1] / photo.shape[0] / ratio - 1) <= TOLERANCE:
        under, over = (escape(label) for label in labels)
        parts.append(f'<b aria-hidden="true">{over}</b>\n<div class="over"><img alt="{under}: {escape(entry.name)}"')
        parts.append(f' decoding="async" data-src="{data_uri(photo, size)}"><b aria-hidden="true">{under}</b></div>\n')
        label = escape(f"Divider between {labels[0].lower()} and {labels[1].lower()} of {entry.name}")
        parts.append(f'<input type="range" min="0" max="100" step="any" value="50" aria-label="{label}"')
        parts.append(f' data-over="{under.lower()}">\n<div class="divider"></div>\n')
    parts.append("</div>\n<figcaption>")
    link = relative_url(entry.drawing_path, folder)
    parts.append(f'<a href="{escape(link)}" title="Open at full size">{name}</a>\n' if link else f"{name}\n")
    parts.append(buttons(entry, alt, size))
    return "".join((*parts, "</figcaption>\n</figure>\n"))


def buttons(entry, alt, size):
    """The HTML of the buttons that put a candidate in the drawing's place, or nothing without candidates."""
    items = []
    for number, path in enumerate(entry.candidate_paths, 1):
        try:
            src = data_uri(read(path, math.inf), size)
        except PictureError:
            continue
        attributes = f'aria-label="Candidate {number}" data-alt="{html.escape(f"Candidate {number}: {alt}")}"'
        items.append(f'<button type="button" aria-pressed="false" {attributes} data-src="{src}">{number}</button>\n')
    if not items:
        return ""
    items.insert(0, '<button type="button" aria-pressed="true">Blend</button>\n')
    return f'<div role="group" aria-label="Candidates of {html.escape(entry.name)}">\n{"".join(items)}</div>\n'


def read(path, max_megapixels):
    """A picture as uint8 RGB. White ink on nothing is shown on black, all other transparency on white."""
    picture = read_picture(path, max_megapixels)
    if picture.min() < 255:
        return picture
    try:
        with Image.open(path) as image:
            rgba = np.asarray(image.convert("RGBA"))
    except Image.DecompressionBombError:  # above Pillow's own limit
        return picture
    return np.dstack([rgba[..., 3]] * 3) if rgba[..., :3].min() == 255 else picture


def fit(shape, side):
    """(width, height) of a picture (H, W, ...) whose longer side is reduced to `side` pixels."""
    factor = min(1.0, side / max(shape[:2]))
    return tuple(max(1, round(length * factor)) for length in shape[1::-1])


def data_uri(picture, size):
    """uint8 RGB (H, W, 3), reduced to `size` (width, height), as a data URI."""
    image = Image.fromarray(picture)
    if image.size != size:
        image = image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)
    content = io.BytesIO()
    image.save(content, "WEBP", **WEBP)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"


def relative_url(path, folder):
    """The URL of a file below `folder`, relative to it, or "" for other files."""
    path = os.path.abspath(path)
    if not path.startswith(os.path.join(folder, "")):
        return ""
    return "./" + urllib.parse.quote(os.fsencode(os.path.relpath(path, folder).replace(os.sep, "/")))
