"""A generator architecture small enough for tests, with every feature of the fast preset."""
import dataclasses

from model import PRESETS

TINY = dataclasses.replace(PRESETS["fast"], preset="tiny", widths=(8, 8, 16, 16), blocks=(0, 0, 0, 1), grid=4, heads=2)
TINY_PAPER = dataclasses.replace(PRESETS["paper"], preset="tiny-paper", widths=(4, 4, 8, 8), grid=4, heads=2)
