"""A filter applied band by band, which bounds the memory that it takes."""
import numpy as np


def in_bands(image, function, rows, margin):
    """function(image), computed for `rows` rows at once: image and result are uint8 (H, W).

    margin: rows above and below on which the function's result may depend.
    """
    result = np.empty_like(image)
    for top in range(0, len(image), rows):
        above = max(top - margin, 0)
        band = function(image[above : top + rows + margin])
        result[top : top + rows] = band[top - above : top - above + rows]
    return result
