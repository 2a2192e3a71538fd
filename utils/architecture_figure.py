"""The architecture diagram. Every number in it is read from the code that it describes."""
import inspect
import math

from losses.objective import JUDGED
from losses.weights import Weights
from model import PRESETS, Photo2Sketch
from model.discriminator import Discriminator
from model.head import SHADED
from utils.diagram import PALE, Diagram
from utils.strokes import ANGLES

ENCODER, ATTENTION, DECODER, HEAD, DATA, LOSS = "#cfe0f5", "#f7d9b5", "#d3ecd2", "#e4d8f2", "#f2f2ef", "#fbe3e3"
BAR = 150  # height of a feature map at full resolution, pixels
WIDTH, HEIGHT, ROW = 1240, 1125, 275  # pixels; ROW: of one preset


def strides(arch):
    """Pixels per cell of each stage's output."""
    return [arch.unshuffle * 2**i for i in range(len(arch.widths))]


def parameters(arch):
    """Parameters of a Photo2Sketch in millions."""
    return sum(parameter.numel() for parameter in Photo2Sketch(arch).parameters()) / 1e6


def bar(diagram, x, middle, channels, stride, blocks, fill):
    """A feature map: the higher the finer, the wider the more channels. Returns (left, right, top)."""
    height, width = BAR * stride**-0.55, 2.2 * math.sqrt(channels)
    top, bottom = middle - height / 2, middle + height / 2
    diagram.box(x - width / 2, top, width, height, fill, radius=2)
    scale = "full" if stride == 1 else f"1/{stride}"
    diagram.lines(x, bottom + 16, [str(channels), scale, *([f"{blocks} res"] if blocks else [])], 12)
    return x - width / 2, x + width / 2, top


def generator(diagram, arch, left, middle):
    """Encoder, attention and decoder in a row from `left` on. Returns the x at which the features leave."""
    diagram.labelled(left, middle - 28, 66, 56, ["photo", "3 x H x W"], DATA, 12)
    x = left + 66
    if arch.unshuffle > 1:
        diagram.labelled(x + 14, middle - 28, 74, 56, ["unshuffle", f"by {arch.unshuffle}"], ENCODER, 12)
        diagram.arrow((x, middle), (x + 14, middle))
        x += 88
    tops, scales = [], strides(arch)
    for channels, stride, blocks in zip(arch.widths, scales, arch.blocks):
        start, end, top = bar(diagram, x + 42, middle, channels, stride, blocks, ENCODER)
        diagram.arrow((x, middle), (start, middle))
        tops.append((x + 42, top))
        x = end
    rows = ["attention", f"{arch.grid} x {arch.grid} tokens", f"{arch.heads} heads"]
    diagram.labelled(x + 16, middle - 38, 104, 76, rows, ATTENTION, 12)
    diagram.arrow((x, middle), (x + 16, middle))
    x += 120
    for i in reversed(range(len(arch.widths) - 1)):
        channels = arch.widths[i] if i else arch.head_width
        start, end, top = bar(diagram, x + 42, middle, channels, scales[i], arch.decoder_blocks[i], DECODER)
        diagram.arrow((x, middle), (start, middle))
        if arch.skips:
            from_x, from_top = tops[i]
            level = middle - BAR / 2 - 6 - 11 * (len(arch.widths) - 2 - i)
            diagram.arrow((from_x, from_top), (from_x, level), (x + 42, level), (x + 42, top), dashed=True)
        x = end
    return x


def description(arch):
    """One line on what the bars do not show."""
    down = "stride-2 convolutions" if arch.downsample == "conv" else "average pooling"
    skips = "added skips (dashed)" if arch.skips else "no skips"
    head = f"{arch.head_kernel}x{arch.head_kernel} head, with{'' if arch.strokes else 'out'} strokes"
    return f"{parameters(arch):.2f} M parameters, {arch.norm} norm, {down}, {skips}, {head}; res = residual blocks"


def head(diagram, arch, x, y):
    """The soft weighted head in a frame of 400 x 430 pixels at (x, y)."""
    count, shaded = arch.candidates, arch.candidates - SHADED + 1
    diagram.box(x, y, 400, 430, "#fbfbfa", edge="#b9bec6", radius=8)
    diagram.text(x + 200, y + 24, "Soft weighted head", 15, bold=True)
    diagram.labelled(x + 14, y + 178, 78, 56, ["conv", "+ shuffle"], HEAD, 12)
    for i in range(count):
        top = y + 62 + 32 * i
        diagram.labelled(x + 128, top, 96, 26, [f"candidate {i + 1}"], HEAD, 12, bold=False)
        diagram.labelled(x + 128, top + 196, 96, 26, [f"confidence {i + 1}"], HEAD, 12, bold=False)
    diagram.arrow((x + 92, y + 192), (x + 110, y + 192), (x + 110, y + 139), (x + 128, y + 139))
    diagram.arrow((x + 92, y + 220), (x + 110, y + 220), (x + 110, y + 335), (x + 128, y + 335))
    if arch.strokes:
        rows = ["stroke field", f"{len(ANGLES)} directions", "x gains"]
        diagram.labelled(x + 262, y + 160, 124, 56, rows, ATTENTION, 12)
        diagram.arrow((x + 262, y + 188), (x + 240, y + 188), (x + 240, y + 171), (x + 224, y + 171))
        diagram.arrow((x + 240, y + 188), (x + 240, y + 203), (x + 224, y + 203))
        diagram.text(x + 324, y + 148, f"shades {shaded} to {count}", 12)
    diagram.labelled(x + 262, y + 308, 124, 54, ["softmax", f"over T = {count}", "+ detail bias"], HEAD, 12)
    diagram.arrow((x + 224, y + 335), (x + 262, y + 335))
    diagram.labelled(x + 262, y + 76, 124, 44, ["weighted sum", "= sketch"], HEAD, 12)
    diagram.arrow((x + 224, y + 98), (x + 262, y + 98))
    diagram.arrow((x + 386, y + 335), (x + 393, y + 335), (x + 393, y + 98), (x + 386, y + 98))


def training(diagram, y):
    """The cycle, the discriminator and the losses with their default weights."""
    w, scales = Weights(), inspect.signature(Discriminator).parameters["scales"].default
    judged = " and ".join(f"candidate {one}" if one != "sketch" else "sketch" for one in JUDGED)
    title = "Training, unpaired: a cycle, and the losses with their default weights"
    diagram.text(30, y, title, 16, anchor="start", bold=True)
    row, under = y + 26, y + 148
    for x, width, rows, fill in (
        (30, 110, ["photo", "RGB"], DATA),
        (200, 160, ["Photo2Sketch", "photo to drawings"], ENCODER),
        (420, 190, [f"{PRESETS['fast'].candidates} candidates", "+ blended sketch"], DATA),
        (670, 160, ["Sketch2Photo", "1 to 1 channel"], DECODER),
        (890, 150, ["reconstruction", "luminance"], DATA),
    ):
        diagram.labelled(x, row, width, 60, rows, fill)
    for start, end in ((140, 200), (360, 420), (610, 670), (830, 890)):
        diagram.arrow((start, row + 30), (end, row + 30))
    content = f"{w.content_sketch:g}; {w.content_reconstruction:g}"
    for x, width, rows, fill in (
        (30, 160, ["content, VGG", "sketch; reconstruction", content], LOSS),
        (210, 150, ["edge", "against guidance", f"{w.edge:g}"], LOSS),
        (380, 170, ["style, VGG", "against real drawings", f"{w.style:g}"], LOSS),
        (580, 160, ["discriminator", f"{scales} scales, attention", "decision per position"], ENCODER),
        (770, 160, ["adversarial", "against real drawings", f"{w.adversarial:g}"], LOSS),
        (960, 180, ["luminance; cycle", "L1; Laplacian pyramid", f"{w.luminance:g}; {w.cycle:g}"], LOSS),
    ):
        diagram.labelled(x, under, width, 64, rows, fill)
    diagram.arrow((430, row + 60), (430, under - 34), (110, under - 34), (110, under))
    diagram.arrow((448, row + 60), (448, under - 22), (285, under - 22), (285, under))
    diagram.arrow((466, row + 60), (466, under))
    diagram.arrow((515, row + 60), (515, under - 28), (660, under - 28), (660, under))
    diagram.text(524, under - 34, judged, 12, anchor="start")
    diagram.arrow((740, under + 32), (770, under + 32))
    diagram.arrow((1000, row + 60), (1000, under))


def architecture_svg():
    """The diagram of the presets, the head and the training as SVG text."""
    diagram = Diagram(WIDTH, HEIGHT)
    head(diagram, PRESETS["fast"], 810, 75)
    for number, name in enumerate(("light", "fast", "paper")):
        arch, y = PRESETS[name], 30 + ROW * number
        diagram.text(30, y + 6, f"Photo2Sketch, preset {arch.preset}", 16, anchor="start", bold=True)
        diagram.text(30, y + 26, description(arch), 12, PALE, anchor="start")
        middle = y + 146
        end = generator(diagram, arch, 30, middle)
        diagram.arrow((end, middle), (790, middle), (790, 281), (824, 281))
    training(diagram, 60 + 3 * ROW)
    return diagram.svg()
