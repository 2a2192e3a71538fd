"""Exponential moving averages of the generators: these are drawn with and exported."""
import copy

import torch

from .schedule import averaging_decay


class Average:
    """A frozen copy of `model` that follows it. Floating point buffers (the running statistics of batch norm) are averaged
    as the parameters are; counters are copied.
    """

    def __init__(self, model, decay):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, model, updates):
        """Move towards `model`. updates: how many updates there were before."""
        weight = 1 - averaging_decay(updates, self.decay)
        averages, values = self.model.state_dict(), model.state_dict()
        moving = [name for name, value in averages.items() if value.is_floating_point()]
        torch._foreach_lerp_([averages[name] for name in moving], [values[name] for name in moving], weight)
        for name in averages.keys() - set(moving):
            averages[name].copy_(values[name])
