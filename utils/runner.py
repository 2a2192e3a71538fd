"""Many photos through a Sketcher: reading, drawing and writing overlap, and one bad photo stops nothing."""
import collections
import contextlib
import dataclasses
import math
import os
from concurrent.futures import ThreadPoolExecutor

from utils import records
from utils.counts import Counts
from utils.lanes import MOST, Lanes
from utils.output_folder import OutputError, check_folder
from utils.pictures import PictureError, probe, read_picture
from utils.reasons import explain
from utils.working import working_shape

THREADS = min(8, max(2, os.cpu_count() or 2))  # that read, and as many that write
BATCH = 4  # photos of one shape drawn at once, fewer where they are large
AHEAD = max(2 * THREADS, BATCH * MOST)  # photos read before their turn, and drawings waiting to be written
PIXELS_IN_FLIGHT = 60e6  # pixels of photos, or of what they are enlarged to, between opening and the written drawing: bounds the memory


class Interrupted(Exception):
    """The user has asked to stop."""


@dataclasses.dataclass
class Item:
    """A photo on its way."""

    task: object  # utils.folder.Task
    stamp: dict | None
    pixels: int
    working: object = None  # utils.working.Working
    photo: object = None  # uint8 (H, W, 3), only where the output needs it


class Runner:
    """Draws tasks into an output.

    sketcher: utils.sketcher.Sketcher. output: utils.outputs.OneDrawing or AllCandidates. record: utils.records.Records.
    fingerprint: records.digest of the options. skip: leave out what is up to date. stop: threading.Event that ends the
    run. on_done(task, reason): called for every photo that is done with, reason None unless it failed. on_tile(done,
    total): called within a photo.
    """

    def __init__(self, sketcher, output, record, fingerprint, skip, stop, on_done, on_tile=None):
        self.sketcher, self.output, self.record, self.fingerprint = sketcher, output, record, fingerprint
        self.skip, self.stop, self.on_done, self.on_tile = skip, stop, on_done, on_tile
        self.counts = Counts()
        self.reading = collections.deque()  # (item, future), in order
        self.drawing = collections.deque()  # futures of draw()
        self.writing = collections.deque()
        self.in_flight = 0  # pixels
        self.held = None  # an item that waits for memory

    def run(self, tasks):
        """Draw the tasks of an iterator, to its end, to a stop, or until nothing can be written any more -> Counts."""
        self.lanes = Lanes(self.sketcher.device)
        self.sketcher.share(self.lanes.count)
        with ThreadPoolExecutor(THREADS) as readers, ThreadPoolExecutor(THREADS) as self.writers, self.lanes:
            try:
                with contextlib.suppress(Interrupted):
                    self.draw_all(iter(tasks), readers)
                cancel(future for _, future in self.reading)
                self.finish()
            except KeyboardInterrupt:  # at once: what is under way ends, and nothing else begins
                cancel([*self.drawing, *(future for _, future in [*self.reading, *self.writing])])
                raise
        return self.counts

    def draw_all(self, tasks, readers):
        """run() while there is something to do."""
        while not self.ended and (self.read_ahead(tasks, readers) or self.drawing or self.writing):
            self.start(self.next_batch())
            self.collect(self.lanes.count if self.reading else 0)
            self.settle(AHEAD if self.reading else len(self.writing) - 1)

    @property
    def ended(self):
        return self.stop.is_set() or self.counts.broken

    def read_ahead(self, tasks, readers):
        """Start reading the next photos, as far as numbers and memory allow -> whether any are on their way."""
        while len(self.reading) < AHEAD and not self.ended:
            item = self.held or next(filter(None, map(self.admit, tasks)), None)
            self.held = item
            if item is None or self.in_flight and self.in_flight + item.pixels > PIXELS_IN_FLIGHT:
                break
            self.held = None
            self.in_flight += item.pixels
            self.reading.append((item, readers.submit(self.read, item)))
        return bool(self.reading or self.held)

    def admit(self, task):
        """The item of a task, or None if it is done with: up to date, or refused from its header."""
        if self.stop.is_set():
            raise Interrupted
        try:
            stamp = records.stamp(task, self.fingerprint)
            if self.skip and self.record.holds(task.target, stamp, self.output.names(task.target)):
                self.counts.skipped += 1
                self.on_done(task, None)
                return None
        except OSError:
            stamp = None  # a link to nowhere: the next lines find the reason
        try:
            width, height = probe(task.path, self.sketcher.max_megapixels)
        except PictureError as error:
            self.fail(task, explain(error))
            return None
        return Item(task, stamp, max(width * height, math.prod(working_shape(height, width, self.sketcher.size))))

    def read(self, item):
        """In a reading thread: decode the photo and bring it to the working size."""
        photo = read_picture(item.task.path, self.sketcher.max_megapixels)
        item.working = self.sketcher.prepare(photo, self.output.style)
        item.photo = photo if self.output.needs_photo else None

    def next_batch(self):
        """The next photo that could be read, with those behind it that are ready and of its shape; the last ones are shared out to all lanes."""
        batch, most = [], min(BATCH, -(-len(self.reading) // self.lanes.count))
        while self.reading and len(batch) < most:
            item, future = self.reading[0]
            if batch and not (future.done() and not future.exception() and self.fits(item, batch)):
                break
            self.reading.popleft()
            try:
                future.result()
                batch.append(item)
            except Exception as error:  # whatever happens to one photo, the others are drawn
                self.lose(item, error)
        return batch

    def fits(self, item, batch):
        """Whether one more item can be drawn with those of a batch, in the memory that is for one lane."""
        one, first = item.working, batch[0].working
        return one.pixels.shape == first.pixels.shape and (len(batch) + 1) * self.lanes.count <= self.sketcher.at_once(first)

    def start(self, batch):
        """Draw a batch: in a lane if all lanes have room for one like it and there is more to draw, else here and now."""
        if not batch:
            return
        if self.lanes.count > 1 and (self.reading or self.drawing) and self.lanes.count <= self.sketcher.at_once(batch[0].working):
            self.drawing.append(self.lanes.submit(self.draw_and_finish if self.lanes.share == 1 else self.draw, batch))
        else:
            self.collect(0)
            self.hand_on(self.lanes.alone(self.draw, batch))

    def draw(self, batch):
        """(item, the contents of its files, None or the error) of the items of a batch. Changes nothing here: lanes call it."""
        try:
            drawn = self.output.draw(self.sketcher, [item.working for item in batch], self.on_tile)
        except Interrupted:
            raise
        except Exception as error:
            if len(batch) > 1:
                return [one for item in batch for one in self.draw([item])]
            return [(batch[0], None, error)]
        return [(item, self.output.contents(item.task.target, one, item.working, item.photo), None) for item, one in zip(batch, drawn)]

    def draw_and_finish(self, batch):
        """draw() by a lane of one core, which also finishes: another thread would take that core from it, and its caches."""
        found = []
        for item, contents, error in self.draw(batch):
            try:
                found.append((item, contents and list(contents), error))
            except Exception as wrong:
                found.append((item, None, wrong))
        return found

    def collect(self, keep):
        """Hand on what lanes have drawn, waiting until no more than `keep` batches are with them."""
        while self.drawing and (len(self.drawing) > keep or self.drawing[0].done()):
            self.hand_on(self.drawing.popleft().result())

    def hand_on(self, drawings):
        """Have drawings written. Photos that could not be drawn are reported."""
        for item, contents, error in drawings:
            if error is None:
                self.hand_over(item, contents)
            else:
                self.lose(item, error)

    def hand_over(self, item, contents):
        """Have one photo's drawings written. From now on the record of others that are in their place does not hold."""
        try:
            if self.record.stamps.get(item.task.target, item.stamp) != item.stamp:
                self.record.add(item.task.target, None)
            self.writing.append((item, self.writers.submit(self.write, contents)))
        except OSError as error:
            self.judge(item, error)

    def finish(self):
        """After an end of any kind: write what is drawn."""
        with contextlib.suppress(Interrupted):
            self.collect(0)
        self.settle(0)

    def write(self, contents):
        """In a writing thread: finish the drawings, where no lane has, and store them."""
        for name, content in contents:
            self.output.write(name, content)

    def settle(self, keep):
        """Take note of finished writing, waiting until no more than `keep` drawings are unwritten."""
        while self.writing and (len(self.writing) > keep or self.writing[0][1].done()):
            item, future = self.writing.popleft()
            try:
                future.result()
                self.record.add(item.task.target, item.stamp)
            except OSError as error:
                self.judge(item, error)
            except Exception as error:
                self.lose(item, error)
            else:
                self.in_flight -= item.pixels
                self.counts.drawn += 1
                self.on_done(item.task, None)

    def judge(self, item, error):
        """After an error of writing: is it this drawing's, or can none be written any more?"""
        try:
            check_folder(self.output.folder, error)
            self.lose(item, error)
        except OutputError as hopeless:
            self.counts.broken = str(hopeless)

    def lose(self, item, error):
        """Report the photo of an item that was under way."""
        self.in_flight -= item.pixels
        self.fail(item.task, explain(error))

    def fail(self, task, reason):
        self.counts.failed[task.target] = reason
        self.on_done(task, reason)


def cancel(futures):
    """Those that have not begun."""
    for future in futures:
        future.cancel()
