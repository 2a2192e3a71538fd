"""Which options of a training go together."""
import dataclasses
import re

from model.presets import PRESETS

from .fields import OptionError


def check(options):
    """OptionError for Options that do not go together: a sentence that names them and the remedy."""

    def refuse(wrong, sentence):
        if wrong:
            raise OptionError(sentence)

    o, weights = options, options.weights()
    terms = [getattr(weights, field.name) for field in dataclasses.fields(weights)]
    refuse(not any(terms) and not o.freeze_photo2sketch, "All loss weights are 0: give at least one.")
    refuse(o.freeze_photo2sketch and not o.photo2sketch, "--freeze-photo2sketch needs the --photo2sketch that is kept.")
    refuse(
        o.freeze_photo2sketch and not weights.needs_reconstruction,
        "--freeze-photo2sketch leaves nothing to train: give --weight-cycle or --weight-luminance.",
    )
    refuse(
        o.teacher and not (weights.edge or weights.conditional),
        "--teacher teaches nothing: give --weight-edge, and do not keep --photo2sketch as it is.",
    )
    refuse(o.teacher and o.line_art, "--teacher draws all guidance, also that of line drawings: leave out --line-art.")
    refuse(o.line_art and o.photos and not o.references, "--line-art needs drawings: give --references.")
    needs_references = weights.needs_reference or weights.needs_discriminator
    refuse(
        needs_references and o.photos and not o.references,
        "The style and adversarial losses need drawings: give --references, or set their weights to 0.",
    )
    refuse(
        weights.deep_supervision and not weights.edge,
        "--weight-deep-supervision needs --weight-edge: it draws nothing itself.",
    )
    refuse(len(o.scales) != 2 or o.scales[0] > o.scales[-1], "--scales takes two numbers, the smaller one first.")
    refuse(len(o.betas) != 2, "--betas takes two numbers.")
    refuse(o.batch % o.accumulate, f"--batch {o.batch} cannot be split into --accumulate {o.accumulate} parts. Give a multiple.")
    refuse(not re.fullmatch(r"auto|cpu|cuda(:\d+)?", o.device), f"--device must be auto, cpu, cuda or cuda:N, got {o.device!r}.")
    refuse(not re.fullmatch(r"[\w.-]+", o.name), f"--name {o.name!r} may hold letters, digits, '.', '_' and '-' only.")
    expected = len(PRESETS[o.preset].widths)
    refuse(o.widths and len(o.widths) != expected, f"--widths takes {expected} numbers for the preset {o.preset}.")
    heads = PRESETS[o.preset].heads
    refuse(o.widths and o.widths[-1] % heads, f"The last of --widths must be a multiple of {heads}, the attention heads.")
    refuse(not o.discriminator_widths, "--discriminator-widths needs at least one number.")
    refuse(o.discriminator_widths[-1] % 4, "The last of --discriminator-widths must be a multiple of 4, the attention heads.")
    refuse(
        o.freeze_norm and not (o.photo2sketch or o.sketch2photo and weights.needs_reconstruction),
        "--freeze-norm needs a checkpoint whose statistics are kept: give --photo2sketch, or --sketch2photo in a training with the cycle.",
    )
    refuse(o.reference_size and o.reference_size < 32, "--reference-size must be at least 32, or 0 for the crops' size.")
    refuse(o.vgg_crop and o.vgg_crop < 32, "--vgg-crop must be at least 32, or 0 for whole crops.")
