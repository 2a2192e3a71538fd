"""Drawing any picture in one call: `Sketcher().draw(image)`."""
import dataclasses
import functools
import itertools
import threading

import numpy as np
import torch
from PIL import Image

from model import Photo2Sketch, Sketch2Photo
from model.engine import Engine
from model.generator import MIN_SIDE
from model.reverse import ReverseEngine
from utils.background import FoundForeground
from utils.checkpoint import CheckpointError, load_network
from utils.close_ups import close_ups, in_faces, lay_in_all
from utils.darkness import NOTHING, asked_of
from utils.defaults import CHECKPOINTS, MAX_MEGAPIXELS, WORKING_SIZE
from utils.devices import choose_device
from utils.face_finder import FaceFinder
from utils.foreground_finder import ForegroundFinder
from utils.greys import FINE, fine
from utils.half_tones import MODEL, modelled
from utils.masses import HATCHED, LINES, SMALLEST, filled, has_dark_masses, second_size
from utils.memory import keep_freed_memory
from utils.picture_modes import to_rgb
from utils.pictures import read_picture
from utils.sparing import Sparing
from utils.style import CANDIDATES, OF_PHOTOS, PLAIN, Style, finish, inked
from utils.whole_objects import OUTLINE, SIDE, evened, has_subject
from utils.working import array_to_bytes, stack, to_working

LARGE = 8e6  # pixels beyond which not all maps are held at once: they take 44 bytes a pixel
NUMBERS = (*range(1, CANDIDATES + 1), None)  # of all drawings: the candidates and the blend
DIRECTIONS = {"photo2sketch": (Photo2Sketch, Engine), "sketch2photo": (Sketch2Photo, ReverseEngine)}


@dataclasses.dataclass(frozen=True)
class Maps:
    """What the network drew of one photo at the working size."""

    drawings: dict  # {number: (h, w)} in utils.greys: candidates 1 to T, from sparse to dense, and None, the blend
    confidences: np.ndarray  # float32 (T, h', w') in [0, 1], they sum to 1 over T


class Sketcher:
    """A trained network, ready to draw.

    checkpoint: file of weights, None = the shipped one. device: "auto", "cpu", "cuda", "cuda:N" or "mps". precision:
    "auto", "float32" or "bfloat16". size: pixels of the long side at which photos are drawn, or "full" for their own;
    the drawing has the photo's size always. direction: "photo2sketch", or "sketch2photo" for luminance photos from
    drawings. max_megapixels: limit of files. say: called with a sentence when memory has run out.

    CheckpointError without a sound checkpoint, DeviceError without the device, ValueError for other values.
    """

    def __init__(
        self,
        checkpoint=None,
        device="auto",
        precision="auto",
        size=WORKING_SIZE,
        direction="photo2sketch",
        max_megapixels=MAX_MEGAPIXELS,
        say=print,
    ):
        if direction not in DIRECTIONS:
            raise ValueError(f"direction must be photo2sketch or sketch2photo, got {direction!r}.")
        if size != "full" and not (isinstance(size, int) and size >= MIN_SIDE):
            raise ValueError(f"size must be 'full' or a number of pixels from {MIN_SIDE} up, got {size!r}.")
        kind, engine = DIRECTIONS[direction]
        self.device = choose_device(device)
        if self.device.type == "cpu":
            keep_freed_memory()  # before building the network starts threads, which would have memory of their own from then on
        checkpoint = checkpoint or CHECKPOINTS[direction]
        network = load_network(kind, checkpoint)
        if network.arch.candidates != CANDIDATES:
            count = network.arch.candidates
            raise CheckpointError(f"{checkpoint} draws {count} candidates, but {CANDIDATES} are needed. Name another.")
        self.step, self.engine = network.step, engine(network, self.device, precision)
        self.sparing = Sparing(self.engine, say)
        self.size, self.max_megapixels = size, max_megapixels
        self.draws = direction == "photo2sketch"
        self.style = {} if self.draws else PLAIN  # photos have no strokes
        self.paper = FINE if self.draws else 255  # value of paper
        self.hatches = self.draws and network.arch.strokes  # utils.masses fills with the network's own strokes

    def draw(self, image, **style):
        """The drawing of one picture, in its own size.

        image: a path, a PIL image, or an array (H, W), (H, W, 3) or (H, W, 4), uint8, uint16, bool, or float in [0, 1].
        style: fields of utils.style.Style, such as detail=0.5, candidate=3, line_width=1.5, colour=True. Returns a PIL
        image for a path or a PIL image, else a uint8 array. PictureError for a file that is no picture, ValueError for a
        style that is out of range, or for drawings where photos are made, CheckpointError without the weights that it needs.
        """
        style = self.styled(style)
        photo = self.read(image)
        working = self.prepare(photo, style)
        foregrounds = self.foregrounds([working], style)
        sketch = self.sketches([working], style.detail, style.candidate, foregrounds)[0]
        sketch = inked(sketch, style, working, foregrounds[0])
        drawing = finish(sketch, style, working.size, photo)
        return drawing if isinstance(image, np.ndarray) else Image.fromarray(drawing)

    def styled(self, fields):
        """The Style of some fields. ValueError for those that mean nothing where photos are made: all but OF_PHOTOS."""
        style, plain = Style(**self.style | fields), Style(**self.style)
        for name in fields:
            if not self.draws and name not in OF_PHOTOS and getattr(style, name) != getattr(plain, name):
                raise ValueError(f"{name} is for drawings and has no meaning with the direction sketch2photo.")
        return style

    def read(self, image):
        """A path, PIL image or array -> uint8 RGB (H, W, 3)."""
        if isinstance(image, np.ndarray):
            return to_rgb(Image.fromarray(array_to_bytes(image)))
        if isinstance(image, Image.Image):
            return to_rgb(image)
        return read_picture(image, self.max_megapixels)

    def prepare(self, photo, style=None):
        """Photo uint8 (H, W, 3) -> utils.working.Working, with its faces where the style needs them; None = the default style."""
        style, working = style or self.styled({}), to_working(photo, self.size)
        if not style.needs_faces:
            return working
        found = self.find_faces(working.photo)
        return dataclasses.replace(working, faces=found, close_ups=close_ups(photo, working.photo, found, style.faces))

    @functools.cached_property
    def find_faces(self):
        """The utils.face_finder.FaceFinder, loaded when it is first needed. CheckpointError without its weights."""
        return FaceFinder(CHECKPOINTS["faces"])

    def at_once(self, one):
        """How many photos of the shape of a Working fit into one batch."""
        return self.engine.at_once(*one.pixels.shape[:2])

    def share(self, count):
        """Let `count` threads draw at once; before, they take turns."""
        self.engine.turn = threading.Semaphore(count)

    def sketches(self, batch, detail=0.0, candidate=None, foregrounds=None, progress=None):
        """One drawing of each of some Workings of one shape: a list of (h, w) in utils.greys, of a photo uint8.

        detail, candidate: as in Style. foregrounds: from foregrounds(), for the half tones and dark masses of the blend. progress: called
        as progress(done, total) after each tile. When memory runs out, the photos are drawn one by one, then in smaller tiles.
        """
        return [drawings[candidate] for drawings in self.drawings(batch, detail, (candidate,), foregrounds, progress)]

    def foregrounds(self, batch, style):
        """For each of some Workings of one shape its FoundForeground, made even, see utils.whole_objects, or None where the style needs none."""
        if not style.needs_foreground:
            return [None] * len(batch)
        maps = self.find_foregrounds([one.photo for one in batch])
        due = [place for place, found in enumerate(maps) if has_subject(found)]
        size = min(SIDE, max(batch[0].shape))  # what is padded to one shape must stay so, so nothing is enlarged
        small = [batch[place].smaller(size) for place in due]
        outlines = self._planes(stack(small), 0.0, (OUTLINE,)) if due else ()
        for place, one, planes in zip(due, small, outlines):
            maps[place] = evened(maps[place], one.trim(planes[0]))
        return [FoundForeground(found) for found in maps]

    @functools.cached_property
    def find_foregrounds(self):
        """The utils.foreground_finder.ForegroundFinder, loaded when it is first needed. CheckpointError without its weights."""
        return ForegroundFinder(CHECKPOINTS["foreground"], self.engine)

    def drawings(self, batch, detail=0.0, numbers=(None,), foregrounds=None, progress=None):
        """Some drawings of each of some Workings of one shape: a list of {number: (h, w)}, as in sketches().

        numbers: candidates 1 to T, None = the blend. The rest as in sketches().
        """
        foregrounds = foregrounds or [None] * len(batch)
        return self._fill(self._drawings(batch, detail, numbers, foregrounds, progress), batch, detail, foregrounds)

    def _drawings(self, batch, detail, numbers, foregrounds, progress=None, exact=False):
        """drawings() without what the second drawing adds."""
        models = None in numbers and detail > -1 and any(one is not None for one in foregrounds)
        needed = tuple(dict.fromkeys((*numbers, MODEL))) if models else numbers
        found = self._planes(stack(batch), detail, needed, progress, exact)
        found = [dict(zip(needed, one.trim(planes))) for one, planes in zip(batch, found)]
        self._model(self._with_faces(found, batch, detail), batch, detail, foregrounds)
        return [{number: drawings[number] for number in numbers} for drawings in found]

    def _model(self, found, batch, detail, foregrounds):
        """Give the blends found the half tones of the pencil drawings found, see utils.half_tones."""
        for drawings, one, foreground in zip(found, batch, foregrounds):
            if foreground is not None and None in drawings and detail > -1:
                drawings[None] = modelled(drawings[None], drawings[MODEL], one, foreground, detail)

    def _planes(self, photos, detail, numbers, progress=None, exact=False):
        """Some drawings of uint8 photos (B, h, w, 3), as the network makes them: (B, N, h, w), as in sketches(). exact: as in model.engine."""
        indices = [None if number is None else number - 1 for number in numbers]
        sketches = functools.partial(self.engine.sketches, exact=True) if exact else self.engine.sketches

        def draw(photos, tile):
            return sketches(photos, detail, indices, tile, progress, self.paper).numpy().swapaxes(0, 1)

        return self.sparing(photos, draw)

    def _with_faces(self, found, batch, detail):
        """The drawings found of some Workings, with their small faces drawn larger: one by one on a CPU, where each number is a shape of its own."""
        at_once = lambda side: 1 if self.device.type == "cpu" else self.engine.at_once(side, side)
        lay_in_all(found, [one.close_ups for one in batch], lambda pixels: self._planes(pixels, detail, tuple(found[0])), at_once)
        return found

    def _fill(self, found, batch, detail, foregrounds, asking=True):
        """The drawings found of some Workings of one shape with the dark masses of the second, small drawing, see utils.masses.

        Faces are spared. asking: for what the photo asks for by itself, too.
        """
        numbers = [number for number in found[0] if number in HATCHED]
        for place, (one, (small, second)) in enumerate(zip(batch, self.seconds(batch, detail, numbers, foregrounds))):
            drawings = found[place]
            faces = in_faces(one.faces, small.shape, max(small.shape) / max(one.shape)) if second and len(one.faces) else None
            for number in numbers if second else ():
                asked = asked_of(small, None if number else foregrounds[place]) if asking else NOTHING
                drawings[number] = filled(drawings[number], second[number], second[LINES], one.gray, small.gray, asked, faces)
        return found

    def seconds(self, batch, detail, numbers, foregrounds):
        """For each of some Workings of one shape: the small one, and its candidate LINES and `numbers`, or None where none is due.

        Those are filled from smaller ones in their turn. They are exact, for the tone that follows from them is steepened. Faces are
        not known in them: what is filled spares them in the end. foregrounds: as in drawings(), a list.
        """
        size = second_size(*batch[0].shape)
        if not (numbers and self.hatches and size >= SMALLEST):
            return [(None, None)] * len(batch)
        small = [one.smaller(size) for one in batch]
        due = [has_dark_masses(one) for one in small]
        asked, theirs = (list(itertools.compress(some, due)) for some in (small, foregrounds))
        found = self._drawings(asked, detail, (LINES, *numbers), theirs, exact=True) if asked else []
        found = iter(self._fill(found, asked, detail, theirs, asking=False) if asked else ())
        return [(one, next(found) if needed else None) for one, needed in zip(small, due)]

    def maps(self, batch, detail=0.0, foregrounds=None, progress=None):
        """Everything that the network draws of some Workings of one shape: a list of Maps; else as sketches()."""
        foregrounds = foregrounds or [None] * len(batch)
        if batch[0].pixels.size > 3 * LARGE:
            return [self._maps_of_large(one, detail, foreground, progress) for one, foreground in zip(batch, foregrounds)]
        found = self._maps(batch, detail, progress)
        drawings = self._with_faces([maps.drawings for maps in found], batch, detail)
        self._model(drawings, batch, detail, foregrounds)
        self._fill(drawings, batch, detail, foregrounds)
        return found

    def _maps(self, batch, detail, progress=None):
        """maps() without what the second drawing adds."""

        def draw(photos, tile):
            photos = torch.tensor(photos).permute(0, 3, 1, 2)
            return np.concatenate([maps.numpy() for maps in self.engine.draw(photos, detail, tile, progress)], 1)

        found = []
        for one, planes in zip(batch, self.sparing(stack(batch), draw)):
            candidates, confidences = np.split(one.trim(planes[:-1]), 2)
            drawings = (fine(plane) for plane in (*candidates, one.trim(planes[-1])))
            found.append(Maps(dict(zip(NUMBERS, drawings)), confidences))
        return found

    def _maps_of_large(self, one, detail, foreground, progress):
        """Maps of a photo whose floats would take too much memory: no floats but the confidences, at WORKING_SIZE."""
        small = self._maps([to_working(one.photo, WORKING_SIZE)], detail)[0]
        return Maps(self.drawings([one], detail, NUMBERS, [foreground], progress)[0], small.confidences)
