"""What the tests of the page share: photos, drawings and candidates that can be told apart by their colour."""
import os

import numpy as np
from PIL import Image

from utils.page import Entry

RED = (200, 40, 30)  # photos
WHITE = (255, 255, 255)  # drawings
GRAYS = (210, 170, 130, 90, 50)  # candidates
NASTY = [
    '"><script>document.title="broken"</script>.jpg',
    "<img src=x onerror=document.title='broken'>.png",
    "a & b's &lt; 100 % #1?.jpg",
    "Ängelholm/夏 休み.v2.final.jpg",
    "javascript:alert(1).jpg",
]


def picture(path, colour, size=(120, 80)):
    """A plain picture with a dark frame, whose longer side has the given length."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[2:-2, 2:-2] = colour
    Image.fromarray(image).save(path)
    return str(path)


def entry(folder, number, name=None, candidates=5, size=(120, 80)):
    """Photo, drawing and candidates as files of `folder`, drawings in its subfolder "out"."""
    name = name or f"photo {number}.jpg"
    photo = picture(f"{folder}/in/{number}.png", RED, size)
    drawing = picture(f"{folder}/out/{number} 50 % #1?.png", WHITE, size)
    more = [picture(f"{folder}/out/{number}_{index}.png", (gray,) * 3, size) for index, gray in enumerate(GRAYS, 1)]
    return Entry(name, photo, drawing, more[:candidates], f"Drawing of {name}")
