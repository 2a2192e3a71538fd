"""Strokes over a drawing, against the same in float64."""
import numpy as np
import pytest

from utils.greys import paper
from utils.hatching import hatched, strokes


@pytest.mark.parametrize("dtype, full", [(np.uint8, 255), (np.uint16, 3825)])
@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (130, 96)])
def test_strokes_multiply_the_paper_and_never_wrap(dtype, full, shape):
    random = np.random.default_rng(0)
    sketch = random.integers(0, full + 1, shape).astype(dtype)
    assert paper(sketch) == full
    for most in (0.0, 0.4, 1.0, 3.0):
        tone = np.float32(most * random.random(shape))
        expected = sketch * (1 - np.clip(tone.astype(np.float64) * strokes(*shape), 0, 1))
        drawn = hatched(sketch, tone)
        assert drawn.dtype == dtype and np.abs(drawn - expected).max() <= 1 and (drawn <= sketch).all()
