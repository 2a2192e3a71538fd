"""Contact sheets: labelled pictures in rows of equal cells on a light background."""
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from utils.atomic import replacing

BACKGROUND = (246, 246, 244)
FRAME = (214, 214, 210)  # around each picture, so that white drawings show where they end
TEXT = (48, 48, 48)
GREYS = 34  # of a palette, the background among them
COLOURED = 10  # levels between the largest and the smallest channel from which a pixel needs a colour


def as_rgb(image):
    """uint8 (H, W) or (H, W, 3) -> PIL RGB image. ValueError for anything else."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or not (image.ndim == 2 or image.ndim == 3 and image.shape[2] == 3):
        raise ValueError(f"a contact sheet takes uint8 (H, W) or (H, W, 3) pictures, got {image.dtype} {image.shape}")
    return Image.fromarray(image).convert("RGB")


def fit(image, cell):
    """A PIL image scaled by one factor so that its longer side has `cell` pixels."""
    factor = cell / max(image.size)
    size = tuple(max(1, round(side * factor)) for side in image.size)
    return image.resize(size, Image.Resampling.LANCZOS)


def shorten(text, font, width):
    """`text`, cut in the middle with an ellipsis where it is wider than `width` pixels."""
    keep = len(text)
    short = text
    while keep > 1 and font.getlength(short) > width:
        keep -= 1
        short = text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]
    return short


def contact_sheet(rows, cell=256, gap=8):
    """Pictures in rows, each in a square cell with its label below.

    rows: lists of (label, image), image uint8 (H, W) or (H, W, 3). Rows may differ in length, pictures in size;
    labels take no space in a row without any. Pictures keep their aspect ratio, the longer side filling the cell.
    Cells of a row are as high as its highest picture. cell, gap: pixels. Returns uint8 RGB (H, W, 3).
    """
    rows = [row for row in rows if row]
    if not rows:
        raise ValueError("a contact sheet needs at least one picture")
    font = ImageFont.load_default(max(11, cell // 16))
    ascent, descent = font.getmetrics()
    fitted = [[(label, fit(as_rgb(image), cell)) for label, image in row] for row in rows]
    pictures = [max(image.height for _, image in row) for row in fitted]
    labels = [ascent + descent + gap // 2 if any(label for label, _ in row) else 0 for row in fitted]
    width = gap + max(map(len, rows)) * (cell + gap)
    height = gap + sum(a + b + gap for a, b in zip(pictures, labels))
    sheet = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    top = gap
    for row, picture, label_height in zip(fitted, pictures, labels):
        for column, (label, image) in enumerate(row):
            left = gap + column * (cell + gap)
            x, y = left + (cell - image.width) // 2, top + (picture - image.height) // 2
            draw.rectangle((x - 1, y - 1, x + image.width, y + image.height), outline=FRAME)
            sheet.paste(image, (x, y))
            text = shorten(label, font, cell)
            draw.text((left + cell / 2, top + picture + gap // 2), text, fill=TEXT, font=font, anchor="ma")
        top += picture + label_height + gap
    return np.asarray(sheet)


def with_palette(sheet):
    """uint8 RGB (H, W, 3) -> PIL image of at most 256 colours: a few greys for drawings, the others for photos."""
    greys = [BACKGROUND, *((level,) * 3 for level in np.linspace(0, 255, GREYS - 1).round().astype(int))]
    coloured = sheet[np.ptp(sheet, axis=2) > COLOURED]
    colours = []
    if len(coloured):
        reduced = Image.fromarray(coloured[None]).quantize(256 - GREYS, Image.Quantize.MEDIANCUT)
        colours = reduced.getpalette()[: 3 * (256 - GREYS)]
    palette = Image.new("P", (1, 1))
    palette.putpalette([int(value) for grey in greys for value in grey] + colours)
    return Image.fromarray(sheet).quantize(palette=palette, dither=Image.Dither.NONE)


def save(rows, path, cell=256, gap=8, quality=88, palette=False):
    """Write a contact sheet of `rows` as `path` (.jpg, .png or .webp), whole or not at all.

    quality: of JPEG and WebP, 1 to 95. palette: 256 colours only, which makes PNG files smaller.
    """
    if not path.lower().endswith((".jpg", ".png", ".webp")):
        raise ValueError(f"cannot tell the picture format of {path}: end the name in .jpg, .png or .webp")
    sheet = contact_sheet(rows, cell, gap)
    image = with_palette(sheet) if palette else Image.fromarray(sheet)
    with replacing(path) as temporary:
        image.save(temporary, quality=quality, optimize=True)
