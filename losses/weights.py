"""The weights of the generators' terms, and what each term needs."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Weights:
    """Weights of the generators' terms. "Published" names the paper's value."""

    adversarial: float = 5.0  # published 5
    luminance: float = 5.0  # published 5
    cycle: float = 100.0  # published 100
    edge: float = 100.0  # published 100; counts each of the terms of edge_loss() once
    style: float = 0.4  # published 0.4
    content_sketch: float = 0.1  # published 0.1
    content_reconstruction: float = 0.01  # published 0.01
    feature_matching: float = 0.0  # not in the paper
    conditional: float = 0.0  # not in the paper
    deep_supervision: float = 0.0  # not in the paper

    @classmethod
    def only(cls, **weights):
        """All weights 0 but the named ones: Weights.only(edge=100) trains on the guidance alone."""
        return cls(**{field.name: 0.0 for field in dataclasses.fields(cls)} | weights)

    def of_reconstruction(self):
        """These weights for Sketch2Photo alone: 0 for all terms that judge drawings."""
        kept = ("luminance", "cycle", "content_reconstruction")
        return Weights.only(**{name: getattr(self, name) for name in kept})

    @property
    def needs_reconstruction(self):
        """Whether a term looks at Sketch2Photo's output."""
        return bool(self.luminance or self.cycle or self.content_reconstruction)

    @property
    def needs_guidance(self):
        """Whether a term looks at the guidance."""
        return bool(self.edge or self.conditional)

    @property
    def needs_reference(self):
        """Whether a term looks at a reference drawing."""
        return bool(self.style or self.feature_matching)

    @property
    def needs_discriminator(self):
        """Whether a term asks the discriminator."""
        return bool(self.adversarial or self.feature_matching)

    @property
    def needs_features(self):
        """Whether a term needs VGG features."""
        return bool(self.style or self.content_sketch or self.content_reconstruction)
