"""How good are the drawings? One table for a checkpoint and for classical line drawings, on the same photos.

python benchmarks/quality.py --photos DIR --truth DIR --drawings DIR --vgg FILE --checkpoint FILE --sketch2photo FILE
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # run as a file: find the project

import numpy as np  # noqa: E402
import torch  # noqa: E402
from tqdm import tqdm  # noqa: E402

from data.guidance import DRAWINGS  # noqa: E402
from data.pictures import MAP_FOLDERS, find_pictures, read_gray, why_unusable  # noqa: E402
from data.references import clean_paper  # noqa: E402
from losses.vgg import VGGError, VGGFeatures  # noqa: E402
from model import Sketch2Photo  # noqa: E402
from utils.all_drawings import AllDrawings  # noqa: E402
from utils.background import BACKGROUNDS  # noqa: E402
from utils.checkpoint import CheckpointError, load_network  # noqa: E402
from utils.close_ups import TIMES  # noqa: E402
from utils.crisp import CRISPS  # noqa: E402
from utils.defaults import BACKGROUND, CHECKPOINTS, CRISP, FACES, FUR, SHADE  # noqa: E402
from utils.devices import DeviceError  # noqa: E402
from utils.fur import FURS  # noqa: E402
from utils.pictures import PictureError, read_picture  # noqa: E402
from utils.shade import SHADES  # noqa: E402
from utils.style import PLAIN  # noqa: E402
from utils.tool_options import Parser, device, number, working_size  # noqa: E402

try:
    from benchmarks import classical, truth
    from benchmarks.measure import Bench
    from benchmarks.metrics_boundary import MATCHINGS
    from benchmarks.metrics_kernel import describe
except ModuleNotFoundError as error:
    sys.exit(f"quality.py: {error.name} is missing. What the benchmark needs: pip install -r requirements-dev.txt")

REAL_DRAWINGS = 300  # of the folder, chosen at random once and for all: more hardly change the distance
SEED = 0


def some_of(items, count):
    """`count` of a list, evenly spaced; all if it is shorter."""
    return [items[i] for i in np.unique(np.linspace(0, len(items) - 1, count or len(items)).round().astype(int))]


def pictures_of(folder, option):
    """Paths of the usable pictures below a folder. FileNotFoundError names the option where there is none."""
    try:
        paths = [os.path.join(folder, name) for name in find_pictures(folder, leave_out=MAP_FOLDERS)]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{option}: {error}. Name a folder of pictures.") from None
    paths = [path for path in paths if not why_unusable(path)]
    if not paths:
        raise FileNotFoundError(f"{option}: no usable pictures below {folder}. Name another folder.")
    return paths


def describe_real(folder, vgg):
    """Features (M, D) of at most REAL_DRAWINGS drawings of a folder, their paper made white."""
    paths = pictures_of(folder, "--drawings")
    chosen = np.random.default_rng(SEED).permutation(len(paths))[:REAL_DRAWINGS]
    grays = (read_gray(paths[i]) for i in tqdm(sorted(chosen), desc="real drawings", unit="drawing"))
    features = [describe([clean_paper(gray)], vgg) for gray in grays if gray is not None]
    if len(features) < 2:
        raise FileNotFoundError(f"--drawings: {folder} needs at least two drawings.")
    return np.concatenate(features)


def luminance_maker(path, where):
    """Function from a drawing (H, W) to the luminance (H, W) that the Sketch2Photo of a checkpoint makes of it."""
    network = load_network(Sketch2Photo, path, where)

    @torch.inference_mode()
    def luminance_of(drawing):
        return network(torch.from_numpy(drawing)[None, None].to(where))[0, 0].cpu().numpy()

    return luminance_of


def parse(arguments):
    parser = Parser(prog="quality.py", description=__doc__.splitlines()[0], allow_abbrev=False)
    add = parser.add_argument
    add("--photos", required=True, metavar="DIR", help="photos, best some that no network was trained on")
    add(
        "--truth",
        metavar="PATH",
        help="their boundaries: a folder of BSDS500's .mat files or of edge maps (.png, .jpg, white on black), or COCO's "
        "instances_*.json, whose objects' outlines are then the truth, at and within the objects; "
        "default: the folder edge/ in or beside the photos",
    )
    add("--drawings", metavar="DIR", help="drawings by people, for the distance to them")
    add("--vgg", metavar="FILE", help="VGG16 or VGG19 weights for that; default: torchvision's VGG19, downloaded")
    add("--checkpoint", default=CHECKPOINTS["photo2sketch"], metavar="FILE", help="default: the shipped one")
    add("--sketch2photo", metavar="FILE", help="for the cycle; default: the shipped one, if there is one")
    add("--limit", type=number(1, kind=int), metavar="N", help="photos, evenly spaced in the folder; default: all")
    add(
        "--size",
        type=working_size,
        default="full",
        metavar="N|full",
        help="long side in pixels at which the network draws; default: full, the photo's own",
    )
    add("--faces", type=number(*TIMES), default=FACES, metavar="X", help="as in eval_test.py; default: %(default)s")
    add("--crisp", type=number(*CRISPS), default=CRISP, metavar="X", help="likewise; default: %(default)s")
    add("--fur", type=number(*FURS), default=FUR, metavar="X", help="likewise; default: %(default)s")
    add("--shade", type=number(*SHADES), default=SHADE, metavar="X", help="likewise; default: %(default)s")
    add("--background", type=number(*BACKGROUNDS), default=BACKGROUND, metavar="X", help="likewise; default: %(default)s")
    add(
        "--matching",
        choices=tuple(MATCHINGS),
        default="relaxed",
        help="of boundaries: relaxed (pixels may share a partner; default) or exact (one to one, as in BSDS500)",
    )
    add("--device", type=device, default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps; default: auto")
    return parser.parse_args(arguments)


def measure(options):
    """The whole benchmark -> the report as Markdown text."""
    paths = some_of(pictures_of(options.photos, "--photos"), options.limit)
    truths_in = options.truth or truth.default_folder(options.photos)
    boundaries = truth.open_truth(truths_in) if truths_in else None
    look = {name: getattr(options, name) for name in PLAIN}
    network = AllDrawings(options.checkpoint, options.device, options.size, **look)
    shipped = CHECKPOINTS["sketch2photo"]
    back = options.sketch2photo or (shipped if os.path.isfile(shipped) else None)
    vgg = VGGFeatures(options.vgg).eval() if options.drawings else None
    bench = Bench(vgg, luminance_maker(back, network.sketcher.device) if back else None, options.matching)
    real = describe_real(options.drawings, vgg) if options.drawings else None
    with_truth = 0
    for path in tqdm(paths, desc="photos", unit="photo"):
        photo = read_picture(path)
        luminance, shape = classical.luminance(photo), photo.shape[:2]
        truths, counted = boundaries.of(path, shape) if boundaries else ([], None)
        with_truth += bool(truths)
        drawings = network(photo)
        for name, following in zip(DRAWINGS, (*DRAWINGS[1:-1], None, None)):
            bench.add(name, drawings[name], luminance, truths, drawings.get(following), cycle=True, counted=counted)
        for name, method in classical.METHODS.items():
            bench.add(name, method(photo), luminance, truths, counted=counted)
    source = f" of {os.path.basename(os.path.normpath(truths_in))}" if with_truth else ""
    size = "their own size" if options.size == "full" else f"{options.size} pixels"
    lines = [
        bench.markdown(real),
        "",
        f"{len(paths)} photos, {with_truth} of them with boundaries{source} ({options.matching} matching), checkpoint of step "
        f"{network.sketcher.step}, drawn at {size}, {', '.join(f'{name} {value:g}' for name, value in look.items())}. "
        f"Ink rises from {DRAWINGS[0]} to {DRAWINGS[3]} on {100 * bench.rising(DRAWINGS[:4]):.0f} % of the photos.",
    ]
    return "\n".join(lines)


def main(arguments=None):
    options = parse(arguments)
    try:
        print(measure(options))
    except (CheckpointError, DeviceError, FileNotFoundError, PictureError, VGGError, truth.TruthError) as error:
        sys.exit(f"quality.py: {error}")


if __name__ == "__main__":
    main()
