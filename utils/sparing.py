"""Drawing within the memory there is: photos one by one, then in smaller tiles, when it runs out."""
import math

import numpy as np
import torch

from utils.devices import is_out_of_memory

SMALLER_TILES = (1024, 512, 256)  # tried one after the other when memory runs out


class Sparing:
    """Draws batches with less at once from the moment that memory has run out. Several threads may call it.

    engine: the model.engine.Engine or model.reverse.ReverseEngine that draws. say: called with a sentence when tiles get smaller.
    """

    def __init__(self, engine, say):
        self.engine, self.say = engine, say
        self.tile = None  # pixels, set when memory has run out

    def __call__(self, photos, draw):
        """draw(photos, tile) of uint8 photos (B, h, w, 3), joined along the batch. MemoryError if even the smallest tiles are too large."""
        device, tried = self.engine.device, self.tile
        try:
            return draw(photos, tried)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        if device.type == "cuda":
            torch.cuda.empty_cache()
        if len(photos) > 1:
            return np.concatenate([self(photos[index : index + 1], draw) for index in range(len(photos))])
        side = min(tried or self.engine.tile_of(*photos.shape[1:3]), max(photos.shape[1:3]))
        smaller = next((tile for tile in SMALLER_TILES if tile < side), None)
        if smaller:
            if smaller < (self.tile or math.inf):  # else another lane has met the same, and said so
                self.say(f"Out of memory on {device}: going on in tiles of {smaller} pixels.")
                self.tile = smaller
            return self(photos, draw)
        raise MemoryError(f"not enough memory on {device}, even in tiles of {SMALLER_TILES[-1]} pixels")
