"""What photos are of: runs the network of the foreground, twice for photos whose subject is small, see utils.closer_look."""
import numpy as np
import torch

from data.crops import squeezed
from model import Foreground
from model.foreground import SIDE, for_finding
from utils.checkpoint import CheckpointError, load_network
from utils.closer_look import cut, part_of, together
from utils.devices import is_out_of_memory


class ForegroundFinder:
    """Maps of photos' foregrounds. Several threads may call it.

    path: file of weights. engine: the model.engine.Engine beside which it works, on its device and in turns with it.
    CheckpointError without sound weights.
    """

    def __init__(self, path, engine):
        try:
            network = load_network(Foreground, path)
        except CheckpointError as error:
            train = "train it with python -m utils.training.foreground"
            remedy = f"It tells what the photo is of: {train}, or draw with --fur 0 --shade 0 --background 1."
            raise CheckpointError(f"{error} {remedy}") from error
        self.network, self.engine = for_finding(network, engine.device), engine

    def __call__(self, photos):
        """uint8 (H, W, 3), of any shapes -> for each a float32 map (h, w) of a few cells: probabilities, finer after a second look.

        All first looks are taken at once, and then all second ones.
        """
        maps = self._find([squeezed(photo, SIDE) for photo in photos])
        parts = [part_of(found) for found in maps]
        again = [index for index, part in enumerate(parts) if part]
        for index, closer in zip(again, self._find([cut(photos[index], *parts[index]) for index in again])):
            maps[index] = together(maps[index], closer, *parts[index])
        return maps

    def _find(self, squares):
        """The maps of uint8 squares (SIDE, SIDE, 3): a list, made one by one when memory runs out."""
        if not squares:
            return []
        with self.engine.turn:
            try:
                return list(self.network.find(np.stack(squares)))
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            if self.engine.device.type == "cuda":
                torch.cuda.empty_cache()
            return [self.network.find(square[None])[0] for square in squares]
