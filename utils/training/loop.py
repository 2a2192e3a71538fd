"""A run: from its options to its last checkpoint."""
import itertools
import os
import time

import torch
from torch.utils.data import default_collate
from tqdm import tqdm

from utils.memory import TRAINING, keep_freed_memory

from . import samples, state
from .curves import draw_curves
from .cycle import Cycle, NotFinite
from .distributed import Group, unwrap
from .ema import Average
from .export import export
from .loader import Order, batches_of, dead_loaders_named, make_loader, to_device
from .machine import choose_training_device, choose_training_dtype
from .networks import DISCRIMINATORS, build_networks
from .run_folder import RunFolder, open_folder
from .signals import Stop
from .sources import open_data, open_validation, total_steps
from .stats import Log, Meter, lines
from .validation import Validation

OUT_OF_TIME = -1  # reason to leave, beside the numbers of signals


def train(options, following=(), after=None):
    """Train as `options` say: (exit status, the run folder with the exported generators or None while steps are left).

    following: the Options of the stages that come next. after: the run folder of the stage before. The status is 0, 1 after
    a loss that was not finite, or 128 + n after signal n. The group of processes is joined, and stays so.

    OptionError, RunError, CheckpointError and VGGError say in a sentence why it could not start.
    """
    keep_freed_memory(TRAINING)
    group = Group.from_environment()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = choose_training_device(options.device, group)
    dataset = group.first_here(lambda: open_data(options, "train"))
    old = RunFolder.open(options.resume) if options.resume and group.first else None
    content = group.broadcast(old.newest() if old else None)
    architectures = state.architectures(content) if content else None
    networks = group.first_here(lambda: build_networks(options, architectures))
    if content:
        state.check(content, networks)
    held_back = group.first_here(lambda: open_validation(options))
    # Nothing is written before all that may be refused has been read.
    folder = group.broadcast(open_folder(options, following, after) if group.first else None)
    return Run(options, group, device, dataset, held_back, networks, folder, content, followed=bool(following)).train()


class Run:
    """What one process of a training holds.

    group: Group. dataset, held_back: SketchDatasets of the training and of the validation, the second None without photos.
    networks: Networks on the CPU. folder: RunFolder. content: of the checkpoint to go on from, or None. followed: whether
    another stage comes next.
    """

    def __init__(self, options, group, device, dataset, held_back, networks, folder, content, followed=False):
        self.options, self.group, self.device, self.folder = options, group, device, folder
        self.dataset, self.held_back, self.followed = dataset, held_back, followed
        self.total = total_steps(options, len(dataset))
        self.step = content["step"] if content else 0
        self.best = content["best"] if content else None
        # One process decides, lest the clocks of two disagree.
        dtype = group.broadcast(choose_training_dtype(options.precision, device) if group.first else None)
        networks = networks.map(lambda network: network.to(device, memory_format=torch.channels_last))
        self.averages = {name: Average(network, options.ema) for name, network in networks.generators().items()}
        for name, network in networks.trained().items():
            if options.compile and name not in DISCRIMINATORS:  # whose gradient penalty torch cannot differentiate, compiled
                network.compile()
            setattr(networks, name, group.wrap(network, device))
        self.cycle = Cycle(options, networks, group, device, dtype, self.total)
        if content:
            state.restore(content, self.cycle, self.averages)
        self.log = Log(folder.stats, self.step, os.path.join(folder.path, "events")) if group.first else None
        self.examples = None  # of the picture grids, loaded when first needed
        self.validation = None
        if self.held_back and options.validate_every:
            self.validation = Validation(
                self.held_back,
                options.validation_photos,
                options.batch // (options.accumulate * group.size),
                options.workers,
                group,
                device,
                networks.features if self.held_back.references else None,
                self.cycle.taught,
            )

    def say(self, text):
        """Print from the first process, above the progress bar."""
        if self.group.first:
            tqdm.write(text)

    def train(self):
        """Take the steps that are left and export the generators. Returns what train() does."""
        self.say(self.dataset.describe())
        self.say(f"for validation: {self.held_back.describe() if self.held_back else 'no photos'}")
        self.say(
            f"{self.folder.path}: step {self.step} of {self.total} on {self.device} in {str(self.cycle.dtype)[6:]}, "
            f"{self.group.size} process(es)"
        )
        if self.step and self._look(self.step == self.total, made_up=True) and self.group.first:
            self._save()
        if self.step >= self.total:
            self.say("All steps are done." + ("" if self.followed else f" Give more {'--steps' if self.options.steps else '--epochs'} to go on."))
            return 0, self._export()
        try:
            with Stop() as stop:
                reason = self._steps(stop)
                reason = reason or self._agree(stop.number)  # one that came while the last step was saved
        except NotFinite as error:
            return self._report_not_finite(error), None
        finally:
            if self.log:
                self.log.close()
        if reason > 0:
            self.say(f"Stopped by {stop.name or 'another process'} after step {self.step} and saved.")
        elif reason == OUT_OF_TIME:
            self.say(f"The time is over after step {self.step} of {self.total}; saved.")
        if self.step < self.total or (reason > 0 and self.followed):
            self.say(f"Go on with: python main_sketch.py --resume {self.folder.path}")
        exported = self._export() if self.step == self.total else None
        return (128 + reason, None) if reason > 0 else (0, exported)

    def _export(self):
        """Write the averaged generators into the run folder, for drawing. Returns the folder, in every process."""
        if self.group.first:
            self.say(f"Weights for drawing: {', '.join(export(self.folder.path, self.folder.path))}")
        return self.group.broadcast(self.folder.path)

    @dead_loaders_named()
    def _steps(self, stop):
        """The loop. Returns the reason why it ended: 0 when all steps are done."""
        o = self.options
        order = Order(len(self.dataset), o.batch, o.accumulate, self.group, self.step, self.total)
        batches = batches_of(make_loader(self.dataset, order, o.workers, pin=self.device.type == "cuda"))
        meter, begun = Meter(), time.monotonic()
        progress = tqdm(total=self.total, initial=self.step, unit="step", disable=None if self.group.first else True)
        reason = 0
        while self.step < self.total and not reason:
            start = time.perf_counter()
            loaded = list(itertools.islice(batches, o.accumulate))
            waited = time.perf_counter() - start
            values = self.cycle.run(self.step, [to_device(batch, self.device) for batch in loaded])
            for name, average in self.averages.items():
                average.update(unwrap(getattr(self.cycle.networks, name)), self.step)
            self.step += 1
            meter.add(values | {"seconds_data": waited, "seconds_compute": time.perf_counter() - start - waited})
            progress.update()
            progress.set_postfix({name: f"{float(v):.3g}" for name, v in values.items() if name != "total"}, refresh=False)
            late = o.minutes and time.monotonic() - begun > 60 * o.minutes
            reason = self._agree(stop.number or (OUT_OF_TIME if late else 0))
            self._write(meter, reason, quiet=not progress.disable)
        progress.close()
        del batches  # ends the loading processes
        return reason

    def _agree(self, reason):
        """One reason to leave for all processes: the largest signal number, OUT_OF_TIME if there is none, or 0."""
        if self.group.size == 1:
            return reason
        return min(self.group.collect(reason), key=lambda r: (-max(r, 0), r))

    def _write(self, meter, reason, quiet):
        """After a step: the line of stats, the checkpoint, the validation and the picture grid that are due.

        The checkpoint comes before what takes minutes, and who sends a signal is not kept waiting by that.
        """
        o, step = self.options, self.step
        last = reason or step == self.total
        saves = self.group.first and (last or step % o.save_every == 0)
        if last or step % o.log_every == 0:
            values = meter.report(self.group, self.device)
            seconds = values["seconds_data"] + values["seconds_compute"]
            values["waiting_share"] = values["seconds_data"] / seconds
            values["photos_per_second"] = o.batch / seconds
            if self.log:
                self.log.write("train", step, values)
            if not quiet:
                self.say(f"step {step}: " + "  ".join(f"{name} {value:.4g}" for name, value in values.items()))
        if saves:
            self._save()
        if reason <= 0 and self._look(last) and saves:
            self._save()

    def _look(self, last, made_up=False):
        """The validation, picture grid and curves that are due -> whether this step is the best now.

        made_up: of a checkpoint, after a stop that did not wait for them: only what is missing.
        """
        o, best = self.options, self.best
        due = lambda every: every and (last or self.step % every == 0)
        known = [line["kind"] for line in lines(self.folder.stats) if line["step"] == self.step] if made_up and self.group.first else []
        if self.validation and due(o.validate_every) and "validation" not in self.group.broadcast(known):
            self._validate()
        grid = os.path.join(self.folder.samples, f"step-{self.step:09d}.jpg")
        if self.group.first and due(o.sample_every) and not (made_up and os.path.exists(grid)):
            samples.write(grid, self._sample())
        if self.group.first and (last or due(o.validate_every)):
            draw_curves(lines(self.folder.stats), os.path.join(self.folder.path, "curves.png"))
        return self.best != best

    def _save(self):
        self.folder.save(state.collect(self.step, self.cycle, self.averages, self.best), self.step, self.options.keep)

    def _validate(self):
        """A line of validation in the stats, and the best checkpoint if this one is it."""
        values = self.validation({name: average.model for name, average in self.averages.items()})
        better = self.best is None or values["score"] > self.best
        self.best = values["score"] if better else self.best
        self.say(f"step {self.step}, validation: " + "  ".join(f"{name} {value:.4g}" for name, value in values.items()))
        if self.group.first:
            if better:
                self.folder.save_best(state.collect(self.step, self.cycle, self.averages, self.best))
            self.log.write("validation", self.step, values)

    def _sample(self):
        """The picture grid of the first photos of the validation set, or of the training's where there is none."""
        if self.examples is None:
            data = self.held_back or self.dataset
            count = min(self.options.samples, len(data))
            self.examples = self.cycle.taught(to_device(default_collate([data[i] for i in range(count)]), self.device))
        return samples.draw({name: average.model for name, average in self.averages.items()}, self.examples)

    def _report_not_finite(self, error):
        """Write down the photos of the step that failed. Returns the exit status."""
        names = [name for part in self.group.collect(error.names) for name in part]
        if self.group.first:
            self.folder.write_not_finite(error.step, names, error.values)
        self.say(f"Stopped: {error}. Nothing of this step was saved; the photos were {', '.join(names)}.")
        return 1
