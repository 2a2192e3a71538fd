"""One step of the training: both generators around the cycle, then the discriminators."""
import contextlib
import dataclasses
import math

import numpy as np
import torch

from losses.augment import Augmentation
from losses.conditional import all_drawings, pair
from losses.objective import DiscriminatorObjective, GeneratorObjective, judged_drawings
from model import Drawing

from .distributed import unwrap
from .pen import as_written, crisp
from .schedule import VGG_TERMS, learning_rate_factor, weights_of_step

class NotFinite(Exception):
    """A loss or gradient that is infinite or not a number.

    `step` counts from 1, `names` are the photos of the step, `values` the losses.
    """

    def __init__(self, step, names, values):
        super().__init__(f"in step {step} {', '.join(k for k, v in values.items() if not math.isfinite(v))} was not finite")
        self.step, self.names, self.values = step, names, values


class Cycle:
    """Networks, optimisers and objectives of a run.

    networks: Networks on their device, wrapped for `group`. dtype: of the convolutions, torch.float32 or torch.bfloat16.
    total: steps of the whole run, for the schedule.
    """

    def __init__(self, options, networks, group, device, dtype, total):
        self.options, self.networks, self.group, self.device, self.dtype = options, networks, group, device, dtype
        self.total = total
        self.weights = options.weights()
        self.augment = Augmentation() if options.augment else None
        generators = [p for network in networks.with_generators().values() for p in network.parameters()]
        self.optimisers = {"generators": self._optimiser(generators)}
        self.peaks = {"generators": options.lr}
        self.judges = {}
        for name, network in networks.discriminators().items():
            self.optimisers[name] = self._optimiser(network.parameters())
            self.peaks[name] = options.discriminator_lr
            augment = self.augment if name == "discriminator" else None
            self.judges[name] = DiscriminatorObjective(network, options.adversarial_form, options.r1, augment)

    def _optimiser(self, parameters):
        o = self.options
        return torch.optim.AdamW(parameters, lr=0.0, betas=o.betas, weight_decay=o.weight_decay, fused=True)

    def run(self, step, parts):
        """Take `step` (0-based) on the batches `parts`, whose gradients add up. Returns {name: value} of losses, learning
        rates and gradient norms. NotFinite before any weight has changed for the worse.
        """
        o = self.options
        seed_step(o.seed, step, self.group.rank)
        factor = learning_rate_factor(step, self.total, o.warmup, o.final_lr)
        for name, optimiser in self.optimisers.items():
            optimiser.zero_grad(set_to_none=True)
            for settings in optimiser.param_groups:
                settings.update(lr=factor * self.peaks[name], betas=o.betas, weight_decay=o.weight_decay)
        weights = weights_of_step(self.weights, step, o.cycle_every, o.vgg_every, o.adversarial_every)
        values, drawings, names = {}, [], []
        parts = [self.taught(batch, lambda drawing: self.as_seen(step, i, drawing)) for i, batch in enumerate(parts)]
        for number, batch in enumerate(parts):
            drawing, terms = self._generators(step, number, batch, weights, last=number == len(parts) - 1)
            drawings.append(drawing)
            names += batch["name"]
            add_terms(values, terms, len(parts))
        self._update("generators", self.networks.with_generators(), step, values, names)
        asked = {"discriminator": weights.needs_discriminator, "conditional_discriminator": weights.conditional}
        for judge in (name for name in self.judges if asked[name]):
            for number, (batch, drawing) in enumerate(zip(parts, drawings)):
                terms = self._discriminator(judge, step, batch, drawing, len(parts), last=number == len(parts) - 1)
                add_terms(values, terms, len(parts))
            self._update(judge, {judge: getattr(self.networks, judge)}, step, values, names)
        rates = {"lr": o.lr} | ({"lr_discriminator": o.discriminator_lr} if self.judges else {})
        return values | {name: factor * peak for name, peak in rates.items()}

    def _generators(self, step, number, batch, weights, last):
        """Forward and backward of one part through the generators: (drawing, detached; terms)."""
        networks = self.networks
        used = [networks.photo2sketch] + ([networks.sketch2photo] if weights.needs_reconstruction else [])
        used += [networks.side_outputs] if weights.deep_supervision else []
        with exchange(used, last):
            drawing, terms = self.forward_generators(step, number, batch, weights)
            if len(terms) > 1:
                (terms["total"] / self.options.accumulate).backward()
        return Drawing(*(part.detach() for part in drawing)), terms

    def forward_generators(self, step, number, batch, weights):
        """The generators and their losses on part `number` of a step: (Drawing, {name: loss, "total"})."""
        networks = self.networks
        with self._precision():
            side_logits = reconstruction = None
            if weights.deep_supervision:
                drawing, features = networks.photo2sketch(batch["photo"], features=True)
                side_logits = networks.side_outputs(features)
                del features
            else:
                drawing = networks.photo2sketch(batch["photo"])
            soft = Drawing(*(part.float() for part in drawing))
            drawing = self.as_seen(step, number, soft)
            if weights.needs_reconstruction:
                reconstruction = networks.sketch2photo(self.input_of_sketch2photo(step, number, soft, batch["photo"])).float()
            return drawing, self._terms(batch, drawing, reconstruction, side_logits, weights)

    @torch.no_grad()
    def taught(self, batch, as_seen=lambda drawing: drawing):
        """The batch with the teacher's drawings of the undamaged photos as guidance, where there is a teacher.

        as_seen: what becomes of the drawings: those that the pupil's are compared with are crisp where the pupil's are.
        """
        if self.networks.teacher is None:
            return batch
        with self._precision():
            drawing = self.networks.teacher(batch["clean"])
        return batch | {"guidance": all_drawings(as_seen(Drawing(*(part.float() for part in drawing))))}

    def _terms(self, batch, drawing, reconstruction, side_logits, weights):
        """The generators' losses of one part. Those that need VGG see a share of its photos."""
        o, networks = self.options, self.networks
        vgg = dataclasses.replace(weights, **{f.name: 0.0 for f in dataclasses.fields(weights) if f.name not in VGG_TERMS})
        rest = dataclasses.replace(weights, **dict.fromkeys(VGG_TERMS, 0.0))
        shared = dict(
            features=networks.features,
            discriminator=unwrap(networks.discriminator),
            conditional=unwrap(networks.conditional_discriminator),
            form=o.adversarial_form,
            augment=self.augment,
            vgg_crop=o.vgg_crop or None,
        )
        images = (batch["clean"], drawing, batch["guidance"], reconstruction, batch["reference"])
        own = dict(importance=batch["importance"], edges=batch["edges"], side_logits=side_logits)
        terms = GeneratorObjective(rest, **shared)(*images, **own)
        if vgg.needs_features:
            count = max(1, round(o.vgg_share * len(batch["clean"])))
            some = [Drawing(*(p[:count] for p in x)) if isinstance(x, Drawing) else x if x is None else x[:count] for x in images]
            extra = GeneratorObjective(vgg, **shared)(*some)
            terms = terms | extra | {"total": terms["total"] + extra["total"]}
        return terms

    def _precision(self):
        if self.dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, self.dtype)

    def as_seen(self, step, number, drawing):
        """The drawing as every loss sees it: for a share of the photos with crisp strokes."""
        chosen = self._crisp_ones(step, number, len(drawing.sketch))
        sharpened = lambda part: torch.stack([crisp(one[None])[0] if c else one for one, c in zip(part, chosen)])
        return drawing._replace(candidates=sharpened(drawing.candidates), sketch=sharpened(drawing.sketch)) if any(chosen) else drawing

    def _crisp_ones(self, step, number, batch):
        """For each photo whether its drawings are made crisp."""
        share = self.options.crisp_share
        if not share:
            return [False] * batch
        return self._of_our_photos(step, number, 4, batch, lambda rng, photos: rng.random(photos) < share)

    def input_of_sketch2photo(self, step, number, drawing, photo):
        """What Sketch2Photo sees of a drawing, (B, 1, H, W): the sketch, for a share of the photos a random candidate instead.
        Where the losses see crisp strokes, it sees them as the tools write them. The losses see less of that: with tone,
        Photo2Sketch would learn to draw paler, to end where it was.

        photo: (B, 3, H, W), what was drawn.
        """
        batch, count = drawing.candidates.shape[:2]
        share, sketch = self.options.candidate_share, drawing.sketch
        if share:
            pick = lambda rng, photos: np.where(rng.random(photos) < share, rng.integers(0, count, photos), -1)
            chosen = self._of_our_photos(step, number, 2, batch, pick)
            sketch = torch.stack([sketch[i] if c < 0 else drawing.candidates[i, c : c + 1] for i, c in enumerate(chosen)])
        crisp_ones = self._crisp_ones(step, number, batch)
        if not any(crisp_ones):
            return sketch
        ones = zip(sketch.split(1), photo.split(1), crisp_ones)
        return torch.cat([as_written(one, of) if written else one for one, of, written in ones])

    def _of_our_photos(self, step, number, purpose, batch, draw):
        """What draw(rng, photos) gives for all processes' photos of a part, then ours. purpose: a number for each use."""
        everything = draw(np.random.default_rng((self.options.seed, step, number, purpose)), batch * self.group.size)
        return everything[self.group.rank * batch : (self.group.rank + 1) * batch]

    def _discriminator(self, name, step, batch, drawing, parts, last):
        """Forward and backward of one part through the discriminator `name`: its terms."""
        turn = step // self.options.adversarial_every
        lazy = 0 if turn % self.options.r1_every else self.options.r1_every
        if name == "discriminator":
            real, drawn = batch["reference"], judged_drawings(drawing)
        else:
            real, drawn = (pair(batch["clean"], some) for some in (batch["guidance"], all_drawings(drawing)))
        with exchange([getattr(self.networks, name)], last), self._precision():
            terms = self.judges[name](real, drawn, lazy)
            (terms["total"] / parts).backward()
        prefix = name.removesuffix("discriminator")
        return {prefix + ("discriminator_total" if term == "total" else term): value for term, value in terms.items()}

    def _update(self, optimiser, networks, step, values, names):
        """Clip the gradients of each network by itself and take the optimiser's step."""
        limit = self.options.clip or math.inf
        found = {}
        for name, network in networks.items():
            if any(p.grad is not None for p in network.parameters()):
                found[f"gradient_{name}"] = torch.nn.utils.clip_grad_norm_(network.parameters(), limit)
        values |= found
        checked = torch.stack([value.detach().float().cpu() for value in values.values()])
        finite = self.group.sum(torch.isfinite(checked).all().float().to(self.device))
        if int(finite) < self.group.size:
            raise NotFinite(step + 1, names, dict(zip(values, checked.tolist())))
        self.optimisers[optimiser].step()


def seed_step(seed, step, rank):
    """Start torch's generators for one step: what a step draws depends on the step, not on what came before it."""
    torch.manual_seed(int(np.random.SeedSequence((seed, step, rank)).generate_state(1, np.uint64)[0]) >> 1)


def add_terms(values, terms, parts):
    """Add the share of one of `parts` parts to the mean of each term."""
    for name, term in terms.items():
        term = term.detach() / parts if isinstance(term, torch.Tensor) else torch.tensor(term / parts)
        values[name] = values[name] + term if name in values else term


def exchange(networks, last):
    """A context in which backward passes exchange gradients between the processes only if `last` is true."""
    stack = contextlib.ExitStack()
    for network in networks:
        if not last and hasattr(network, "no_sync"):
            stack.enter_context(network.no_sync())
    return stack
