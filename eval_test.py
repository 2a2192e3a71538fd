"""Draws photos: python eval_test.py --help."""
import sys

from utils.tool import main

DESCRIPTION = """
Draws photos as sketches. Every photo of the input folder and its subfolders gives one drawing of the same
name and size in the output folder, and index.html there shows them all beside their photos.

Reads JPEG, PNG, WebP, BMP, TIFF, GIF (first frame), and HEIC where pillow-heif is installed. A photo that
cannot be read is reported and the others are drawn; the exit status is 1 then. With torchrun, several GPUs
or machines share one folder.
"""
EXAMPLES = [
    ("", "draws every photo of Test/ into Result/"),
    ("--input ~/Pictures --output drawings --skip-existing", "draws a whole tree, or what is new in it"),
    ("--input cat.jpg --candidate 1 --line-width 1.5 --transparent", "draws a bold outline, on nothing"),
]

if __name__ == "__main__":
    sys.exit(main("eval_test.py", DESCRIPTION, EXAMPLES))
