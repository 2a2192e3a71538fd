"""Networks small enough for tests, with every feature of the large ones."""
import dataclasses

from model import PRESETS, ConditionalDiscriminator, Discriminator

TINY = dataclasses.replace(PRESETS["fast"], preset="tiny", widths=(8, 8, 16, 16), blocks=(0, 0, 0, 1), grid=4, heads=2)
TINY_PAPER = dataclasses.replace(PRESETS["paper"], preset="tiny-paper", widths=(4, 4, 8, 8), grid=4, heads=2)


def small_discriminator():
    return Discriminator(widths=(4, 6), scales=2, grid=2, heads=2)


def small_conditional():
    return ConditionalDiscriminator(6, widths=(6, 8))
