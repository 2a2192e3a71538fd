"""A filter applied band by band, which bounds the memory that it takes."""
import numpy as np


def in_bands(function, rows, margin, image, *others, dtype=None):
    """function(image, *others), computed for `rows` rows at once: all have the same height, the result is as `image`. Others may be of half or a
    quarter of the height, rounded up; rows and margin then are multiples of 2 or 4 (which it is, is asked of the
    heights, and matters where there are several bands).

    margin: rows above and below on which the function's result may depend. dtype: of the result, where it is another one.
    """
    result = np.empty_like(image, dtype=dtype)
    scales = [-(-len(image) // len(one)) for one in (image, *others)]
    for top in range(0, len(image), rows):
        above = max(top - margin, 0)
        below = top + rows + margin
        band = function(*(one[above // scale : below // scale] for one, scale in zip((image, *others), scales)))
        result[top : top + rows] = band[top - above : top - above + rows]
    return result
