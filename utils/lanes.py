"""Small photos drawn side by side on a CPU, each lane with its share of the cores.

A layer on all cores ends with the slowest of them, and on small photos layers are short: a core that decodes a photo or
packs a drawing meanwhile holds up the others in every one. Lanes wait for nobody. OpenCV's threads are shared out like
torch's: left to themselves, they look out for work on cores that have some.
"""
from concurrent.futures import ThreadPoolExecutor

import cv2
import torch

MOST = 4  # lanes: each needs memory for a photo


class Lanes:
    """Threads that draw, as a context.

    count: how many, 1 on other devices than a CPU, where lanes gain nothing. share: cores of each.
    """

    def __init__(self, device):
        self.cores = torch.get_num_threads()
        most = min(MOST, self.cores) if device.type == "cpu" else 1
        busy = lambda count: count * (self.cores // count)  # cores: of six, more in three lanes than in four
        self.count = most if busy(most) >= busy(max(1, most - 1)) else most - 1
        self.share = max(1, self.cores // self.count)
        self.of_opencv = cv2.getNumThreads()

    def __enter__(self):
        self.pool = ThreadPoolExecutor(self.count, initializer=torch.set_num_threads, initargs=(self.share,))
        return self

    def __exit__(self, *error):
        self.pool.shutdown()
        torch.set_num_threads(self.cores)  # for the threads that come after
        cv2.setNumThreads(self.of_opencv)

    def submit(self, *call):
        """Have a lane call a function with arguments, with its share of the cores -> its Future."""
        cv2.setNumThreads(min(self.share, self.of_opencv))
        return self.pool.submit(*call)

    def alone(self, function, *arguments):
        """Call it here and now, with all cores."""
        cv2.setNumThreads(self.of_opencv)
        return function(*arguments)
