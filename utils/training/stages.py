"""A training in stages: each goes on from the weights of the one before, by the configuration file that --then names."""
import dataclasses
import itertools
import os

from losses.vgg import VGGFeatures
from model import Photo2Sketch, Sketch2Photo
from utils.checkpoint import load_network

from .distributed import Group
from .export import path_of
from .fields import OptionError
from .loop import train
from .machine import choose_training_device
from .networks import architecture
from .options import Options, choose_length, make_options, read_file, read_line, read_options
from .run_folder import RunFolder
from .sources import open_data, open_validation

# What a stage takes over from the one before where its file is silent: data, networks, machine and place.
INHERITED = ("photos", "references", "categories", "workers", "preset", "widths", "vgg", "seed", "device", "precision")
INHERITED += ("threads", "compile", "runs")
# What a command line says of its first stage alone, beside its switches; all else that it gives wins in every stage.
FIRST_ALONE = {"name", "then", "photo2sketch", "sketch2photo", "freeze_photo2sketch", "teacher"}
FIRST_ALONE |= {field.name for field in dataclasses.fields(Options) if field.metadata["switch"]}


def read_stages(argv):
    """The Options of all stages of a command line, the first one's first, or of those left of the run to resume.

    OptionError says in a sentence what is unknown or impossible, in any stage.
    """
    given = read_line(argv)
    for_all = choose_length({name: value for name, value in given.items() if name not in FIRST_ALONE})
    stages, seen = [read_options(given)], set()
    if stages[0].resume and "then" not in given:
        return stages + [make_options(values | for_all) for values in RunFolder.open(stages[0].resume).following()]
    while path := stages[-1].then:
        if path in seen:
            raise OptionError(f"{path} follows itself: remove a 'then'.")
        seen.add(path)
        stages.append(_following(stages[-1], for_all))
    return stages


def _place_of(options):
    """What stands for the run folder of a stage until it is begun."""
    return os.path.join(options.runs, f"NNN-{options.name}")


def _made_by(options):
    """Names of the generators that a stage trains, from whose weights the next one goes on."""
    return ["photo2sketch", "sketch2photo"] if options.weights().needs_reconstruction else ["photo2sketch"]


def _following(options, given):
    """The Options of the stage whose file `options` names. given: {name: value} of the command line, for all stages."""
    values = read_file(options.then)
    made = _made_by(options)
    for name in made:
        if name in values:
            raise OptionError(f"{name} in {options.then} cannot be: the stage goes on from the one before. Remove it.")
    values = {name: getattr(options, name) for name in (*INHERITED, "sketch2photo")} | values | given
    values |= {name: path_of(name, _place_of(options)) for name in made}
    try:
        return make_options(values)
    except OptionError as error:
        raise OptionError(f"{options.then}, which follows: {error}") from None


def rehearse(stages, group, fetch=True):
    """What can be refused before hours of work: OptionError, RunError, CheckpointError or VGGError.

    group: Group of the processes. fetch: whether torchvision's VGG may be fetched where a later stage needs it.
    """
    if stages[0].resume and len(stages) > 1:
        RunFolder.open_unfollowed(stages[0].resume)
    to_come = set()  # files that the stages before make
    for before, options in itertools.pairwise(stages):  # the first stage is begun at once
        choose_training_device(options.device, group)
        group.first_here(lambda: (open_data(options, "train"), open_validation(options)))
        known = before.weights().needs_features and before.vgg == options.vgg
        if options.weights().needs_features and not known and (options.vgg or fetch):
            group.first_here(lambda: VGGFeatures(options.vgg or None))
        if options.freeze_norm and norm_of(stages[0]) not in ("batch", None):
            raise OptionError(f"--freeze-norm (stage {options.name}): the generators have no batch norm, so nothing would be kept. Leave it out.")
        to_come |= {path_of(name, _place_of(before)) for name in _made_by(before)}
        if options.sketch2photo and options.sketch2photo not in to_come:
            load_network(Sketch2Photo, options.sketch2photo)
        if options.teacher:
            load_network(Photo2Sketch, options.teacher)


def check_shares(stages, group):
    """OptionError if the photos of a step cannot be dealt out to the processes of a Group."""
    for options in stages:
        parts = options.accumulate * group.size
        if options.batch % parts:
            raise OptionError(
                f"--batch {options.batch} (stage {options.name}) cannot be dealt out to {group.size} processes in --accumulate "
                f"{options.accumulate} parts. Give a multiple of {parts}."
            )


def norm_of(options):
    """The kind of normalisation of the generators that a training begins with; None if it is resumed, for then that is known to go."""
    if options.resume:
        return None
    return (load_network(Photo2Sketch, options.photo2sketch).arch if options.photo2sketch else architecture(options)).norm


def _handed_on(maker, folder, stages):
    """The stages that follow `maker`, with the files that it has made in `folder` where they begin with these."""
    stages = list(stages)
    for name in _made_by(maker):
        for i, options in enumerate(stages):
            if getattr(options, name) != path_of(name, _place_of(maker)):
                break
            stages[i] = dataclasses.replace(options, **{name: path_of(name, folder)})
            if name in _made_by(options):
                break
    return stages


def train_stages(stages):
    """Train all stages, a list of Options. Returns the exit status of the last one that ran, see train().

    OptionError, RunError, CheckpointError and VGGError say in a sentence why one could not start.
    """
    group = Group.from_environment()
    check_shares(stages, group)
    group.start(choose_training_device(stages[0].device, group))
    folder = None
    try:
        rehearse(stages, group)
        while stages:
            options, *stages = stages
            status, folder = train(options, stages, after=folder)
            if status or folder is None:
                break
            stages = _handed_on(options, folder, stages)
        group.wait()
        return status
    finally:
        group.stop()
