"""Draws photos in all five ways: python eval_multiple.py --help."""
import sys

from utils.tool import main

DESCRIPTION = """
Draws every photo in five ways, from sparse to dense. For photo.jpg the output folder gets
  photo_1.png ... photo_5.png   the candidates: outline, contour, detail, shaded, pencil
  photo.png                     their blend, as eval_test.py draws it
  photo_confidence.png          which candidate prevails where, in colours
  photo_sheet.png               a contact sheet of all of them, labelled
and index.html there shows them all beside their photos.

Reads JPEG, PNG, WebP, BMP, TIFF, GIF (first frame), and HEIC where pillow-heif is installed. A photo that
cannot be read is reported and the others are drawn; the exit status is 1 then.
"""
EXAMPLES = [
    ("", "draws every photo of Test/ into Result/"),
    ("--input holiday --output drawings --format jpg", "draws a folder with its subfolders, as JPEG files"),
    ("--input cat.jpg dog.png --detail 0.5 --colour", "draws two photos, the blend denser, in the photos' colours"),
]

if __name__ == "__main__":
    sys.exit(main("eval_multiple.py", DESCRIPTION, EXAMPLES, multiple=True))
