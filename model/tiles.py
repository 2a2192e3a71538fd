"""Drawing a large photo in tiles, exactly: the drawing is the one of the whole photo, up to rounding.

Levels of up to CELL pixels per cell hold nearly all of the memory and do not see far: they are computed in tiles that
overlap by as much as they see. The coarser levels, the attention among them, hold little and are computed whole. So a
photo is passed over twice: encode every tile down to CELL; go on whole to the bottleneck and back; decode every tile,
with its own encoder features where the network has skips. Instance norms need a pass each, in which the sums of all
tiles are gathered.
"""
import contextlib
import copy
import dataclasses

import torch
from torch import nn

CELL = 8  # pixels per cell of the coarsest level that is computed in tiles


@dataclasses.dataclass(frozen=True)
class Box:
    """A rectangle of the padded photo, in pixels; bottom and right are exclusive."""

    top: int
    left: int
    bottom: int
    right: int

    def within(self, outer, cell=1):
        """Slices that cut this box out of a feature map of the box `outer`, with cells of `cell` pixels."""
        return (
            ...,
            slice((self.top - outer.top) // cell, (self.bottom - outer.top) // cell),
            slice((self.left - outer.left) // cell, (self.right - outer.left) // cell),
        )


def reach(arch):
    """Pixels that the tiled levels see beyond a tile, and the number of these levels."""
    by_conv = arch.downsample == "conv"
    stages = range(len(arch.widths))
    cells = [arch.unshuffle * 2 ** (i if by_conv else max(i - 1, 0)) for i in stages]  # of the residual blocks
    outs = [arch.unshuffle * 2**i for i in stages]  # of what a stage returns
    levels = sum(cell <= CELL for cell in outs)
    down = []
    for i in range(levels):
        entering = cells[i - 1] if by_conv and i else cells[i]
        down.append((down[-1] if down else 0) + entering + 2 * arch.blocks[i] * cells[i])
    up = farthest = outs[0]  # the last convolution, 3x3 at most
    for i in range(levels - 1):
        up += (2 * arch.decoder_blocks[i] or 1) * outs[i]
        farthest = max(farthest, up + down[i] if arch.skips else 0)
        up += outs[i + 1]  # bilinear interpolation
    return max(up, farthest, down[-1]), levels


def norms_of(*parts):
    """The instance norms of some modules, in the order of their forward pass."""
    return [module for part in parts for module in part.modules() if isinstance(module, nn.InstanceNorm2d)]


class TiledPass:
    """The tiles of one photo and what has been computed of it.

    network: Generator, folded or not. load: load(box) -> the padded photo's pixels there as the network wants them,
    (B, inputs, h, w). size: (H, W) of the padded photo, multiples of the architecture's stride. side: pixels of a tile
    without its overlap, rounded up to a multiple of the stride. progress: called as progress(done, total) after each
    tile.
    """

    def __init__(self, network, load, size, side, progress=None):
        if norms_of(network):  # others may draw with it meanwhile: the norms of a copy, with the same weights, are set
            network = copy.deepcopy(network, {id(weights): weights for weights in (*network.parameters(), *network.buffers())})
        self.network, self.load, self.size = network, load, size
        stride = network.arch.stride
        distance, self.levels = reach(network.arch)
        self.halo = -(-distance // stride) * stride
        side = -(-side // stride) * stride
        self.tiles = [
            Box(top, left, min(top + side, size[0]), min(left + side, size[1]))
            for top in range(0, size[0], side)
            for left in range(0, size[1], side)
        ]
        coarse = len(network.arch.widths) - self.levels
        self.encoder = network.encoder.stages[: self.levels]
        self.middle = network.encoder.stages[self.levels :], network.decoder.blocks[:coarse]
        self.decoder = network.decoder.blocks[coarse:]
        self.done, self.total = 0, len(self.tiles) * (2 + len(norms_of(self.encoder, self.decoder)))
        self.progress = progress

    def around(self, tile):
        """The tile with its overlap."""
        height, width = self.size
        return Box(
            max(0, tile.top - self.halo),
            max(0, tile.left - self.halo),
            min(height, tile.bottom + self.halo),
            min(width, tile.right + self.halo),
        )

    def features(self):
        """Yields (tile, box, the decoder's features of the box around the tile); use the tile's part of them."""
        self._settle_norms(self.encoder, self._encode)
        base = self._across([self._base()])
        self._settle_norms(self.decoder, lambda box: self._decode(base, box))
        for tile in self.tiles:
            box = self.around(tile)
            yield tile, box, self._decode(base, box)
            self._count()

    def _count(self):
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)

    def _encode(self, box, levels=None):
        """Features of the first levels of a box, finest first."""
        features = [self.network.encoder.unshuffle(self.load(box))]
        for stage in self.encoder[:levels]:
            features.append(stage(features[-1]))
        return features[1:]

    def _base(self):
        """The coarsest tiled level of the whole photo."""
        base = None
        for tile in self.tiles:
            box = self.around(tile)
            part = self._encode(box)[-1]
            if base is None:
                self.cell = (box.bottom - box.top) // part.shape[-2]
                size = (*part.shape[:2], self.size[0] // self.cell, self.size[1] // self.cell)
                base = torch.empty(size, dtype=part.dtype, device=part.device, memory_format=torch.channels_last)
            base[tile.within(Box(0, 0, *self.size), self.cell)] = part[tile.within(box, self.cell)]
            self._count()
        return base

    def _across(self, features):
        """What is done whole: from the coarsest tiled level, the last of a list, to the bottleneck and back."""
        stages, blocks = self.middle
        for stage in stages:
            features.append(stage(features[-1]))
        x = self.network.attention(features.pop())  # lists are emptied on the way, so that their tensors can go
        for block in blocks:
            x = block(x, features.pop() if self.network.decoder.skips else None)
        return x

    def _decode(self, base, box):
        x = base[box.within(Box(0, 0, *self.size), self.cell)]
        skips = self._encode(box, -1) if self.network.decoder.skips else [None] * len(self.decoder)
        for block in self.decoder:
            x = block(x, skips.pop())
        return x

    def _settle_norms(self, part, run):
        """Give the instance norms of `part`, one after the other, the statistics of the whole photo. run(box) calls it for a tile."""
        for norm in norms_of(part):
            norm.forward = sums = _Sums(self)
            for sums.tile in self.tiles:
                with contextlib.suppress(_Reached):
                    run(self.around(sums.tile))
                self._count()
            norm.forward = sums.normaliser(norm)


class _Reached(Exception):
    """A pass has got to the norm whose statistics it gathers."""


class _Sums:
    """Gathers sums and squares over the inner part of each tile, in place of an instance norm's forward."""

    def __init__(self, tiles):
        self.tiles, self.tile = tiles, None
        self.count, self.sum, self.squares = 0, 0.0, 0.0

    def __call__(self, x):
        box = self.tiles.around(self.tile)
        inner = x[self.tile.within(box, (box.bottom - box.top) // x.shape[-2])].float()
        self.count += inner.shape[-2] * inner.shape[-1]
        self.sum += inner.sum((2, 3), keepdim=True).cpu().double()
        self.squares += inner.square().sum((2, 3), keepdim=True).cpu().double()
        raise _Reached

    def normaliser(self, norm):
        """The norm's forward with the statistics that have been gathered."""
        weight, bias = (values.cpu().double()[:, None, None] for values in (norm.weight, norm.bias))
        mean = self.sum / self.count
        gain = weight / (self.squares / self.count - mean.square() + norm.eps).sqrt()
        shift = bias - mean * gain
        return lambda x: torch.addcmul(shift.to(x), x, gain.to(x))
