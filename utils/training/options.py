"""The options of a training: names, types, defaults and meanings, all here."""
import dataclasses
import os

from losses.weights import Weights
from model.presets import PRESETS

from .agreement import check
from .fields import OptionError, convert, make_parser, option, parse, read_config

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DEMO = {  # a minute on two CPU cores with the pictures of data/sample
    "photos": os.path.join(ROOT, "data", "sample", "photos"),
    "references": (os.path.join(ROOT, "data", "sample", "drawings"),),
    "name": "demo",
    "size": 96,
    "batch": 4,
    "epochs": 1000,
    "minutes": 1.0,
    "lr": 2e-3,
    "warmup": 10,
    "weight_style": 0.0,
    "weight_content_sketch": 0.0,
    "weight_content_reconstruction": 0.0,
    "cycle_every": 2,
    "adversarial_every": 4,
    "log_every": 10,
    "sample_every": 50,
    "validate_every": 0,
}
WEIGHT = "weight_"  # prefix of the options that are the fields of losses.weights.Weights
# A resumed run keeps these: its networks, and its place, by which the stages that follow find what it has made.
FIXED = ("preset", "widths", "discriminator_widths", "photo2sketch", "sketch2photo", "freeze_photo2sketch", "name", "runs")

_DATA, _NETWORKS, _LOSSES, _OPTIMISATION = "data", "networks", "losses", "optimisation"
_MACHINE, _RUN, _CALL = "machine", "run", "this call only"


def _weight(name, help):
    return option(getattr(Weights(), name), help, _LOSSES, low=0)


@dataclasses.dataclass(frozen=True)
class Options:
    """Everything that decides how a run goes."""

    photos: str = option("", "folder of photos: COCO 2017 layout, or any folder of pictures", _DATA)
    references: tuple[str, ...] = option((), "folders of drawings, such as ImageNet-Sketch; each counts alike", _DATA)
    size: int = option(256, "side of the crops in pixels", _DATA, low=32, high=4096)
    reference_size: int = option(0, "side of the references' crops in pixels, 0 for that of the photos'", _DATA, low=0, high=4096)
    scales: tuple[float, ...] = option(
        (0.6, 1.25), "smallest and largest crop pixels per photo pixel; large photos are halved first", _DATA, above=0, high=16
    )
    object_crops: float = option(0.0, "share of the crops centred on an annotated object", _DATA, low=0, high=1)
    face_crops: float = option(0.0, "share of the items centred on a face, of photos with face maps", _DATA, low=0, high=1)
    letter_crops: float = option(0.0, "share of the other items centred on a word, of photos with letter maps", _DATA, low=0, high=1)
    words: float = option(0.0, "share of the photos onto which words are written", _DATA, low=0, high=1)
    line_art: float = option(0.0, "share of items that are a line drawing of the references, kept as it is", _DATA, low=0, high=1)
    categories: tuple[str, ...] = option((), "COCO categories whose photos and objects are used, all if not given", _DATA)
    epoch_length: int = option(0, "crops per epoch, 0 for one per photo", _DATA, low=0)
    workers: int = option(2, "processes that load data, 0 for none beside the training itself", _DATA, low=0, high=256)

    preset: str = option("fast", "sizes of both generators", _NETWORKS, choices=tuple(PRESETS))
    widths: tuple[int, ...] = option((), "channels of the generators' stages, in place of the preset's", _NETWORKS, low=1)
    discriminator_widths: tuple[int, ...] = option(
        (32, 64, 128, 128), "channels of the discriminator's stages, each at half the resolution", _NETWORKS, low=1
    )
    photo2sketch: str = option("", "checkpoint of the Photo2Sketch to start from; it decides the architecture", _NETWORKS)
    sketch2photo: str = option("", "checkpoint of the Sketch2Photo to start from", _NETWORKS)
    teacher: str = option("", "checkpoint of a Photo2Sketch whose drawings take the place of the guidance (distillation)", _NETWORKS)
    freeze_photo2sketch: bool = option(
        False, "keep --photo2sketch as it draws and train Sketch2Photo alone; losses of drawings are left out", _NETWORKS
    )
    freeze_norm: bool = option(
        False, "generators that start from a checkpoint keep its batch norm statistics: for few photos in a step", _NETWORKS
    )
    vgg: str = option("", "file of VGG16 or VGG19 weights; without one torchvision's VGG19 is fetched", _NETWORKS)

    weight_edge: float = _weight("edge", "candidates and sketch against the guidance; published 100")
    weight_luminance: float = _weight("luminance", "reconstruction against the photo's luminance, L1; published 5")
    weight_cycle: float = _weight("cycle", "the same, Laplacian pyramid; published 100")
    weight_adversarial: float = _weight("adversarial", "the discriminator's opinion; published 5")
    weight_style: float = _weight("style", "moments of VGG features against a reference; published 0.4")
    weight_content_sketch: float = _weight("content_sketch", "VGG features of the sketch against the photo; published 0.1")
    weight_content_reconstruction: float = _weight("content_reconstruction", "VGG features of the reconstruction against the photo's; published 0.01")
    weight_feature_matching: float = _weight("feature_matching", "the discriminator's features; not in the paper")
    weight_conditional: float = _weight("conditional", "crispness, by a discriminator of photo and drawings; not in the paper")
    weight_deep_supervision: float = _weight("deep_supervision", "edges from the features of every scale; not in the paper")
    cycle_every: int = option(1, "Sketch2Photo takes part in every N-th step, where its terms count N times", _LOSSES, low=1)
    vgg_every: int = option(1, "style and content take part in every N-th step and count N times", _LOSSES, low=1)
    adversarial_every: int = option(1, "the discriminators take part in every N-th step and count N times", _LOSSES, low=1)
    vgg_crop: int = option(0, "style and content look at a random square of this side in pixels, 0 for all", _LOSSES, low=0)
    vgg_share: float = option(1.0, "share of the photos that style and content look at, of each part of a step and at least one", _LOSSES, above=0, high=1)
    candidate_share: float = option(0.0, "share of photos reconstructed from a random candidate", _LOSSES, low=0, high=1)
    crisp_share: float = option(
        0.0, "share of photos whose drawings the losses see with crisp strokes, and Sketch2Photo as the tools write them", _LOSSES, low=0, high=1
    )
    adversarial_form: str = option(
        "hinge", "form of the adversarial loss", _LOSSES, choices=("hinge", "least-squares", "non-saturating")
    )
    r1: float = option(10.0, "strength of the discriminators' gradient penalty, 0 for none; not in the paper", _LOSSES, low=0)
    r1_every: int = option(4, "the penalty is taken in every N-th step of a discriminator and counts N times", _LOSSES, low=1)
    augment: bool = option(True, "shift, mirror and fade what the discriminator sees", _LOSSES)

    epochs: float = option(100.0, "passes over the photos", _OPTIMISATION, above=0)
    steps: int = option(0, "optimisation steps, in place of epochs", _OPTIMISATION, low=0)
    minutes: float = option(0.0, "stop and save after this time, 0 for no limit", _OPTIMISATION, low=0)
    batch: int = option(8, "photos per step, over all processes and parts", _OPTIMISATION, low=1)
    accumulate: int = option(1, "parts of a step, whose gradients are summed up one after the other", _OPTIMISATION, low=1)
    lr: float = option(1e-3, "peak learning rate of the generators (AdamW); published 2e-4", _OPTIMISATION, above=0, high=1)
    discriminator_lr: float = option(2e-4, "peak learning rate of the discriminators", _OPTIMISATION, above=0, high=1)
    betas: tuple[float, ...] = option((0.9, 0.99), "AdamW's decay of the gradient's moments", _OPTIMISATION, low=0, high=0.99999)
    weight_decay: float = option(1e-4, "AdamW's weight decay", _OPTIMISATION, low=0, high=1)
    warmup: int = option(150, "steps over which the learning rate rises, at most half of all", _OPTIMISATION, low=0)
    final_lr: float = option(0.02, "share of the learning rate left in the last step, on half a cosine", _OPTIMISATION, low=0, high=1)
    clip: float = option(100.0, "largest gradient norm of each network, 0 for no limit", _OPTIMISATION, low=0)
    ema: float = option(0.998, "decay of the moving averages of the generators", _OPTIMISATION, low=0, high=0.999999)
    seed: int = option(0, "number that everything random follows from", _OPTIMISATION, low=0, high=2**31 - 1)

    device: str = option("auto", "where to train: cpu, cuda, cuda:N, or auto, which takes CUDA if there is one", _MACHINE)
    precision: str = option(
        "auto", "auto takes bfloat16 if it is faster here", _MACHINE, choices=("auto", "float32", "bfloat16")
    )
    threads: int = option(0, "CPU threads of each process, 0 leaves it to torch", _MACHINE, low=0, high=1024)
    compile: bool = option(False, "compile the generators with torch.compile", _MACHINE)

    name: str = option("run", "name of the run folder, after its number", _RUN)
    runs: str = option("runs", "folder of the run folders", _RUN)
    then: str = option("", 'configuration file of the stage that follows from this one\'s weights, "" for none', _RUN)
    log_every: int = option(50, "steps between lines of stats.jsonl", _RUN, low=1)
    sample_every: int = option(500, "steps between picture grids, 0 for none", _RUN, low=0)
    samples: int = option(4, "photos in a picture grid", _RUN, low=1, high=64)
    validate_every: int = option(1000, "steps between validations, 0 for none", _RUN, low=0)
    validation_photos: int = option(200, "photos that a validation looks at", _RUN, low=1)
    save_every: int = option(500, "steps between checkpoints", _RUN, low=1)
    keep: int = option(2, "newest checkpoints that are kept", _RUN, low=1)

    config: str = option(
        "", "YAML or JSON file of options; the command line wins, in the stages that follow too", _CALL, switch=True
    )
    resume: str = option("", "run folder to go on with; options given beside it replace its own", _CALL, switch=True)
    demo: bool = option(False, "train for a minute on the pictures of data/sample", _CALL, switch=True)
    dry_run: bool = option(False, "show the options and the sizes of data, networks and memory, then stop", _CALL, switch=True)

    def weights(self):
        """The losses' weights."""
        names = [field.name for field in dataclasses.fields(Weights)]
        weights = Weights(**{name: getattr(self, WEIGHT + name) for name in names})
        return weights.of_reconstruction() if self.freeze_photo2sketch else weights

    def settings(self):
        """What options.json holds: {name: value} without the switches of the call."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if not f.metadata["switch"]}


def read_line(argv):
    """{name: value} of the options that a command line gives. OptionError says in a sentence what is unknown or impossible."""
    given = parse(make_parser(Options, "Train Photo2Sketch and Sketch2Photo."), Options, argv)
    return _placed(given, "")


def read_options(given):
    """The Options of a command line: defaults, then the demo's, then the file of --config or the options of the run to
    resume, then what read_line() found. OptionError as there.
    """
    values = {}
    if given.get("demo"):
        values.update(DEMO)
    if given.get("config"):
        values.update(choose_length(read_file(given["config"])))
    if given.get("resume"):
        if given.get("config") or given.get("demo"):
            raise OptionError("--resume takes the options of the run: give no --config and no --demo with it.")
        path = os.path.join(given["resume"], "options.json")
        if not os.path.isfile(path):
            raise OptionError(f"--resume {given['resume']} is not the folder of a run: it has no options.json.")
        values.update(read_config(path, Options))
        for name in FIXED:
            if name in given and given[name] != values.get(name, getattr(Options, name)):
                raise OptionError(f"--{name.replace('_', '-')} cannot change when a run is resumed. Start a new run.")
    values.update(choose_length(given))
    return make_options(values)


def choose_length(given):
    """{name: value} of one source of options -> the same, in which epochs take the place of an earlier source's steps."""
    return {"steps": 0} | given if "epochs" in given else given


def make_options(values):
    """The Options with `values`, {name: value}, in place of defaults. OptionError for unknown ones and those that clash."""
    unknown = values.keys() - {field.name for field in dataclasses.fields(Options)}
    if unknown:
        raise OptionError(f"Unknown option {min(unknown)!r}: the run was made by another version.")
    options = Options(**{name: convert(Options, name, value, name) for name, value in values.items()})
    check(options)
    return options


def read_file(path):
    """{name: value} of a configuration file; a file that follows is looked for beside it. OptionError as read_config()."""
    return _placed(read_config(path, Options), os.path.dirname(path))


def _placed(values, folder):
    """The values with the path of a following file made absolute, so that a run can be resumed from anywhere."""
    return values | ({"then": os.path.abspath(os.path.join(folder, values["then"]))} if values.get("then") else {})
