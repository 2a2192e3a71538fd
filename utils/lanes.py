"""Small photos drawn side by side on a CPU, each lane with its share of the cores.

A layer on all cores ends with the slowest of them, and on small photos layers are short: a core that decodes a photo or
packs a drawing meanwhile holds up the others in every one. Lanes wait for nobody.
"""
from concurrent.futures import ThreadPoolExecutor

import torch

MOST = 4  # lanes: each needs memory for a photo


class Lanes:
    """Threads that draw, as a context. count: how many, 1 on other devices than a CPU, where lanes gain nothing."""

    def __init__(self, device):
        self.cores = torch.get_num_threads()
        self.count = min(MOST, self.cores) if device.type == "cpu" else 1

    def __enter__(self):
        share = max(1, self.cores // self.count)
        self.pool = ThreadPoolExecutor(self.count, initializer=torch.set_num_threads, initargs=(share,))
        return self

    def __exit__(self, *error):
        self.pool.shutdown()
        torch.set_num_threads(self.cores)  # for the threads that come after

    def submit(self, *call):
        return self.pool.submit(*call)
