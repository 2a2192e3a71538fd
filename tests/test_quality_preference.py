"""The preference benchmark: pairs are blind and complete, answers are counted right."""
import collections
import csv

import cv2
import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks import preference


def folders(root):
    """Photos and drawings of three methods for four photos."""
    rng = np.random.default_rng(0)
    for name in ("photos", "ours", "hed", "canny"):
        (root / name).mkdir()
        for stem in "abcd":
            cv2.imwrite(str(root / name / f"{stem}.png"), rng.integers(0, 255, (80, 96, 3), dtype=np.uint8))
    return [f"{name}={root / name}" for name in ("ours", "hed", "canny")]


def test_pairs_are_complete_and_sides_random():
    methods = {name: dict.fromkeys("abcdefghijklmnopqrst", "x") for name in ("ours", "hed", "canny")}
    pairs = preference.comparisons(list("abcdefghijklmnopqrst"), methods, 3)
    assert sorted((stem, *sorted(sides)) for stem, *sides in pairs) == sorted(
        (stem, other, "ours") for stem in "abcdefghijklmnopqrst" for other in ("hed", "canny")
    )
    assert 10 < sum(left == "ours" for _, left, _ in pairs) < 30
    assert [pair[0] for pair in pairs] != sorted(pair[0] for pair in pairs)


def test_make_then_count(tmp_path, capsys):
    drawings = folders(tmp_path)
    out = tmp_path / "pairs"
    preference.main(["make", "--photos", str(tmp_path / "photos"), "--drawings", *drawings, "--output", str(out), "--cell", "64"])
    assert len(list(out.glob("*.png"))) == 8
    key = list(csv.DictReader((out / "key.csv").open()))
    lines = ["pair,choice"]
    for row in key:  # ours wins against canny; against hed, half and half
        side = "A" if row["A"] == "ours" else "B"
        other = {"A": "B", "B": "A"}[side]
        wins = "canny" in (row["A"], row["B"]) or row["photo"] in "ab"
        name = row["pair"] if wins else row["pair"].zfill(3)  # as in the key, or as the sheet is named
        lines.append(f"{name},{side if wins else other}")
    (tmp_path / "answers.csv").write_text("\n".join(lines))
    capsys.readouterr()
    preference.main(["count", "--output", str(out), "--answers", str(tmp_path / "answers.csv")])
    table = capsys.readouterr().out
    assert "| ours over canny | 4 | 0 | 0 | 100 % | 51 to 100 % |" in table  # Wilson: 1 / (1 + 1.96^2 / 4) = 0.51
    assert "| ours over hed | 2 | 0 | 2 | 50 % |" in table


def test_ties_count_half_and_answers_of_several_people_add_up():
    key = [dict(pair="1", photo="a", question="ours", A="hed", B="ours")]
    counts = preference.tally(key, [{"pair": "1", "choice": choice} for choice in ("B", "tie", "tie", "A")])
    assert counts == {("ours", "hed"): collections.Counter(won=1, tie=2, lost=1)}
    assert "| ours over hed | 1 | 2 | 1 | 50 % |" in preference.report(counts)


def test_intervals_are_scipys_and_those_of_half_wins_lie_between():
    for wins, total in ((0, 1), (3, 23), (19, 23), (23, 23)):
        expected = binomtest(wins, total).proportion_ci(method="wilson")
        assert preference.wilson(wins / total, total) == pytest.approx(expected, abs=1e-4)
    low, high = preference.wilson(0.5, 1)  # a tie
    assert low + high == pytest.approx(1)
    ends = [preference.wilson(wins / 23, 23) for wins in (3, 3.5, 4)]
    assert ends == sorted(ends) and [high for _, high in ends] == sorted(high for _, high in ends)


@pytest.mark.parametrize("case", ["folder", "name", "one", "twice", "drawing", "damaged", "output", "choice"])
def test_what_is_wrong_is_said(tmp_path, case):
    drawings = folders(tmp_path)
    photos, out = str(tmp_path / "photos"), str(tmp_path / "pairs")
    make = ["make", "--photos", photos, "--output", out, "--drawings"]
    if case == "drawing":
        (tmp_path / "hed" / "c.png").unlink()
    calls = {
        "folder": (["make", "--photos", photos + "x", "--output", out, "--drawings", *drawings], "no such folder"),
        "name": ([*make, "ours", "hed"], "NAME=DIR"),
        "one": ([*make, drawings[0]], "two methods"),
        "twice": ([*make, *drawings], "have the same name"),
        "drawing": ([*make, *drawings], "hed has no drawing of c"),
        "damaged": ([*make, *drawings], "c.png cannot be decoded"),
        "output": ([*make, *drawings], "pairs"),
        "choice": (["count", "--output", out, "--answers", str(tmp_path / "answers.csv")], "fits no pair"),
    }
    if case == "damaged":
        (tmp_path / "hed" / "c.png").write_bytes(b"no picture")
    if case == "twice":
        cv2.imwrite(str(tmp_path / "photos" / "b.jpg"), np.zeros((80, 96, 3), np.uint8))
    if case == "output":
        (tmp_path / "pairs").write_text("a file")
    if case == "choice":
        preference.main([*make, *drawings, "--cell", "64"])
        (tmp_path / "answers.csv").write_text("pair,choice\n1,C\n")
    arguments, words = calls[case]
    with pytest.raises(SystemExit) as stop:
        preference.main(arguments)
    assert words in str(stop.value)
