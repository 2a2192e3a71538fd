"""The options of eval_test.py and eval_multiple.py: a help page to learn from, and errors in sentences."""
import argparse
import difflib
import re
import textwrap

from utils import defaults, effects
from utils.background import BACKGROUNDS
from utils.close_ups import TIMES
from utils.crisp import CRISPS
from utils.encode import FORMATS, OPAQUE
from utils.fur import FURS
from utils.shade import SHADES
from utils.style import CANDIDATES, NAMES, OF_PHOTOS, PLAIN, Style

# Options that are fields of Style.
STYLE = ("detail", "faces", "crisp", "fur", "shade", "background", "line_width", "ink", "invert", "transparent", "colour", "beside")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one sentence, with the option that was perhaps meant."""

    def error(self, message):
        message = re.sub(r"^argument (\S+): ", lambda match: f"{match[1].split('/')[0]} ", message)
        unknown = re.match(r"unrecognized arguments: (\S+)", message)
        if unknown:
            known = [name for action in self._actions for name in action.option_strings]
            close = difflib.get_close_matches(unknown[1].split("=")[0], known, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            message = f"{unknown[1]} is not an option.{hint}"
        mark = "" if message.endswith(("?", ".")) else "."
        self.exit(2, f"{self.prog}: {message}{mark} See {self.prog} --help.\n")


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the paragraphs, and ends each option that takes a value with its default."""

    def __init__(self, prog):
        super().__init__(prog, max_help_position=26, width=100)

    def _get_help_string(self, action):
        if action.nargs == 0 or "default: " in action.help:
            return action.help
        value = action.default[0] if isinstance(action.default, list) else action.default
        return f"{action.help} (default: {f'{value:g}' if isinstance(value, float) else value})"


def number(low, high=None, kind=float):
    """A converter for numbers within limits."""
    within = f"from {low} to {high}" if high is not None else f"of at least {low}"
    noun = "a whole number" if kind is int else "a number"

    def convert(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value or (high is not None and not value <= high):
            raise argparse.ArgumentTypeError(f"takes {noun} {within}, not {text!r}")
        return value

    return convert


def choice(*values):
    """A converter for one of a few words."""

    def convert(text):
        if text.lower() not in values:
            raise argparse.ArgumentTypeError(f"takes {', '.join(values[:-1])} or {values[-1]}, not {text!r}")
        return text.lower()

    return convert


def working_size(text):
    if text.lower() == "full":
        return "full"
    try:
        return number(defaults.MIN_WORKING_SIZE, 100_000, int)(text)
    except argparse.ArgumentTypeError:
        message = f"takes 'full' or a whole number of pixels from {defaults.MIN_WORKING_SIZE} to 100000, not {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def device(text):
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", text):
        raise argparse.ArgumentTypeError(f"takes auto, cpu, cuda, cuda:N or mps, not {text!r}")
    return text


def add_files(parser):
    group = parser.add_argument_group("photos and files")
    add = group.add_argument
    add("--input", nargs="+", default=["Test"], metavar="PATH", help="folders, with their subfolders, and files")
    add("--output", default="Result", metavar="DIR", help="folder for the drawings; mirrors the subfolders")
    add("--format", type=choice(*FORMATS), default="png", metavar="|".join(FORMATS), help="format of the drawings")
    add("--svg", action="store_true", help="vector paths too, black on nothing, as .svg (needs: pip install vtracer)")
    add(
        "--skip-existing",
        action="store_true",
        help="leave out photos whose drawings are up to date, judged by the photo's time and size, these options and "
        "the checkpoint: resumes an interrupted run",
    )
    add("--no-page", action="store_true", help="do not write index.html, the page that shows all drawings")
    limits = number(0.001, 10_000)
    limit = defaults.MAX_MEGAPIXELS
    add("--max-megapixels", type=limits, default=limit, metavar="N", help="refuse larger photos before decoding them")


def add_drawing(parser, multiple):
    add = parser.add_argument_group("what is drawn").add_argument
    add("--detail", type=number(-1, 1), default=0.0, metavar="X", help="-1 sparse to 1 dense, for the blend alone")
    if not multiple:
        candidates = ", ".join(f"{index} {name}" for index, name in enumerate(NAMES, 1))
        add(
            "--candidate",
            type=number(1, CANDIDATES, int),
            metavar="N",
            help=f"one drawing instead of the blend: {candidates} (default: the blend)",
        )
        add(
            "--direction",
            type=choice(*defaults.DIRECTIONS),
            default="photo2sketch",
            metavar="|".join(defaults.DIRECTIONS),
            help="sketch2photo makes grey photos from drawings, with none of the looks below but --beside",
        )
    add(
        "--size",
        type=working_size,
        default=defaults.WORKING_SIZE,
        metavar="N|full",
        help="long side in pixels at which the photo is drawn, full for its own; the drawing has the "
        f"photo's size, and small photos are enlarged {defaults.MAX_ENLARGEMENT:g} times at most",
    )


def add_look(parser):
    add = parser.add_argument_group("how it looks").add_argument
    for option, (low, high), default, meaning in (
        (
            "--faces",
            TIMES,
            defaults.FACES,
            "how many times larger small faces are drawn, with a finer pen, before they are laid into the drawing; with 1 no faces "
            "are looked for: they are shaded as the rest, and hatched where dark",
        ),
        (
            "--crisp",
            CRISPS,
            defaults.CRISP,
            "softer and paler, or crisper and darker strokes on clean paper, less so in the pencil drawing, without a black frame of the photo, "
            "and in the blend without blots where the photo is grey; "
            "0 as the network draws them, with its frame",
        ),
        ("--fur", FURS, defaults.FUR, "how dark the strands are that the blend gets where its subject has fur or hair; 0 leaves them out"),
        ("--shade", SHADES, defaults.SHADE, "how dark the pale hatching is that the blend gets on faces and where it was left blank; 0 leaves it out"),
        (
            "--background",
            BACKGROUNDS,
            defaults.BACKGROUND,
            "how much ink the blend keeps behind what the photo is of: 1 all of it, 0 none; with 1, --fur 0 and --shade 0 nobody looks for "
            "what the photo is of, so nothing gets the pencil drawing's shading, and dark things are filled where they are black alone",
        ),
        ("--line-width", effects.LINE_WIDTHS, 1.0, "thinner or thicker lines"),
        ("--ink", effects.INKS, 1.0, "lighter or darker ink"),
    ):
        add(option, type=number(low, high), default=default, metavar="X", help=f"{meaning}, {low} to {high}")
    add("--invert", action="store_true", help="light lines on a dark ground")
    add("--transparent", action="store_true", help="ink as opacity on nothing (png, webp, tiff)")
    add("--colour", "--color", action="store_true", help="lines in the photo's own colours")
    add("--beside", action="store_true", help="photo and drawing side by side")


def add_machine(parser, multiple):
    add = parser.add_argument_group("network and machine").add_argument
    shipped = "checkpoints/photo2sketch.pth" + ("" if multiple else " or sketch2photo.pth, by direction")
    add("--checkpoint", metavar="FILE", help=f"weights (default: {shipped})")
    add("--device", type=device, default="auto", metavar="NAME", help="auto (what is there), cpu, cuda, cuda:N or mps")
    precisions = choice("auto", "float32", "bfloat16")
    add("--precision", type=precisions, default="auto", metavar="NAME", help="auto (what is fast), float32 or bfloat16")


def make_parser(prog, description, examples, multiple=False):
    """The parser of a script. description: paragraphs. examples: pairs (arguments, what they do)."""
    lines = [f"  python {prog} {arguments}".rstrip() + f"\n      {meaning}" for arguments, meaning in examples]
    parser = Parser(
        prog=prog,
        usage=f"python {prog} [options]",
        description=textwrap.dedent(description).strip(),
        epilog="examples:\n" + "\n".join(lines),
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    add_files(parser)
    add_drawing(parser, multiple)
    add_look(parser)
    add_machine(parser, multiple)
    parser.set_defaults(multiple=multiple)
    if multiple:
        parser.set_defaults(candidate=None, direction="photo2sketch")
    return parser


def parse(parser, arguments=None):
    """The options, checked together -> (namespace, Style). Leaves with status 2 and a sentence if they do not fit."""
    options = parser.parse_args(arguments)
    if options.transparent and options.format in OPAQUE:
        parser.error(f"--transparent cannot be stored as {options.format}: choose --format png, webp or tiff")
    if options.direction == "sketch2photo":
        for name in (*(name for name in STYLE if name not in OF_PHOTOS), "candidate", "svg"):
            if getattr(options, name) != parser.get_default(name):
                option = f"--{name.replace('_', '-')}"
                parser.error(f"{option} is for drawings and has no meaning with --direction sketch2photo")
        vars(options).update(PLAIN)  # photos have no strokes and nothing behind them
    for name in ("detail", "fur", "shade", "background"):
        if options.candidate and getattr(options, name) != parser.get_default(name):
            parser.error(f"--{name} sets the blend and has no meaning with --candidate: leave one out")
    try:
        return options, Style(candidate=options.candidate, **{name: getattr(options, name) for name in STYLE})
    except ValueError as error:
        parser.error(str(error))


def printable(text):
    """`text` on one line, for a terminal: control characters and bytes that are no UTF-8 are escaped."""
    text = text.encode("utf-8", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
