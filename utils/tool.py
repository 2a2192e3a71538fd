"""What eval_test.py and eval_multiple.py do: options in, drawings, a page and a summary out."""
import contextlib
import dataclasses
import itertools
import os
import signal
import sys
import threading
import time
import warnings

from tqdm import tqdm

from utils.tool_options import make_parser, parse, printable

INTERRUPTED = 130  # exit status, as a shell gives it after Ctrl-C


@contextlib.contextmanager
def stopping():
    """An event that Ctrl-C and a request to terminate set; the second one interrupts at once."""
    stop = threading.Event()

    def handle(number, frame):
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        os.write(2, b"\nStopping after the photos that are being written; once more to stop at once.\n")

    earlier = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


class Screen:
    """The terminal: sentences, and one progress bar, which rank 0 shows for all processes."""

    def __init__(self, job, stop, count):
        self.job, self.stop = job, stop
        self.bar = tqdm(total=count, unit="photo", disable=job.rank > 0, dynamic_ncols=True)

    def say(self, sentence):
        tqdm.write(printable(sentence), file=sys.stderr)

    def done(self, task, reason):
        if reason:
            self.say(f"failed: {task.name}: {reason}")
        self.job.finish()
        self.bar.set_postfix_str("", refresh=False)
        self.refresh()

    def refresh(self):
        self.bar.update(self.job.progress() - self.bar.n)

    def tile(self, done, total):
        from utils.runner import Interrupted

        if self.stop.is_set():
            raise Interrupted
        if total > 1:
            self.bar.set_postfix_str(f"tile {done}/{total}")


def main(prog, description, examples, multiple=False, arguments=None):
    """Run a script -> its exit status: 0, 1 if anything failed, 2 for options (as SystemExit), 130 after Ctrl-C."""
    options, style = parse(make_parser(prog, description, examples, multiple), arguments)
    for module in ("PIL", "torch"):  # about damaged files: they are used, or refused with a reason
        warnings.filterwarnings("ignore", category=UserWarning, module=module)
    try:
        return run(prog, options, style)
    except KeyboardInterrupt:
        print(f"{prog}: stopped.", file=sys.stderr)
        return INTERRUPTED


def run(prog, options, style):
    """Everything after the options, with the errors that end a run told in one sentence."""
    from utils.checkpoint import CheckpointError
    from utils.devices import DeviceError
    from utils.folder import InputError
    from utils.output_folder import OutputError
    from utils.sharing import join
    from utils.svg import TracerError

    job = join()
    try:
        with stopping() as stop:
            return draw_all(options, style, job, stop)
    except (CheckpointError, DeviceError, InputError, OutputError, TracerError) as error:
        origin = prog if job.world == 1 else f"{prog} (process {job.rank})"
        print(printable(f"{origin}: {error}"), file=sys.stderr)
        return 1


def draw_all(options, style, job, stop):
    """List, draw, collect -> exit status."""
    from utils import records
    from utils.counts import Counts
    from utils.defaults import CHECKPOINTS
    from utils.devices import describe
    from utils.folder import Task
    from utils.outputs import AllCandidates, OneDrawing
    from utils.runner import Runner
    from utils.sketcher import Sketcher

    output = (AllCandidates if options.multiple else OneDrawing)(options.output, options.format, style, options.svg)
    checkpoint = options.checkpoint or CHECKPOINTS[options.direction]
    sketcher = Sketcher(
        checkpoint, options.device, options.precision, options.size, options.direction, options.max_megapixels
    )
    if style.needs_faces:  # loaded before anything is drawn
        _ = sketcher.find_faces
    if style.needs_foreground:
        _ = sketcher.find_foregrounds
    fixed = [options.format, options.svg, options.size, options.precision, options.direction, options.multiple]
    fixed.append(dataclasses.asdict(style))
    finders = [CHECKPOINTS["faces"]] * style.needs_faces + [CHECKPOINTS["foreground"]] * style.needs_foreground
    fingerprint = records.digest(fixed, [checkpoint, *finders])
    plan = job.share(lambda: make_plan(options, output))
    tasks = [Task(*fields) for fields in plan["tasks"]]
    record = records.Records(output.folder, job.rank)
    screen = Screen(job, stop, len(tasks))
    sketcher.sparing.say = screen.say
    if job.rank == 0:
        precision = str(sketcher.engine.dtype).removeprefix("torch.")
        for sentence in (f"Drawing on {describe(sketcher.device)} in {precision}.", *plan["sentences"]):
            screen.say(sentence)
    runner = Runner(sketcher, output, record, fingerprint, options.skip_existing, stop, screen.done, screen.tile)
    start = time.monotonic()
    numbers = itertools.takewhile(lambda number: number < len(tasks), iter(job.take, None))
    try:
        counts = runner.run(tasks[number] for number in numbers)
        everybody = job.collect(dataclasses.asdict(counts), screen.refresh, stop)
        screen.refresh()
    finally:
        screen.bar.close()
    if job.rank:
        return 0  # rank 0 speaks and answers for all
    seconds = time.monotonic() - start
    counts = Counts.sum(everybody)
    if not counts.broken:
        with contextlib.suppress(OSError):  # a full disk, perhaps: the unmerged files hold the same
            record.merge()
    return close(options, output, tasks, counts, len(plan["problems"]), seconds, stop)


def make_plan(options, output):
    """On rank 0: what to draw, what to say about it, and an output folder that is ready -> plain values."""
    from utils.atomic import sweep
    from utils.folder import assign, find, protect_inputs
    from utils.output_folder import check_folder

    if options.svg:
        from utils.svg import check_tracer

        check_tracer()
    found, problems = find(options.input, output.folder)
    tasks, sentences = assign(found, output.names)
    protect_inputs(tasks, output.folder, output.names)
    check_folder(output.folder)
    for folder in sorted({output.folder, *(os.path.dirname(output.path(task.target)) for task in tasks)}):
        sweep(folder)
    sentences += [f"failed: {name}: {reason}" for name, reason in problems]
    return {"tasks": [dataclasses.astuple(task) for task in tasks], "sentences": sentences, "problems": problems}


def close(options, output, tasks, counts, problems, seconds, stop):
    """The page and the summary -> exit status."""
    failed = len(counts.failed) + problems
    pace = f", {seconds / counts.drawn:.2f} seconds per photo" if counts.drawn else ""
    summary = f"{counts.drawn} drawn, {counts.skipped} skipped, {failed} failed{pace}."
    if stop.is_set() or counts.broken:
        if counts.broken:
            print(printable(counts.broken), file=sys.stderr)
        left = len(tasks) - counts.drawn - counts.skipped - len(counts.failed)
        print(f"Stopped: {summary} {left} left: the same command with --skip-existing goes on.")
        return INTERRUPTED if stop.is_set() else 1
    print(printable(f"{summary} Drawings are in {output.folder}."))
    if not options.no_page and counts.drawn + counts.skipped:
        shown = [task for task in tasks if task.target not in counts.failed]
        return show(options, output, shown, stop) or (1 if failed else 0)
    return 1 if failed else 0


class Pages:
    """The page's entries of some tasks, with a progress bar; asking to stop interrupts them."""

    def __init__(self, output, tasks, stop):
        self.output, self.tasks, self.stop = output, tasks, stop

    def __len__(self):
        return len(self.tasks)

    def __iter__(self):
        from utils.page import Entry
        from utils.runner import Interrupted

        for task in tqdm(self.tasks, "index.html", unit="photo", dynamic_ncols=True, leave=False):
            if self.stop.is_set():
                raise Interrupted
            candidates = [self.output.path(name) for name in self.output.candidates(task.target)]
            drawing = self.output.path(self.output.names(task.target)[0])
            yield Entry(printable(task.name), task.path, drawing, candidates)


def show(options, output, tasks, stop):
    """Write the page -> exit status, 0 if it is there."""
    from utils.page import write_page
    from utils.runner import Interrupted

    page = os.path.join(output.folder, "index.html")
    labels = ("Photo", "Sketch") if options.direction == "photo2sketch" else ("Drawing", "Photo")
    try:
        write_page(page, Pages(output, tasks, stop), labels=labels, max_megapixels=options.max_megapixels)
    except Interrupted:
        print(printable(f"Stopped: all photos are done, but {page} was not written."))
        return INTERRUPTED
    except OSError as error:
        print(printable(f"{page} cannot be written ({error.strerror})."), file=sys.stderr)
        return 1
    print(printable(f"{page} shows them beside their photos."))
    return 0
