"""Soft weighted head: candidates, confidences and their blend."""
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from utils.strokes import PERIOD, stroke_field

DETAIL_SCALE = 9.0  # logits over T - 1 steps from one candidate to the next denser one at detail = 1
SHADED = 2  # the densest candidates, which the stroke field shades


class Drawing(NamedTuple):
    """What Photo2Sketch returns. All values are in [0, 1], 1 = paper."""

    candidates: torch.Tensor  # (B, T, H, W), from sparse to dense
    confidences: torch.Tensor  # (B, T, H, W), they sum to 1 over T
    sketch: torch.Tensor  # (B, 1, H, W), the candidates weighted by the confidences


def tilt(count):
    """What detail = 1 adds to the confidence logits of each candidate, float32 (T,): even steps, 0 in the middle.

    The last SHADED ones count alike: either may have more ink, and the blend's must not fall where detail rises.
    """
    return DETAIL_SCALE * (torch.arange(count).clamp(max=count - SHADED) / (count - 1) - 0.5)


def blend(candidates, logits, detail=0.0):
    """Softmax of the confidence logits over T, and the weighted sum of the candidates (the paper's soft weighted head).

    `detail` in [-1, 1] tilts the logits over the candidates, see tilt(): -1 favours the sparse ones, +1 the dense ones, 0
    leaves them as trained. Returns (confidences (B, T, H, W), sketch (B, 1, H, W)).
    """
    if detail:
        logits = logits + detail * tilt(candidates.shape[1]).to(logits)[:, None, None]
    confidences = logits.softmax(1)
    return confidences, (confidences * candidates).sum(1, keepdim=True)


class SoftWeightedHead(nn.Module):
    """Features (B, C, H / u, W / u) -> Drawing at full resolution, through a pixel shuffle by u.

    With strokes, gains for each direction of the stroke field (one per cell of u x u pixels) are predicted as well, and the
    modulated field is added to the logits of the densest candidates. `origin` says where the features lie in the photo, in
    pixels, so that the field runs on from tile to tile.
    """

    def __init__(self, channels, arch):
        super().__init__()
        self.count, self.factor = arch.candidates, arch.unshuffle
        self.directions = 0
        if arch.strokes:
            field = torch.from_numpy(stroke_field().copy())
            self.directions = len(field)
            self.register_buffer("field", field)
        maps = 2 * self.count * self.factor**2 + self.directions
        self.conv = nn.Conv2d(channels, maps, arch.head_kernel, padding=arch.head_kernel // 2)

    def _load_from_state_dict(self, state_dict, prefix, *rest):
        """The field is no weight: what was trained with other strokes draws with those of utils.strokes, as the tools' hatching does."""
        name = prefix + "field"
        if self.directions and name in state_dict:
            state_dict[name] = self.field
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def strokes(self, gains, origin):
        """Field times gains, one value per pixel, unshuffled: (B, K, h, w) -> (B, factor^2, h, w)."""
        rows = (torch.arange(gains.shape[-2] * self.factor, device=gains.device) + origin[0]) % PERIOD
        columns = (torch.arange(gains.shape[-1] * self.factor, device=gains.device) + origin[1]) % PERIOD
        field = F.pixel_unshuffle(self.field.to(gains.dtype)[:, None, rows][..., columns], self.factor)
        return sum(gain * strokes for gain, strokes in zip(gains.split(1, 1), field))

    def maps_of(self, features, origin=(0, 0)):
        """Candidates (B, T, H, W) in [0, 1] and confidence logits (B, T, H, W)."""
        cell = self.factor**2
        dense = SHADED * cell if self.directions else 0
        sizes = (self.count * cell - dense, dense, self.count * cell, self.directions)
        sparse, shaded, logits, gains = self.conv(features).split(sizes, 1)
        if self.directions:
            shaded = shaded + self.strokes(gains, origin).repeat(1, SHADED, 1, 1)
        ink = torch.cat([sparse, shaded], 1)
        if self.factor > 1:
            ink, logits = F.pixel_shuffle(ink, self.factor), F.pixel_shuffle(logits, self.factor)
        return ink.sigmoid(), logits

    def forward(self, features, detail=0.0, origin=(0, 0)):
        candidates, logits = self.maps_of(features, origin)
        return Drawing(candidates, *blend(candidates, logits, detail))
