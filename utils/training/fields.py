"""From a dataclass of options to a command line and a configuration file, and back: types, limits and refusals."""
import argparse
import dataclasses
import difflib
import json
import math
import os
import types
import typing

import yaml


class OptionError(Exception):
    """An unknown or impossible option. The message is a sentence that names it."""


def option(default, help, group, choices=None, low=None, high=None, above=None, switch=False):
    """A dataclass field that describes itself.

    help: meaning and unit. group: heading in --help. choices: allowed values. low, high: inclusive limits of a number (of
    each number of a tuple); above: an exclusive lower limit. switch: belongs to one call, not to the run: no configuration
    file may set it and options.json does not hold it.
    """
    metadata = dict(help=help, group=group, choices=choices, low=low, high=high, above=above, switch=switch)
    return dataclasses.field(default=default, metadata=metadata)


def flag(name):
    """The option's name on the command line."""
    return "--" + name.replace("_", "-")


class Parser(argparse.ArgumentParser):
    """Raises OptionError where argparse would print its usage and exit."""

    def error(self, message):
        raise OptionError(message[0].upper() + message[1:] + ". See --help.")


def make_parser(cls, description):
    """The command line of the dataclass `cls`. Options that are not given are absent from the parsed namespace."""
    parser = Parser(usage="%(prog)s [options]", description=description, argument_default=argparse.SUPPRESS, allow_abbrev=False)
    groups = {}
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        meta = field.metadata
        if meta["group"] not in groups:
            groups[meta["group"]] = parser.add_argument_group(meta["group"])
        kind, many = _kind(hints[field.name])
        text = meta["help"].replace("%", "%%")
        if field.default not in ("", ()) and field.default is not False:
            shown = " ".join(map(str, field.default)) if many else field.default
            text += f" (default: {shown})"
        settings = {"help": text, "dest": field.name}
        if kind is bool:
            settings["action"] = "store_true" if meta["switch"] else argparse.BooleanOptionalAction
        else:
            shape = "{" + ",".join(meta["choices"]) + "}" if meta["choices"] else {str: "TEXT", int: "N", float: "X"}[kind]
            settings.update(metavar=shape, **({"nargs": "+"} if many else {}))
        groups[meta["group"]].add_argument(flag(field.name), **settings)
    return parser


def parse(parser, cls, argv):
    """{name: value} of the options given in `argv`. OptionError for an unknown or impossible one."""
    namespace, rest = parser.parse_known_args(argv)
    if rest:
        raise OptionError(f"Unknown option {rest[0]}.{_suggest(rest[0], [flag(f.name) for f in dataclasses.fields(cls)])}")
    return {name: convert(cls, name, value, flag(name)) for name, value in vars(namespace).items()}


def read_config(path, cls):
    """{name: value} from a YAML or JSON file whose keys are option names. OptionError names the file and the key."""
    if not os.path.isfile(path):
        raise OptionError(f"No such configuration file: {path}.")
    with open(path, encoding="utf-8") as file:
        try:
            content = json.load(file) if path.lower().endswith(".json") else yaml.safe_load(file)
        except (yaml.YAMLError, ValueError) as error:
            raise OptionError(f"{path} cannot be read: {' '.join(str(error).split())}.") from error
    if not isinstance(content, dict):
        raise OptionError(f"{path} must hold option names and values, such as 'batch: 8'.")
    names = [field.name for field in dataclasses.fields(cls) if not field.metadata["switch"]]
    for name in content:
        if name not in names:
            raise OptionError(f"Unknown option {name!r} in {path}.{_suggest(str(name), names)}")
    return {name: convert(cls, name, value, f"{name} in {path}") for name, value in content.items()}


def convert(cls, name, value, label):
    """`value` as the type of the field `name`, within its limits. OptionError starts with `label`."""
    field = next(field for field in dataclasses.fields(cls) if field.name == name)
    kind, many = _kind(typing.get_type_hints(cls)[name])
    if not many:
        return _single(value, kind, field.metadata, label)
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_single(part, kind, field.metadata, label) for part in values)


def _kind(hint):
    """(type of a value, whether the option takes several)."""
    if isinstance(hint, types.GenericAlias):
        return typing.get_args(hint)[0], True
    return hint, False


def _single(value, kind, meta, label):
    wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]
    if kind is bool or isinstance(value, bool):
        if not (kind is bool and isinstance(value, bool)):
            raise OptionError(f"{label} must be {wanted}, got {value!r}.")
        return value
    try:
        if kind is int and isinstance(value, float) and value != int(value):
            raise ValueError
        if kind is str and not isinstance(value, (str, int, float)):
            raise ValueError
        converted = kind(value)
    except (TypeError, ValueError, OverflowError):
        raise OptionError(f"{label} must be {wanted}, got {value!r}.") from None
    if kind is float and not math.isfinite(converted):
        raise OptionError(f"{label} must be finite, got {value!r}.")
    if meta["choices"] and converted not in meta["choices"]:
        raise OptionError(f"{label} must be one of {', '.join(meta['choices'])}, got {value!r}.")
    for limit, wrong, words in (
        ("low", lambda x, y: x < y, "at least"),
        ("high", lambda x, y: x > y, "at most"),
        ("above", lambda x, y: x <= y, "above"),
    ):
        if meta[limit] is not None and wrong(converted, meta[limit]):
            raise OptionError(f"{label} must be {words} {meta[limit]}, got {value}.")
    return converted


def _suggest(name, names):
    close = difflib.get_close_matches(name, names, 1)
    return f" Did you mean {close[0]}?" if close else " See --help."
