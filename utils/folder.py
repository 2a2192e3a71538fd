"""From what was named on the command line to photos, each with a place of its own in the output folder."""
import dataclasses
import itertools
import os

from utils.pictures import EXTENSIONS


@dataclasses.dataclass(frozen=True)
class Task:
    """One photo and where its drawings go."""

    path: str
    name: str  # as the user knows it: relative to the input folder, with /
    target: str  # below the output folder, without extension, with /


class InputError(Exception):
    """Inputs that cannot be what was meant. The message says what to change."""


def identity(path):
    """Device and inode of what a path leads to, None if it leads nowhere."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def walk(root, output):
    """Pictures below a folder by their extension, sorted, as paths relative to it -> (names, problems).

    Hidden files and folders are left out, and so is the output folder. Links to folders are followed, but every folder
    is visited once, so that links cannot loop. Links that lead nowhere are listed as pictures: reading tells what is
    wrong with them. problems: (name, reason) of folders that cannot be listed.
    """
    names, problems = [], []
    seen = {identity(output)}
    linked = []
    waiting = [""]
    while waiting or linked:
        folder = waiting.pop() if waiting else linked.pop(0)
        place = identity(os.path.join(root, folder))
        if place is None or place in seen:
            continue
        seen.add(place)
        try:
            entries = sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name)
        except OSError as error:
            problems.append((folder or root, f"the folder cannot be listed ({error.strerror})"))
            continue
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.name.startswith("."):
                continue
            if os.path.isdir(entry.path):
                (linked if entry.is_symlink() else waiting).append(name)  # links last: a folder keeps its own name
            elif entry.name.lower().endswith(EXTENSIONS):
                names.append(name)
    return sorted(names), problems


def find(inputs, output, option="--input"):
    """Files and folders -> (list of (path, name), problems as in walk). Files are taken whatever their extension.

    option: which names the inputs. InputError if something does not exist, if there is no picture at all, or if the output folder is an input folder.
    """
    found, problems = [], []
    for given in inputs:
        if os.path.isdir(given):
            if identity(given) == identity(output):
                raise InputError(f"--output {output} is the input folder: name another, so that no photo is replaced.")
            names, troubles = walk(given, output)
            found += [(os.path.join(given, *name.split("/")), name) for name in names]
            problems += troubles
        elif os.path.lexists(given):
            found.append((given, os.path.basename(given)))
        else:
            raise InputError(f"{option} {given}: no such file or folder.")
    if not found and not problems:
        kinds = ", ".join(extension[1:] for extension in EXTENSIONS)
        raise InputError(f"{option} {' '.join(inputs)}: no pictures there (looked for {kinds}).")
    return list(dict.fromkeys(found)), problems


def key(path):
    """What two paths share that a file system without upper and lower case would take for one."""
    return path.casefold()


def assign(found, names_of):
    """Give every photo its target: the name without extension, or a longer one where its files would meet others'.

    names_of: target -> the output files for it. Returns (tasks, warnings as sentences).
    """
    tasks, warnings = [], []
    taken = set()
    for _, name in found:  # no file may take the place of a mirrored folder
        parts = name.split("/")[:-1]
        taken.update(key("/".join(parts[: depth + 1])) for depth in range(len(parts)))
    for path, name in found:
        plain = os.path.splitext(name)[0]
        for target in itertools.chain((plain, name), (f"{name}-{number}" for number in itertools.count(2))):
            files = {key(file) for file in names_of(target)}
            if not files & taken:
                break
        taken |= files
        tasks.append(Task(path, name, target))
        if target != plain:
            wanted, given = names_of(plain)[0], names_of(target)[0]
            warnings.append(f"{name}: its drawing is named {given}, because another photo's takes {wanted}")
    return tasks, warnings


def protect_inputs(tasks, output, names_of):
    """InputError if a drawing would replace one of the photos."""
    photos = {identity(task.path) for task in tasks} - {None}
    for task in tasks:
        for name in names_of(task.target):
            path = os.path.join(output, *name.split("/"))
            if identity(path) in photos:
                raise InputError(f"{path} is a photo to draw and would be replaced: name another folder with --output.")
