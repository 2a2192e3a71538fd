"""Checkpoint files: written whole or not at all, read strictly, and telling what they hold.

A file is a torch archive of plain tensors, numbers, strings, lists and dicts, so that `weights_only=True` loads it. A
generator's file has the keys "format" (the class's FILE_FORMAT), "kind" (the class's name), "architecture" (the fields of
model.presets.Architecture), "step" (training steps behind it), "notes" (a dict of strings and numbers) and "weights" (the state dict).
"""
import dataclasses
import os
import pickle

import torch

from model.presets import Architecture
from utils.atomic import replacing


class CheckpointError(Exception):
    """A checkpoint that is missing, damaged or foreign. The message names the file and the remedy."""


def save_atomically(content, path):
    """torch.save to `path`, whole or not at all. OSError if it cannot be written."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        try:
            torch.save(content, file)
        except RuntimeError as error:  # so torch says that a write has failed
            raise OSError(f"{path} cannot be written ({str(error).splitlines()[0]}). Make room on the disk.") from error


def read(path):
    """The content of a torch file as a dict, loaded on the CPU with weights_only. CheckpointError if it is no such file."""
    if not os.path.isfile(path):
        raise CheckpointError(f"checkpoint not found: {path}. Name an existing file, or train one with main_sketch.py.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(
            f"{path} holds more than tensors and was refused, because loading it could run code. Use a file of this project."
        ) from error
    except PermissionError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}). See that it may be.") from error
    except Exception as error:  # what torch's readers raise on arbitrary bytes is not limited to a few types
        raise CheckpointError(f"{path} is damaged or not a checkpoint. Copy or download it again.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path} is a torch file, but not a checkpoint of this project.")
    return content


def save_generator(model, path, step, notes=None):
    """Write a generator with its own description. step: training steps. notes: plain values, such as the data's names."""
    content = {
        "format": model.FILE_FORMAT,
        "kind": type(model).__name__,
        "architecture": dataclasses.asdict(model.arch),
        "step": int(step),
        "notes": dict(notes or {}),
        "weights": {name: value.detach().cpu() for name, value in model.state_dict().items()},
    }
    save_atomically(content, path)


def load_network(kind, path, device="cpu"):
    """The generator of class `kind` that `path` describes: strictly loaded, in evaluation mode, on `device`.

    The model carries the file's "step" and "notes" as attributes of these names. CheckpointError says what is wrong with a
    bad file.
    """
    content = read(path)
    found, expected = content.get("format"), kind.FILE_FORMAT
    if not isinstance(found, str) or "kind" not in content:
        raise CheckpointError(f"{path} is not a checkpoint of this project's networks (format {found!r}, expected {expected!r}).")
    if content["kind"] != kind.__name__:
        raise CheckpointError(f"{path} holds a {content['kind']}, not a {kind.__name__}. Name the other file.")
    if found != expected:
        raise CheckpointError(
            f"{path} was written by another version (format {found!r}, expected {expected!r}). Use that one or train anew."
        )
    try:
        fields = {name: tuple(value) if isinstance(value, list) else value for name, value in content["architecture"].items()}
        model = kind(Architecture(**fields))
        model.load_state_dict(content["weights"], strict=True)
        model.step, model.notes = int(content["step"]), dict(content["notes"])
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(f"{path} does not fit the architecture that it names ({reason}). Use the version that wrote it.") from error
    return model.to(device).eval()
