"""Makes the pictures of the README: python -m benchmarks.figures all|sheet|architecture|compare."""
import os
import sys

from benchmarks.classical import METHODS
from data.pictures import find_pictures
from utils.all_drawings import AllDrawings
from utils.architecture_figure import architecture_svg
from utils.atomic import write_bytes
from utils.checkpoint import CheckpointError
from utils.contact_sheet import save
from utils.defaults import ROOT, WORKING_SIZE
from utils.devices import DeviceError
from utils.pictures import PictureError, read_picture
from utils.style import to_bytes
from utils.tool_options import Parser, device, working_size

PHOTOS = os.path.join(ROOT, "Test")
HELD_OUT = tuple(os.path.join(PHOTOS, name) for name in ("portrait.jpg", "cat.jpg", "gull.jpg", "girl.jpg"))
FIGURES = ("sheet", "architecture", "compare")
SHOWN = {"outline": "outline", "sketch": "blend", "pencil": "pencil"}  # label -> drawing
BESIDE = 2  # photos in a row of the sheet


def draw(network, path):
    """A photo and our drawings of it, in its size: (uint8 RGB (H, W, 3), {name of DRAWINGS: uint8 (H, W)})."""
    photo = read_picture(path)
    return photo, {name: to_bytes(drawing) for name, drawing in network(photo).items()}


def sheet(network, folder):
    """Rows of a contact sheet: every photo of a folder with its outline, sketch and pencil drawing."""
    groups = []
    for name in find_pictures(folder):
        photo, ours = draw(network, os.path.join(folder, name))
        label = os.path.splitext(name)[0]
        groups.append([(label, photo), *((name, ours[key]) for name, key in SHOWN.items())])
    return [sum(groups[i : i + BESIDE], []) for i in range(0, len(groups), BESIDE)]


def compare(network, photos):
    """Rows of a contact sheet: each photo with its classical line drawings and ours."""
    rows = []
    for path in photos:
        photo, ours = draw(network, path)
        classical = [(name, to_bytes(method(photo))) for name, method in METHODS.items()]
        rows.append([("photo", photo), *classical, *((f"ours: {name}", ours[key]) for name, key in SHOWN.items())])
    return rows


def main(arguments=None):
    parser = Parser(prog="python -m benchmarks.figures", description=__doc__.split(":")[0] + ".", allow_abbrev=False)
    add = parser.add_argument
    add("which", choices=("all", *FIGURES), help="sheet: Test/ and its drawings; compare: beside classical ones")
    add("--photos", nargs="+", default=HELD_OUT, metavar="FILE", help="of compare; default: photos not trained on")
    add("--checkpoint", metavar="FILE", help="default: the shipped one")
    add("--size", type=working_size, default=WORKING_SIZE, metavar="N|full", help=f"long side drawn at; default: {WORKING_SIZE}")
    add("--device", type=device, default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps; default: auto")
    add("--output", default=os.path.join(ROOT, "figure"), metavar="DIR", help="default: figure/")
    options = parser.parse_args(arguments)
    chosen = FIGURES if options.which == "all" else (options.which,)
    try:
        os.makedirs(options.output, exist_ok=True)
        path_of = {name: os.path.join(options.output, name) for name in FIGURES}
        if "architecture" in chosen:
            write_bytes(path_of["architecture"] + ".svg", architecture_svg().encode())
        if chosen != ("architecture",):
            network = AllDrawings(options.checkpoint, options.device, options.size)
        if "sheet" in chosen:
            save(sheet(network, PHOTOS), path_of["sheet"] + ".jpg", cell=216, quality=82)
        if "compare" in chosen:
            save(compare(network, options.photos), path_of["compare"] + ".png", cell=220, palette=True)
    except (CheckpointError, DeviceError, PictureError, OSError) as error:
        sys.exit(f"figures: {error}")


if __name__ == "__main__":
    main()
