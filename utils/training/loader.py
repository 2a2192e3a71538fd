"""Batches in a fixed order: which items a step sees depends on the step alone."""
import atexit
import contextlib
import multiprocessing
import signal

import cv2
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

GRACE = 300  # seconds that a loading process lives on after SIGTERM: longer than a step takes


class Items(Dataset):
    """The items of all epochs of `dataset`, whose set_epoch() is called in the process that loads."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __getitem__(self, key):
        epoch, index = key
        self.dataset.set_epoch(epoch)
        return self.dataset[index]


class Order(Sampler):
    """Keys (epoch, index) of this process's batches for the steps `first` .. `last`, one list per part of a step.

    The photos of a step are numbered step * batch .. on, over all epochs, and dealt out to `parts` parts one after the
    other and within a part to `group.size` processes: the photos of a step are the same for any number of processes.
    """

    def __init__(self, length, batch, parts, group, first, last):
        self.length, self.batch, self.parts, self.group, self.first, self.last = length, batch, parts, group, first, last

    def __len__(self):
        return (self.last - self.first) * self.parts

    def __iter__(self):
        share = self.batch // (self.parts * self.group.size)
        for part in range(self.first * self.parts, self.last * self.parts):
            start = (part * self.group.size + self.group.rank) * share
            yield [divmod(number, self.length) for number in range(start, start + share)]


def make_loader(dataset, order, workers, pin):
    """Batches of `dataset` in `order`. workers: processes that load, 0 loads in this one."""
    return DataLoader(
        Items(dataset),
        batch_sampler=order,
        num_workers=workers,
        worker_init_fn=start_worker,
        prefetch_factor=4 if workers else None,
        pin_memory=pin,
        generator=torch.Generator(),  # the loader would draw its workers' seeds from the training's generator
    )


def batches_of(loader):
    """What `loader` gives. OSError with a sentence where a loading process failed: torch hands on its whole traceback."""
    with dead_loaders_named():
        try:
            yield from loader
        except OSError as error:
            raise OSError(str(error).strip().splitlines()[-1].removeprefix("OSError: ")) from error


@contextlib.contextmanager
def dead_loaders_named():
    """ChildProcessError with a sentence where a loading process was killed, of which torch speaks at any time, in a step too."""
    try:
        yield
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        remedy = "Give fewer --workers; a run folder goes on with --resume."
        raise ChildProcessError(f"a loading process died, perhaps for lack of memory. {remedy}") from error


def to_device(batch, device):
    """A loaded batch with its pictures as channels_last float32 in [0, 1] on `device`."""
    return {
        name: value.to(device, non_blocking=True).float().div_(255).contiguous(memory_format=torch.channels_last)
        if isinstance(value, torch.Tensor)
        else value
        for name, value in batch.items()
    }


def start_worker(_):
    """What a loading process does first.

    A Ctrl-C or SIGTERM that goes to every process of a job is the main process's to answer: it wants to end its step and to
    save, which a dead worker would prevent. So SIGTERM, which also ends workers in the normal way, takes GRACE seconds.
    """
    cv2.setNumThreads(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: signal.alarm(GRACE))


@atexit.register
def end_workers():
    """What is left of them when the program ends: Python would end them by SIGTERM, which takes GRACE seconds, and wait for that."""
    if hasattr(signal, "SIGCHLD"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # torch would take their end for an accident
    for child in multiprocessing.active_children():
        if child.daemon:
            child.kill()
