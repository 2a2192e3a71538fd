"""How a drawing looks: one description of it, checked in one place, and the way from the network's map to pixels."""
import dataclasses

import numpy as np

from data.guidance import DRAWINGS
from utils import effects
from utils.background import BACKGROUNDS, set_off
from utils.close_ups import TIMES
from utils.crisp import CRISPS, crisp
from utils.defaults import BACKGROUND, CRISP, FACES, FUR, SHADE
from utils.enlarge import to_size
from utils.frame import without_frame
from utils.fur import FURS, furred
from utils.greys import in_bytes
from utils.opened import opened
from utils.reserve import reserved
from utils.shade import SHADES, shaded
from utils.specks import specks_in
from utils.tone import toned

NAMES = DRAWINGS[:-1]  # of the candidates, from sparse to dense
CANDIDATES = len(NAMES)
GRAPHITE = 0.4  # share of the crispness that the last candidate, the pencil drawing, is inked with: graphite is soft
OF_PHOTOS = ("beside",)  # fields of a Style that mean something where photos are made of drawings, too
PLAIN = {"faces": 1.0, "crisp": 0.0, "fur": 0.0, "shade": 0.0, "background": 1.0}  # fields of a Style that leaves what the network draws as it is


@dataclasses.dataclass(frozen=True)
class Style:
    """What to draw and how it looks. ValueError, in a sentence, for values out of range and effects at odds."""

    detail: float = 0.0  # -1 favours the sparse candidates in the blend, 1 the dense ones
    candidate: int | None = None  # 1 to CANDIDATES instead of the blend
    faces: float = FACES  # how many times larger small faces are drawn, before they are laid into the drawing; 1 as the rest
    crisp: float = CRISP  # of strokes: borders, tones, lights between them, no blots, none astray; 0 leaves all as drawn, and a black frame in
    fur: float = FUR  # ink of the strands that the blend gets where the subject has fur or hair
    shade: float = SHADE  # of the pale hatching, by the photo's light, that the blend gets on faces and where it was left blank
    background: float = BACKGROUND  # share of the blend's ink that is left behind the foreground
    line_width: float = 1.0  # factor
    ink: float = 1.0  # factor
    invert: bool = False  # light lines on a dark ground
    transparent: bool = False  # ink as opacity on nothing
    colour: bool = False  # lines in the photo's own colours
    beside: bool = False  # the photo on the left, the drawing on the right

    def __post_init__(self):
        if not -1 <= self.detail <= 1:
            raise ValueError(f"detail must be between -1 and 1, got {self.detail}.")
        if self.candidate is not None and self.candidate not in range(1, CANDIDATES + 1):
            raise ValueError(f"candidate must be a number from 1 to {CANDIDATES}, got {self.candidate}.")
        effects.check("faces", self.faces, TIMES)
        effects.check("crisp", self.crisp, CRISPS)
        effects.check("fur", self.fur, FURS)
        effects.check("shade", self.shade, SHADES)
        effects.check("background", self.background, BACKGROUNDS)
        effects.check("line width", self.line_width, effects.LINE_WIDTHS)
        effects.check("ink", self.ink, effects.INKS)
        for one, other in (("colour", "transparent"), ("colour", "invert"), ("beside", "transparent")):
            if getattr(self, one) and getattr(self, other):
                raise ValueError(f"{one} and {other} cannot be had together: leave one out.")

    def of_candidate(self, number):
        """The same style of the candidate `number`, None = the blend."""
        return dataclasses.replace(self, candidate=number)

    @property
    def needs_photo(self):
        """Whether finishing needs the photo's pixels and not just their number."""
        return self.colour or self.beside

    @property
    def needs_faces(self):
        """Whether the drawing needs to know where faces are: to draw small ones larger, to shade each by its own light, and not to hatch over any."""
        return self.faces > 1

    @property
    def needs_foreground(self):
        """Whether the drawing needs to know what the photo is of: for fur, shading and a paler background, and then for half tones and dark masses too.

        The blend alone does, as candidates are drawn as they are.
        """
        return self.candidate is None and (self.fur > 0 or self.shade > 0 or self.background < 1)


def to_bytes(values):
    """float32 in [0, 1] -> uint8."""
    return np.uint8(np.rint(values * np.float32(255)))


def pen(sketch, working, amount):
    """A sketch with crisp, toned strokes, the photo's lights reserved and no stray ones; amount 0 leaves it as it is.

    sketch: (h, w), uint8 or utils.greys. working: the photo at its size, see utils.working. Returns uint8, 255 = paper.
    """
    if not amount:
        return in_bytes(sketch)
    drawn = crisp(reserved(sketch, working.gray, amount), amount)
    return toned(drawn, amount) | specks_in(in_bytes(drawn), working.steps)


def inked(sketch, style, working, foreground=None):
    """A sketch (h, w), uint8 or utils.greys, in the style's crispness, fur, shading, line width, ink and background: uint8, 255 = paper.

    The photo's black frame is left out, but at crispness 0. working: the photo at the size of the sketch, see utils.working, so that
    the result does not depend on its own. foreground: a utils.background.FoundForeground, None for a sketch without fur and
    shading and with the background as dark.
    """
    sketch = pen(sketch, working, style.crisp * (GRAPHITE if style.candidate == CANDIDATES else 1))
    if style.candidate is None:
        sketch = opened(sketch, working, style.crisp)
    if foreground is not None:
        sketch = shaded(furred(sketch, working, foreground, style.fur), working, foreground, style.shade * min(1, 1 + style.detail))
    if style.line_width != 1 or style.ink != 1:
        sketch = to_bytes(effects.adjust(sketch / np.float32(255), style.line_width, style.ink))
    if style.crisp:
        sketch = without_frame(sketch, working.bars)
    return sketch if foreground is None else set_off(sketch, foreground, style.background)


def finish(sketch, style, size, photo=None):
    """An inked sketch at the working size, uint8 (h, w), 255 = paper -> the finished uint8 picture of `size` (H, W).

    photo: uint8 (H, W, 3), needed where style.needs_photo. Returns (H, W), or (H, W, 3) in colour, (H, W, 4)
    transparent, (H, W', 3) beside.
    """
    sketch = to_size(sketch, *size)
    if style.transparent:
        return effects.transparent(sketch / np.float32(255), (255, 255, 255) if style.invert else (0, 0, 0))
    if style.colour:
        drawing = effects.colour(sketch / np.float32(255), photo)
    else:
        drawing = 255 - sketch if style.invert else sketch
    return effects.beside(photo, drawing) if style.beside else drawing
