"""One folder shared by the processes of a torchrun job, or drawn by one process alone.

The processes need no network but the store that torchrun sets up: rank 0 lists the photos, everybody takes the next one
from a counter, so that fast devices draw more, and rank 0 collects the counts.
"""
import datetime
import json
import os
import time

GRACE = 20.0  # seconds that rank 0 waits for the others' values after an interruption
PATIENCE = datetime.timedelta(hours=24)  # until the slowest process has started or finished
POLL = 0.2  # seconds between looks at the others' progress


class Alone:
    """What a Job offers, for a single process."""

    rank, world = 0, 1

    def __init__(self):
        self.taken = self.finished = 0

    def share(self, make):
        """The plain value that `make` returns on rank 0, on every rank."""
        return make()

    def take(self):
        """The next number, from 0, that no process has taken yet."""
        self.taken += 1
        return self.taken - 1

    def finish(self, count=1):
        """Tell that `count` photos are done with."""
        self.finished += count

    def progress(self):
        """Photos done with by all processes."""
        return self.finished

    def collect(self, value, waiting, stop):
        """On rank 0 the plain values of all ranks, in their order; elsewhere None.

        waiting: called now and then. Once `stop` (a threading.Event) is set, ranks that stay silent are left out.
        """
        return [value]


class Job(Alone):
    """The processes of a torchrun job, as its environment variables describe it."""

    def __init__(self):
        from torch.distributed.rendezvous import rendezvous

        self.store, self.rank, self.world = next(rendezvous("env://", timeout=PATIENCE))

    def share(self, make):
        if self.rank == 0:
            try:
                value = make()
            except BaseException:
                self.store.set("shared", json.dumps(None))
                raise
            self.store.set("shared", json.dumps([value]))
        value = json.loads(self.store.get("shared"))
        if value is None:
            raise SystemExit(1)  # rank 0 says why
        return value[0]

    def take(self):
        return self.store.add("taken", 1) - 1

    def finish(self, count=1):
        self.store.add("finished", count)

    def progress(self):
        return self.store.add("finished", 0)

    def collect(self, value, waiting, stop):
        self.store.set(f"value {self.rank}", json.dumps(value))
        if self.rank:
            return None
        silent, values, patience = list(range(self.world)), [], GRACE
        while silent and patience > 0:
            if self.store.check([f"value {silent[0]}"]):
                values.append(json.loads(self.store.get(f"value {silent.pop(0)}")))
                continue
            waiting()
            time.sleep(POLL)
            patience -= POLL if stop.is_set() else 0
        return values


def join():
    """The torchrun job of this process, or Alone."""
    return Job() if int(os.environ.get("WORLD_SIZE", 1)) > 1 else Alone()
