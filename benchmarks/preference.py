"""Blind choices between two drawings of a photo: make the pairs, then count the answers.

python benchmarks/preference.py make --photos DIR --drawings ours=DIR hed=DIR canny=DIR --output pairs
python benchmarks/preference.py count --output pairs --answers answers.csv
"""
import collections
import csv
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # run as a file: find the project

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from data.pictures import find_pictures, read_rgb  # noqa: E402
from utils import contact_sheet  # noqa: E402
from utils.tool_options import Parser, number  # noqa: E402

KEY = "key.csv"  # which drawing is on which side: not to be opened by who answers
SIDES = ("A", "B")
COLUMNS = ("pair", "photo", "question", *SIDES)  # of the key; question: the method that all others are compared with
TIE = "tie"
NORMAL = 1.96  # deviations between which 95 % of a normal distribution lie


class PreferenceError(Exception):
    """A sentence on what is wrong with the folders or the answers."""


def named_folder(text):
    """"name=DIR" -> (name, DIR)."""
    name, _, folder = text.partition("=")
    if not (name and folder):
        raise PreferenceError(f"--drawings: {text!r} is no NAME=DIR. Write, for instance, ours=Result.")
    return name, folder


def by_stem(folder, option):
    """{name without folder and extension: path} of the pictures of a folder."""
    try:
        names = find_pictures(folder)
    except FileNotFoundError as error:
        raise PreferenceError(f"{option}: {error}. Name a folder of pictures.") from None
    paths = {}
    for path in (os.path.join(folder, name) for name in names):
        other = paths.setdefault(os.path.splitext(os.path.basename(path))[0], path)
        if other != path:
            raise PreferenceError(f"{option}: {other} and {path} have the same name. Rename one, and its drawings.")
    return paths


def read(path):
    """A picture as uint8 RGB (H, W, 3). PreferenceError if it cannot be decoded."""
    rgb = read_rgb(path)
    if rgb is None:
        raise PreferenceError(f"{path} cannot be decoded. Repair or remove it.")
    return rgb


def comparisons(photos, methods, seed):
    """(photo's stem, left method, right method) in random order: the first method against every other on each photo.

    photos: stems. methods: {name: {stem: path}}, the first one is the one in question. Sides are drawn at random.
    PreferenceError where a drawing is missing.
    """
    first, *others = methods
    missing = [(name, stem) for name, paths in methods.items() for stem in photos if stem not in paths]
    if missing:
        name, stem = missing[0]
        raise PreferenceError(f"--drawings: {name} has no drawing of {stem} (of {len(missing)} that are missing). Draw it first.")
    rng = np.random.default_rng(seed)
    pairs = [(stem, *rng.permutation([first, other]).tolist()) for stem in photos for other in others]
    return [pairs[i] for i in rng.permutation(len(pairs))]


def make(options):
    """Write one numbered sheet per comparison (photo, A, B) and the key."""
    photos = by_stem(options.photos, "--photos")
    methods = {name: by_stem(folder, "--drawings") for name, folder in map(named_folder, options.drawings)}
    if len(methods) < 2:
        raise PreferenceError("--drawings: name two methods or more, the one in question first.")
    stems = sorted(photos)[: options.limit]
    pairs = comparisons(stems, methods, options.seed)
    os.makedirs(options.output, exist_ok=True)
    for number_, (stem, *sides) in enumerate(pairs, 1):
        photo = read(photos[stem])
        row = [("photo", photo)]
        for side, name in zip(SIDES, sides):
            drawing = cv2.cvtColor(read(methods[name][stem]), cv2.COLOR_RGB2GRAY)
            row.append((side, cv2.resize(drawing, photo.shape[1::-1], interpolation=cv2.INTER_AREA)))
        contact_sheet.save([row], os.path.join(options.output, f"{number_:03d}.png"), cell=options.cell)
    with open(os.path.join(options.output, KEY), "w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *((i, stem, next(iter(methods)), *sides) for i, (stem, *sides) in enumerate(pairs, 1))])
    print(f"{len(pairs)} pairs in {options.output}. Answers: a CSV file with the columns pair and choice (A, B or {TIE}).")


def number_of(row):
    """The pair of a row, as in the name of its sheet or without the leading zeros."""
    return row["pair"].lstrip("0")


def tally(key, answers):
    """How often the method in question was chosen.

    key: rows with COLUMNS. answers: rows {"pair", "choice"}; several people may answer a pair. Returns {(the method in
    question, other method): Counter of "won", "lost" and "tie"}. PreferenceError for unknown pairs and choices.
    """
    pairs = {number_of(row): row for row in key}
    counts = collections.defaultdict(collections.Counter)
    for answer in answers:
        if number_of(answer) not in pairs or answer["choice"] not in (*SIDES, TIE):
            raise PreferenceError(f"--answers: pair {answer['pair']!r} with choice {answer['choice']!r} fits no pair of the key.")
        row = pairs[number_of(answer)]
        first = row["question"]
        other = row["B"] if row["A"] == first else row["A"]
        chosen = row.get(answer["choice"], TIE)
        counts[first, other]["won" if chosen == first else TIE if chosen == TIE else "lost"] += 1
    return dict(counts)


def wilson(share, count):
    """The 95 % interval (low, high) of a share that was seen in `count` choices. Source: Wilson (1927)."""
    slack = NORMAL**2 / count
    centre = share + slack / 2
    spread = (share * (1 - share) * slack + slack**2 / 4) ** 0.5
    return (centre - spread) / (1 + slack), (centre + spread) / (1 + slack)


def report(counts):
    """Markdown table of tally()'s counts: the share counts a tie as half, its interval is Wilson's (1927), 95 %."""
    lines = ["| pair | won | tie | lost | preferred | 95 % interval |", "| --- | --- | --- | --- | --- | --- |"]
    for (first, other), count in sorted(counts.items()):
        total = sum(count.values())
        half = count["won"] + count[TIE] / 2
        low, high = wilson(half / total, total)
        cells = (f"{first} over {other}", count["won"], count[TIE], count["lost"], f"{100 * half / total:.0f} %")
        lines.append("| " + " | ".join(map(str, cells)) + f" | {100 * low:.0f} to {100 * high:.0f} % |")
    return "\n".join(lines)


def rows_of(path, columns, option):
    """The rows of a CSV file as dicts of stripped text."""
    try:
        with open(path, newline="") as file:
            rows = [{name: (value or "").strip() for name, value in row.items() if name} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise PreferenceError(f"{option}: cannot read {path} ({error}).") from None
    if not rows or not set(columns) <= set(rows[0]):
        raise PreferenceError(f"{option}: {path} needs rows with the columns {', '.join(columns)}.")
    return rows


def count(options):
    """Print the table of a file of answers."""
    key = rows_of(os.path.join(options.output, KEY), COLUMNS, "--output")
    print(report(tally(key, rows_of(options.answers, ("pair", "choice"), "--answers"))))


def main(arguments=None):
    parser = Parser(prog="preference.py", description=__doc__.splitlines()[0], allow_abbrev=False)
    kinds = parser.add_subparsers(required=True, metavar="make|count")
    maker = kinds.add_parser("make", help="sheets of pairs, sides and order at random")
    maker.add_argument("--photos", required=True, metavar="DIR", help="photos")
    maker.add_argument(
        "--drawings", required=True, nargs="+", metavar="NAME=DIR", help="drawings named as the photos; the one in question first"
    )
    maker.add_argument("--limit", type=number(1, kind=int), metavar="N", help="photos; default: all")
    maker.add_argument("--cell", type=number(64, kind=int), default=640, metavar="N", help="pixels of a picture; default: 640")
    maker.add_argument("--seed", type=number(0, kind=int), default=0, metavar="N", help="of sides and order; default: 0")
    maker.set_defaults(run=make)
    counter = kinds.add_parser("count", help="how often each was chosen")
    counter.add_argument("--answers", required=True, metavar="FILE", help=f"CSV: pair, choice (A, B or {TIE})")
    counter.set_defaults(run=count)
    for one in (maker, counter):
        one.add_argument("--output", required=True, metavar="DIR", help="folder of the pairs and their key")
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (PreferenceError, OSError) as error:
        sys.exit(f"preference.py: {error}")


if __name__ == "__main__":
    main()
