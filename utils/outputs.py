"""The files of one photo: its drawing, or every candidate with confidence map and contact sheet."""
import dataclasses
import os

from utils import confidence
from utils.atomic import write_bytes
from utils.encode import encode
from utils.resize import resize
from utils.style import CANDIDATES, Style, finish, inked
from utils.svg import to_svg


@dataclasses.dataclass(frozen=True)
class Output:
    """Where and how drawings are written."""

    folder: str
    extension: str  # of utils.encode.FORMATS
    style: Style
    svg: bool = False  # the drawing as vector paths too

    def path(self, name):
        """The path of an output file that is named relative to the folder, with /."""
        return os.path.join(self.folder, *name.split("/"))

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_bytes(path, content)

    def encoded(self, image):
        """The content of a picture file."""
        return encode(image, self.extension)


class OneDrawing(Output):
    """One photo, one drawing (and its vector paths)."""

    @property
    def needs_photo(self):
        """Whether contents() needs the photo's pixels."""
        return self.style.needs_photo

    def names(self, target):
        """The files of a target, the drawing first."""
        return [f"{target}.{self.extension}"] + [f"{target}.svg"] * self.svg

    def candidates(self, target):
        """The files of a target that hold its candidates."""
        return []

    def draw(self, sketcher, batch, progress):
        """What contents() needs of each of some Workings of one shape."""
        foregrounds = sketcher.foregrounds(batch, self.style)
        return list(zip(sketcher.sketches(batch, self.style.detail, self.style.candidate, foregrounds, progress), foregrounds))

    def contents(self, target, drawn, working, photo=None):
        """Yields (name, content) of the files of one photo. drawn: from draw(), of `working`. photo: itself, uint8 RGB (H, W, 3)."""
        sketch, foreground = drawn
        yield from self.of_drawing(target, inked(sketch, self.style, working, foreground), working.size, photo)

    def of_drawing(self, target, sketch, size, photo):
        """contents() of an inked sketch as the drawing of a target, for a photo of `size`."""
        yield f"{target}.{self.extension}", self.encoded(finish(sketch, self.style, size, photo))
        if self.svg:
            yield f"{target}.svg", to_svg(sketch, size)


class AllCandidates(OneDrawing):
    """Every candidate, the blend, the confidence map and a contact sheet (and the blend's vector paths)."""

    needs_photo = True

    def candidates(self, target):
        return [f"{target}_{number}.{self.extension}" for number in range(1, CANDIDATES + 1)]

    def names(self, target):
        more = [f"{target}_{part}.{self.extension}" for part in ("confidence", "sheet")]
        return [*super().names(target), *self.candidates(target), *more]

    def draw(self, sketcher, batch, progress):
        foregrounds = sketcher.foregrounds(batch, self.style)
        return list(zip(sketcher.maps(batch, self.style.detail, foregrounds, progress), foregrounds))

    def contents(self, target, drawn, working, photo=None):
        maps, foreground = drawn
        size = working.size
        candidates = [inked(maps.drawings[number], self.style.of_candidate(number), working) for number in range(1, CANDIDATES + 1)]
        for name, sketch in zip(self.candidates(target), candidates):
            yield name, self.encoded(finish(sketch, self.style, size, photo))
        prevailing = confidence.confidence_map(maps.confidences)
        yield f"{target}_confidence.{self.extension}", self.encoded(resize(prevailing, *size))
        blend = inked(maps.drawings[None], self.style, working, foreground)
        sheet = self.sheet([blend, *candidates], maps.confidences, size, photo)
        yield f"{target}_sheet.{self.extension}", self.encoded(sheet)
        yield from self.of_drawing(target, blend, size, photo)

    def sheet(self, drawn, confidences, size, photo):
        """The contact sheet, made at the size of its cells. drawn: the blend and the candidates, inked."""
        plain = dataclasses.replace(self.style, beside=False, transparent=False)
        photo = confidence.shrink(photo, size)
        blend, *candidates = (finish(sketch, plain, photo.shape[:2], photo) for sketch in drawn)
        return confidence.sheet(photo, blend, candidates, confidences)
