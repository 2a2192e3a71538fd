"""What happened in a run, one JSON object per line of stats.jsonl, and TensorBoard events where tensorboard is installed."""
import json
import os

import torch

from utils.atomic import write_bytes


class Meter:
    """Means of named values since the last report. Values are tensors (kept on their device) or numbers."""

    def __init__(self):
        self.sums, self.counts = {}, {}

    def add(self, values):
        for name, value in values.items():
            value = value.detach().float() if isinstance(value, torch.Tensor) else torch.tensor(float(value))
            self.sums[name] = self.sums[name] + value if name in self.sums else value
            self.counts[name] = self.counts.get(name, 0) + 1

    def report(self, group, device):
        """{name: mean over the processes of `group` and the steps that had this value}; starts over."""
        names = list(self.sums)
        if not names:
            return {}
        means = torch.stack([self.sums[name].to(device) / self.counts[name] for name in names]).double()
        means = group.sum(means) / group.size
        self.sums, self.counts = {}, {}
        return dict(zip(names, means.tolist()))


class Log:
    """Appends to a stats file. `step`: the step of the checkpoint that the run goes on from; later lines, of steps that a
    killed run took and that are taken again, are removed.
    """

    def __init__(self, path, step=0, events=None):
        self.path = path
        kept = [line for line in lines(path) if line["step"] <= step] if step else []
        write_bytes(path, "".join(json.dumps(line) + "\n" for line in kept).encode())
        self.board = _tensorboard(events, step) if events else None

    def write(self, kind, step, values):
        """One line: {"kind": "train" or "validation", "step": ..., **values}."""
        line = {"kind": kind, "step": step}
        line.update((name, float(f"{value:.6g}") if isinstance(value, float) else value) for name, value in values.items())
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self.board:
            for name, value in values.items():
                if isinstance(value, (int, float)):
                    self.board.add_scalar(f"{kind}/{name}", value, step)
            self.board.flush()

    def close(self):
        if self.board:
            self.board.close()


def lines(path):
    """The whole lines of a stats file as dicts; a last line that a crash cut off is left out."""
    if not os.path.isfile(path):
        return []
    found = []
    with open(path, encoding="utf-8") as file:
        for text in file:
            try:
                found.append(json.loads(text))
            except ValueError:
                continue
    return found


def _tensorboard(folder, step):
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(folder, purge_step=step + 1)
