"""Where the data comes from, and what to say when it is not there."""
import math

from data.dataset import SketchDataset

from .fields import OptionError

WHERE = (
    "Photos are to be had from https://cocodataset.org/#download (COCO 2017: train2017.zip, val2017.zip and "
    "annotations_trainval2017.zip, unpacked into one folder), drawings from https://github.com/HaohanWang/ImageNet-Sketch; "
    "any folders of pictures will do. --demo trains on the few that come with the project."
)


def open_data(options, split):
    """The SketchDataset of "train" or "val". OptionError says which folder was looked for and where data can be had."""
    if not options.photos:
        raise OptionError(f"There is nothing to train on: give --photos DIR and --references DIR. {WHERE}")
    try:
        return SketchDataset(
            options.photos,
            list(options.references) or None,
            split=split,
            size=options.size,
            reference_size=options.reference_size,
            length=(options.epoch_length or None) if split == "train" else None,
            scales=options.scales,
            object_crops=options.object_crops,
            face_crops=options.face_crops,
            letter_crops=options.letter_crops,
            words=options.words,
            line_art=options.line_art,
            categories=list(options.categories) or None,
            guided=not options.teacher and (split == "val" or options.weights().needs_guidance),
            seed=options.seed,
        )
    except (FileNotFoundError, NotADirectoryError) as error:
        raise OptionError(f"The data is not there: {error}. {WHERE}") from error
    except ValueError as error:
        raise OptionError(str(error)) from error


def open_validation(options):
    """The SketchDataset of the validation split, or None where the photos have none. OptionError as open_data()."""
    try:
        dataset = open_data(options, "val")
    except OptionError as error:
        if not isinstance(error.__cause__, OSError):  # something is there, and wrong
            raise
        return None
    return dataset if len(dataset) else None


def total_steps(options, length):
    """Optimisation steps of the whole run. length: photos per epoch."""
    return options.steps or max(1, math.ceil(options.epochs * length / options.batch))
