"""The tone of the ink: the curve against its formula with SciPy, and where the tools use it."""
import tracemalloc

import numpy as np
import pytest
from scipy.special import expit, logit

from tests.photo_kit import working_of
from utils.greys import FINE
from utils.style import Style, inked
from utils.tone import BAND, PIVOT, SLOPE, curve, toned

GREYS = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize("amount, full", [(0.3, 255), (1.0, 255), (2.0, 255), (1.0, FINE)])
def test_agrees_with_the_formula_in_float64(amount, full):
    ink = 1 - np.arange(1, full) / full
    expected = 255 * (1 - expit(logit(PIVOT) + (1 + SLOPE * amount) * (logit(ink) - logit(PIVOT))))
    assert np.abs(curve(amount, full)[1:-1] - expected).max() <= 0.5 + 1e-9


def test_nothing_changes_at_0_and_paper_and_full_ink_never():
    assert np.array_equal(toned(GREYS, 0.0), GREYS)
    for amount in (0.1, 1.0, 2.0):
        assert toned(GREYS, amount)[0] == 0 and toned(GREYS, amount)[-1] == 255


def test_order_stays_and_dark_and_faint_ink_part():
    before = GREYS.astype(int)
    for amount in (0.5, 1.0, 2.0):
        after = toned(GREYS, amount).astype(int)
        assert (np.diff(after) >= 0).all()
        pivot = 255 * (1 - PIVOT)
        assert (after[before < pivot] <= before[before < pivot]).all() and (after[before > pivot] >= before[before > pivot]).all()
    darker = [toned(np.full((2, 2), 60, np.uint8), amount)[0, 0] for amount in (0.0, 0.5, 1.0, 2.0)]
    assert darker == sorted(darker, reverse=True) and len(set(darker)) == 4


def test_the_tools_tone_drawings_with_their_crispness():
    flat = np.full((64, 64), 60, np.uint8)  # has no borders to make crisp
    even = working_of(np.zeros((64, 64, 3), np.uint8))
    greys = [inked(flat, Style(crisp=amount), even)[0, 0] for amount in (0.0, 0.5, 1.0, 2.0)]
    assert greys[0] == 60 and greys == sorted(greys, reverse=True) and len(set(greys)) == 4


def test_large_drawings_need_little_memory():
    sketch = np.full((8 * BAND, 1024), FINE // 2, np.uint16)
    tracemalloc.start()
    toned(sketch, 1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * sketch.size  # bytes: of the result one, and places in the table for a band
