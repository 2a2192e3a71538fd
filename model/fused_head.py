"""The soft weighted head for inference: blended before the pixel shuffle, in the layout of the convolutions.

The same function as head.SoftWeightedHead, up to rounding. A cell of the features holds factor x factor pixels; the
blend of a pixel needs its own candidates and confidences only, so it can be formed in the cells (B, channels, h, w) and
one plane be shuffled instead of ten. The sums over candidates and stroke directions are 1x1 convolutions with fixed
weights.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

from utils.strokes import PERIOD

from .fold import FusedConv
from .head import SHADED, Drawing, tilt
from .onednn import NOTHING

WIDTH = 8  # channels are padded to a multiple of it: the floats of an AVX register
BITS = math.log2(math.e)  # per unit of a logit: torch computes powers of 2 three times as fast as those of e or more, in float32 on a CPU
LOGIT_LIMIT = 86.0  # of relative confidence logits in bits, before the tilt: weights of 2^-80 are not seen, 2^94 is no infinity


def _conv(conv, rows, base=None, factor=1, then=NOTHING):
    """A convolution with the output channels `rows` of `conv`, times `factor`, and zeros up to a multiple of WIDTH.

    base: channels whose values are subtracted from those of `rows`. then: as in FusedConv.
    """
    count = -(-len(rows) // WIDTH) * WIDTH
    part = nn.Conv2d(conv.in_channels, count, conv.kernel_size, padding=conv.padding)
    for values, source in ((part.weight, conv.weight.detach()), (part.bias, conv.bias.detach())):
        values.detach().zero_()[: len(rows)] = factor * (source[rows] if base is None else source[rows] - source[base])
    return FusedConv(part, then=then)


def _mixing(weight, bias=0.0):
    """A 1x1 convolution with fixed weights (outputs, inputs) and the same bias everywhere."""
    part = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
    part.weight.detach()[..., 0, 0] = weight
    nn.init.constant_(part.bias, bias)
    return FusedConv(part)


def _powers(bits):
    """2 to the power of bits, in place where nothing is traced."""
    return (bits / BITS).exp() if torch.jit.is_tracing() else bits.exp2_()  # of these ONNX has only powers of e


class FusedHead(nn.Module):
    """Features (B, C, h, w) -> sketch (B, 1, H, W), some candidates, or the whole Drawing; float32, H = factor * h.

    Features are convolved, and strokes added, in one precision, see convolve_in(); what follows is float32. It is ink that is
    blended, not paper: sums are finest near 0, and white paper stays white. The softmax is taken relative to the middle candidate,
    whose weight is 1 then: one map less to compute. Relative to the first or the last one, the logits would be large, and bfloat16's
    rounding of them be seen.
    """

    def __init__(self, head):
        super().__init__()
        self.count, self.factor, self.directions = head.count, head.factor, head.directions
        cell, middle = self.factor**2, self.count // 2
        self.order = [i for i in range(self.count) if i != middle] + [middle]  # of the candidates in the channels
        channels = torch.arange(head.conv.out_channels)
        maps = channels[: self.count * cell].unflatten(0, (-1, cell))[self.order].flatten()
        logits = channels[self.count * cell : 2 * self.count * cell].unflatten(0, (-1, cell))
        others = logits[self.order[:-1]].flatten()
        self.ink = _conv(head.conv, torch.cat([maps, channels[2 * self.count * cell :]]), factor=-1)  # candidates, then gains
        bounds = "hardtanh", (-LOGIT_LIMIT, LOGIT_LIMIT)
        self.logits = _conv(head.conv, others, logits[middle].repeat(self.count - 1), BITS, bounds)  # in bits
        over_others, over_all = torch.zeros(cell, len(self.logits.bias)), torch.zeros(cell, len(self.ink.bias))
        over_others[:, : len(others)] = torch.eye(cell).repeat(1, self.count - 1)
        over_all[:, : len(maps)] = torch.eye(cell).repeat(1, self.count)
        self.total, self.sum = _mixing(over_others, bias=1), _mixing(over_all)
        steps = BITS * (tilt(self.count)[self.order[:-1]] - tilt(self.count)[middle])
        self.register_buffer("tilt", torch.zeros(len(self.logits.bias), 1, 1))
        self.tilt[: len(others), 0, 0] = steps.repeat_interleave(cell)
        if self.directions:
            self._build_strokes(head.field, cell)

    def convolve_in(self, dtype):
        """In place: convolve features in another type. Candidates are blended in float32, for rounded sums move dark ink by up to 2/255."""
        self.to(dtype)
        for part in (self.total, self.sum):
            part.float()

    def _build_strokes(self, field, cell):
        """The field in cells, and what brings gains to its channels and these to the shaded candidates."""
        channels, maps = self.directions * cell, self.count * cell
        field = F.pixel_unshuffle(field.detach()[None], self.factor)  # channel k * cell + c
        self.register_buffer("field", field.contiguous(memory_format=torch.channels_last))
        self.laid = None
        spread = torch.zeros(channels, len(self.ink.bias))
        spread[:, maps : maps + self.directions] = torch.eye(self.directions).repeat_interleave(cell, 0)
        gather = torch.zeros(len(self.ink.bias), channels)
        for shaded in range(self.count - SHADED, self.count):
            gather[self._channels(shaded)] = torch.eye(cell).repeat(1, self.directions)
        self.spread, self.gather = _mixing(spread), _mixing(gather)

    def _channels(self, candidate):
        """Where a candidate lies in the channels of the ink."""
        cell, place = self.factor**2, self.order.index(candidate)
        return slice(place * cell, (place + 1) * cell)

    def _strokes_at(self, height, width, origin):
        """The field over height x width cells from `origin` in pixels, a multiple of the factor: (1, K cell, h, w)."""
        period = PERIOD // self.factor
        top, left = (start // self.factor % period for start in origin)
        if torch.jit.is_tracing():
            rows = (torch.arange(height, device=self.field.device) + top) % period
            columns = (torch.arange(width, device=self.field.device) + left) % period
            return self.field.permute(0, 2, 3, 1)[:, rows][:, :, columns].permute(0, 3, 1, 2)
        laid = self.laid  # enough periods side by side for the last photo: for its tiles and smaller drawings too
        if laid is None or laid.device != self.field.device or laid.shape[2] < top + height or laid.shape[3] < left + width:
            count = (-(-(top + height) // period), -(-(left + width) // period))
            laid = self.laid = self.field.repeat(1, 1, *count).contiguous(memory_format=torch.channels_last)
        return laid[..., top : top + height, left : left + width]

    def _ink(self, features, origin):
        """Ink of the candidates in cells: (B, at least T cell, h, w) in [0, 1], 0 = paper. Further channels mean nothing."""
        ink = self.ink(features)
        if self.directions:
            shading = self.spread(ink)
            shading *= self._strokes_at(*shading.shape[-2:], origin)
            self.gather.add_to(ink, shading)
        return ink.float().sigmoid_()

    def _weights(self, features, detail):
        """Weights of all candidates but the middle one by that of the middle one, in cells: (B, at least (T - 1) cell, h, w)."""
        logits = self.logits(features)
        if isinstance(detail, torch.Tensor) or detail:
            logits += detail * self.tilt
        return _powers(logits.float())

    def _planes(self, cells, count):
        """(B, at least count * factor^2, h, w) -> (B, count, H, W): a pixel shuffle of the first channels."""
        batch, _, height, width = cells.shape
        rows = cells.permute(0, 2, 3, 1)[..., : count * self.factor**2]
        if self.factor == 2 and rows.stride(-1) == 1 and not torch.jit.is_tracing():
            # float32: both pixels of a row move as one number, which is four times as fast
            pairs = rows.view(torch.int64).reshape(batch, height, width, count, 2).permute(0, 3, 1, 4, 2)
            return pairs.contiguous().view(rows.dtype).view(batch, count, 2 * height, 2 * width)
        cells = rows.reshape(batch, height, width, count, self.factor, self.factor).permute(0, 3, 1, 4, 2, 5)
        return cells.reshape(batch, count, height * self.factor, width * self.factor)

    def _blended(self, ink, weights, total):
        """The sketch, (B, 1, H, W). Overwrites the ink. weights: of all candidates but the middle one. total: of all weights."""
        others = (self.count - 1) * self.factor**2
        if torch.jit.is_tracing():
            ink = torch.cat([ink[:, :others] * weights[:, :others], ink[:, others:]], 1)
        else:
            ink[:, :others] *= weights[:, :others]
        return 1 - self._planes(self.sum(ink).div_(total), 1)

    def sketches(self, features, detail=0.0, origin=(0, 0), candidates=(None,)):
        """A list of some candidates (0 = sparsest, None = the blend), each (B, 1, H, W) in [0, 1]."""
        ink = self._ink(features, origin)
        drawn = {one: 1 - self._planes(ink[:, self._channels(one)], 1) for one in candidates if one is not None}
        if None in candidates:  # last, for it overwrites the ink
            weights = self._weights(features, detail)
            drawn[None] = self._blended(ink, weights, self.total(weights))
        return [drawn[one] for one in candidates]

    def forward(self, features, detail=0.0, origin=(0, 0)):
        ink, weights = self._ink(features, origin), self._weights(features, detail)
        total, candidates = self.total(weights), 1 - self._planes(ink, self.count)
        sketch = self._blended(ink, weights, total)
        confidences = self._planes(weights, self.count - 1)
        confidences = torch.cat([confidences, torch.ones_like(confidences[:, :1])], 1).div_(self._planes(total, 1))
        places = [self.order.index(i) for i in range(self.count)]
        return Drawing(candidates[:, places], confidences[:, places], sketch)
