"""The objectives of the training: named terms and what each of them needs.

Both objectives take tensors that the training has already computed and return {name: unweighted term, ..., "total"},
scalars with gradients. A term of weight 0 is not computed and not in the dict.
"""
import contextlib

import torch

from .adversarial import discriminator_loss, feature_matching, generator_loss, known_form, r1_penalty
from .conditional import all_drawings, pair
from .content import content_loss
from .cycle import cycle_loss
from .deep_supervision import deep_supervision_loss
from .edge import edge_loss
from .luminance import luminance, luminance_loss
from .style import style_loss
from .weights import Weights

JUDGED = (5, "sketch")  # the densest candidate, in the manner of the references, and the blend


def judged_drawings(drawing, judged=JUDGED):
    """The drawings that are compared with the references: (len(judged) * B, 1, H, W), one of `judged` after the other.

    drawing: model.Drawing. judged: numbers of candidates, 1 = sparsest, and "sketch" for the blend; ValueError for
    others.
    """
    count = drawing.candidates.shape[1]
    unknown = [one for one in judged if one not in ("sketch", *range(1, count + 1))]
    if unknown or not judged:
        raise ValueError(f"drawings to judge are 'sketch' and the candidates 1 to {count}, got {list(judged)}")
    parts = [drawing.sketch if one == "sketch" else drawing.candidates[:, one - 1 : one] for one in judged]
    return torch.cat(parts)


def random_window(size, side):
    """Slices of a random square of `side` pixels within an image of `size` (H, W); all of it along a shorter axis."""
    starts = [int(torch.randint(max(length - side, 0) + 1, ())) for length in size]
    return (..., *(slice(start, start + side) for start in starts))


@contextlib.contextmanager
def frozen(network):
    """Inside, no parameter of the network collects gradients; its input still does."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in learning:
            parameter.requires_grad_(True)


class GeneratorObjective:
    """What both generators minimise.

    weights: Weights.
    features: VGGFeatures, or another image -> list of feature maps; needed by style and content.
    conditional: ConditionalDiscriminator, not wrapped; needed by the conditional term.
    discriminator: Discriminator, not wrapped for distributed training; needed by the adversarial terms.
    form: a name in losses.adversarial.FORMS.
    judged: which drawings meet the references (adversarial, feature matching, style), see judged_drawings().
    augment: Augmentation of what the discriminator sees, the same as DiscriminatorObjective's, or None.
    vgg_crop: side in pixels of a random crop for the VGG terms, None for whole images: they are costly.

    ValueError where something needed is missing or unknown.
    """

    def __init__(
        self,
        weights=Weights(),
        features=None,
        discriminator=None,
        conditional=None,
        form="hinge",
        judged=JUDGED,
        augment=None,
        vgg_crop=None,
    ):
        if weights.needs_features and features is None:
            raise ValueError("the style and content terms need VGG features, or weights of 0")
        if weights.needs_discriminator and discriminator is None:
            raise ValueError("the adversarial terms need a discriminator, or weights of 0")
        if weights.conditional and conditional is None:
            raise ValueError("the conditional term needs a conditional discriminator, or a weight of 0")
        self.weights = weights
        self.features = features
        self.discriminator = discriminator
        self.conditional = conditional
        self.form = known_form(form)
        self.judged = tuple(judged)
        self.augment = augment or (lambda drawings: drawings)
        self.vgg_crop = vgg_crop

    def __call__(
        self, photo, drawing, guidance, reconstruction=None, reference=None, importance=None, edges=None, side_logits=None
    ):
        """photo (B, 3, H, W), drawing (model.Drawing), guidance (B, T + 1, H, W) with the blend's target last,
        reconstruction (B, 1, H, W) luminance, reference (B, 1, h, w) of any size; all in [0, 1], 1 = paper.
        importance (B, 1, H, W): see edge_loss(). edges (B, 1, H, W), side_logits: see deep_supervision_loss().

        Terms: edge_candidates, edge_sketch, edge_presence, deep_supervision, conditional, luminance, cycle, adversarial,
        feature_matching, style, content_sketch, content_reconstruction; "total" is their weighted sum.
        """
        w = self.weights
        if w.needs_reconstruction and reconstruction is None:
            raise ValueError("the luminance, cycle and content terms need a reconstruction, or weights of 0")
        if w.deep_supervision and (edges is None or side_logits is None):
            raise ValueError("the deep supervision needs edges and side outputs, or a weight of 0")
        if w.needs_reference and reference is None:
            raise ValueError("the style and feature matching terms need references, or weights of 0")
        terms, total = {}, drawing.sketch.new_zeros(())

        def add(name, term, weight):
            nonlocal total
            terms[name] = term
            total = total + weight * term

        if w.edge:
            for name, term in edge_loss(drawing.candidates, drawing.sketch, guidance, importance).items():
                add(name, term, w.edge)
        if w.deep_supervision:
            add("deep_supervision", deep_supervision_loss(side_logits, edges), w.deep_supervision)
        if w.conditional:
            with frozen(self.conditional):
                logits = self.conditional(pair(photo, all_drawings(drawing)))
            add("conditional", generator_loss(logits, self.form), w.conditional)
        if w.luminance:
            add("luminance", luminance_loss(reconstruction, luminance(photo)), w.luminance)
        if w.cycle:
            add("cycle", cycle_loss(reconstruction, luminance(photo)), w.cycle)
        if w.needs_discriminator:
            for name, term in self.discriminator_terms(drawing, reference).items():
                add(name, term, getattr(w, name))
        if w.needs_features:
            for name, term in self.vgg_terms(photo, drawing, reconstruction, reference).items():
                add(name, term, getattr(w, name))
        return terms | {"total": total}

    def discriminator_terms(self, drawing, reference):
        """The unweighted adversarial and feature matching terms, as far as their weights ask for them."""
        w, terms = self.weights, {}
        with frozen(self.discriminator):
            logits, maps = self.discriminator(self.augment(judged_drawings(drawing, self.judged)), features=True)
            if w.adversarial:
                terms["adversarial"] = generator_loss(logits, self.form)
            if w.feature_matching:
                with torch.no_grad():
                    _, targets = self.discriminator(self.augment(reference), features=True)
                terms["feature_matching"] = feature_matching(maps, targets)
        return terms

    def vgg_terms(self, photo, drawing, reconstruction, reference):
        """The unweighted style and content terms: one pass of the extractor over what is drawn, one per target."""
        w, size = self.weights, photo.shape[-2:]
        window = random_window(size, self.vgg_crop or max(size))
        images = {}
        if w.style:
            images |= {one: judged_drawings(drawing, (one,)) for one in self.judged}
        if w.content_sketch:
            images["sketch"] = drawing.sketch
        if w.content_reconstruction:
            images["reconstruction"] = reconstruction
        made = self.features(torch.cat(list(images.values()))[window])
        made = dict(zip(images, zip(*(layer.chunk(len(images)) for layer in made))))

        terms = {}
        if w.style:
            side = self.vgg_crop or max(reference.shape[-2:])
            with torch.no_grad():
                target = self.features(reference[random_window(reference.shape[-2:], side)])
            terms["style"] = sum(style_loss(made[one], target) for one in self.judged) / len(self.judged)
        if w.content_sketch or w.content_reconstruction:
            with torch.no_grad():
                target = self.features(luminance(photo)[window])
            for name, image in (("content_sketch", "sketch"), ("content_reconstruction", "reconstruction")):
                if getattr(w, name):
                    terms[name] = content_loss(made[image], target)
        return terms


class DiscriminatorObjective:
    """What the discriminator minimises.

    discriminator: Discriminator or ConditionalDiscriminator. form: a name in losses.adversarial.FORMS.
    gamma: strength of the R1 penalty, which counts gamma / 2 (Mescheder et al. 2018: gamma = 10); 0 = none.
    augment: Augmentation of real and drawn images, the same as GeneratorObjective's, or None.
    """

    def __init__(self, discriminator, form="hinge", gamma=10.0, augment=None):
        self.discriminator = discriminator
        self.form = known_form(form)
        self.gamma = gamma
        self.augment = augment or (lambda drawings: drawings)

    def __call__(self, real, fake, lazy=1):
        """real: references (B, C, h, w). fake: drawings (N, C, H, W), see judged_drawings(), or with their photos, see
        conditional.pair(); they are detached here.

        lazy: how many times R1 counts; 0 leaves it out. Returns {"discriminator", "r1" where it was computed, "total"}.
        """
        penalised = bool(self.gamma and lazy)
        real = self.augment(real).detach().requires_grad_(penalised)
        of_real, of_fake = self.discriminator(real), self.discriminator(self.augment(fake.detach()))
        terms = {"discriminator": discriminator_loss(of_real, of_fake, self.form)}
        total = terms["discriminator"]
        if penalised:
            terms["r1"] = r1_penalty(of_real, real)
            total = total + lazy * self.gamma / 2 * terms["r1"]
        return terms | {"total": total}
