"""Options: help pages to learn from, and errors in sentences."""
import re
import shlex
import subprocess
import sys

import pytest

import eval_multiple
import eval_test
from tests.tool_kit import ROOT
from utils.tool_options import make_parser, parse, printable

SCRIPTS = {"eval_test.py": (eval_test, False), "eval_multiple.py": (eval_multiple, True)}


def parser_of(prog="eval_test.py"):
    script, multiple = SCRIPTS[prog]
    return make_parser(prog, script.DESCRIPTION, script.EXAMPLES, multiple)


@pytest.mark.parametrize("prog", SCRIPTS)
def test_help_is_a_page_to_learn_from(prog):
    page = parser_of(prog).format_help()
    assert page.startswith(f"usage: python {prog}")
    assert page.count(f"  python {prog}") == 3 and "examples:" in page
    for group in ("photos and files:", "what is drawn:", "how it looks:", "network and machine:"):
        assert group in page
    assert max(map(len, page.splitlines())) <= 120
    options = re.findall(r"\n  (--[a-z-]+)(.*?)(?=\n  -|\n\n)", page, re.DOTALL)
    assert {name for name, _ in options} == {action.option_strings[0] for action in parser_of(prog)._actions[1:]}
    for name, text in options:
        takes_value = re.match(r" [A-Za-z]", text) is not None
        assert takes_value == ("(default: " in text), name


@pytest.mark.parametrize("prog", SCRIPTS)
def test_examples_are_understood(prog):
    for arguments, meaning in SCRIPTS[prog][0].EXAMPLES:
        assert meaning
        parse(parser_of(prog), shlex.split(arguments))


def test_help_needs_no_network_and_comes_at_once():
    code = "import runpy, sys\nsys.argv[1:] = ['--help']\n"
    code += "try:\n    runpy.run_path('eval_test.py', run_name='__main__')\n"
    code += "except SystemExit as end:\n    assert not end.code and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def refusal(capsys, *arguments, prog="eval_test.py"):
    with pytest.raises(SystemExit) as caught:
        parse(parser_of(prog), list(arguments))
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith(f"{prog}: ") and message.endswith(f"See {prog} --help.\n") and message.count("\n") == 1
    return message


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--detail", "2"], "--detail takes a number from -1 to 1, not '2'"),
        (["--detail", "nan"], "--detail takes a number from -1 to 1, not 'nan'"),
        (["--candidate", "6"], "--candidate takes a whole number from 1 to 5, not '6'"),
        (["--candidate", "1.5"], "--candidate takes a whole number from 1 to 5"),
        (["--line-width", "thick"], "--line-width takes a number from 0.25 to 4.0, not 'thick'"),
        (["--ink", "0"], "--ink takes a number from"),
        (["--size", "huge"], "--size takes 'full' or a whole number of pixels"),
        (["--size", "-3"], "--size takes 'full' or a whole number of pixels"),
        (["--format", "gif"], "--format takes png, jpg, webp or tiff, not 'gif'"),
        (["--direction", "back"], "--direction takes photo2sketch or sketch2photo"),
        (["--device", "gpu"], "--device takes auto, cpu, cuda, cuda:N or mps, not 'gpu'"),
        (["--precision", "int8"], "--precision takes auto, float32 or bfloat16"),
        (["--max-megapixels", "0"], "--max-megapixels takes a number from"),
        (["--transparant"], "--transparant is not an option. Did you mean --transparent?"),
        (["--input"], "--input expected at least one argument"),
        (["--transparent", "--format", "jpg"], "--transparent cannot be stored as jpg"),
        (["--transparent", "--colour"], "colour and transparent cannot be had together"),
        (["--transparent", "--beside"], "beside and transparent cannot be had together"),
        (["--invert", "--color"], "colour and invert cannot be had together"),
        (["--candidate", "2", "--detail", "1"], "--detail sets the blend and has no meaning with --candidate"),
        (["--direction", "sketch2photo", "--ink", "2"], "--ink is for drawings"),
        (["--direction", "sketch2photo", "--svg"], "--svg is for drawings"),
        (["--direction", "sketch2photo", "--candidate", "1"], "--candidate is for drawings"),
    ],
)
def test_errors_are_sentences(capsys, arguments, expected):
    assert expected in refusal(capsys, *arguments)


def test_eval_multiple_has_no_single_candidate(capsys):
    assert "--candidate is not an option" in refusal(capsys, "--candidate", "1", prog="eval_multiple.py")


def test_abbreviations_are_not_guessed(capsys):
    assert "--trans is not an option" in refusal(capsys, "--trans")


def test_values_arrive():
    arguments = "--detail -0.5 --line-width 2 --ink 0.5 --colour --beside --size FULL --format WebP --device cuda:1"
    options, style = parse(parser_of(), arguments.split())
    assert (style.detail, style.line_width, style.ink, style.colour, style.beside) == (-0.5, 2, 0.5, True, True)
    assert (options.size, options.format, options.device, options.input) == ("full", "webp", "cuda:1", ["Test"])
    options, style = parse(parser_of(), ["--candidate", "3", "--invert", "--size", "512"])
    assert (style.candidate, style.invert, options.size) == (3, True, 512)


def test_names_cannot_play_tricks_on_the_terminal():
    assert printable("ü ok") == "ü ok"
    assert not re.search(r"[\x00-\x1f\x7f]", printable("a\x1b[2J\nb\x07"))
    printable(b"caf\xe9.jpg".decode("utf-8", "surrogateescape")).encode()
