"""The sizes of the networks: one dataclass describes an architecture, PRESETS names the ones that the project ships."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What a generator looks like. Stored in every checkpoint and enough to build the network again.

    A stage i of the encoder has widths[i] channels. The pixels are unshuffled by `unshuffle` first, each later stage
    halves the resolution: `downsample` "conv" by a convolution of stride 2, "pool" by averaging after a convolution at
    full stride. `blocks[i]` residual blocks follow in stage i, `decoder_blocks[i]` when the decoder is back at stage i.
    """

    preset: str
    widths: tuple[int, ...]  # channels of each stage
    unshuffle: int  # factor of the pixel unshuffle in front of the first convolution, 1 = none
    downsample: str  # "conv" or "pool"
    blocks: tuple[int, ...]  # residual blocks of each encoder stage
    decoder_blocks: tuple[int, ...]  # residual blocks of each decoder stage (all but the deepest)
    norm: str  # "instance" or "batch"
    padding: str  # padding of the residual blocks: "reflect" or "zeros"
    skips: bool  # add the encoder's features of the same resolution in the decoder
    grid: int  # the attention works on grid x grid tokens
    heads: int  # attention heads
    strokes: bool  # shade the dense candidates with the stroke field
    candidates: int = 5  # T, candidate drawings and confidence maps
    last_width: int | None = None  # channels that the decoder hands to the head, None = widths[0]
    head_kernel: int = 3  # side of the head's convolution

    @property
    def head_width(self):
        """Channels of the decoder's finest features."""
        return self.last_width or self.widths[0]

    @property
    def stride(self):
        """Pixels per cell of the bottleneck along one side: inputs are padded to a multiple of it."""
        return self.unshuffle * 2 ** (len(self.widths) - 1)


# For CPUs: nothing runs at full resolution, batch norm folds into the convolutions, depth sits at strides 4 to 16.
FAST = Architecture(
    preset="fast",
    widths=(24, 48, 80, 128),
    unshuffle=2,
    downsample="conv",
    blocks=(0, 1, 1, 2),
    decoder_blocks=(0, 1, 1),
    norm="batch",
    padding="zeros",
    skips=True,
    grid=16,
    heads=4,
    strokes=True,
)

PRESETS = {
    # As published: convolutions at strides 1-1-2-4, a bottleneck at stride 8, instance norm, no skips.
    "paper": Architecture(
        preset="paper",
        widths=(64, 128, 256, 512),
        unshuffle=1,
        downsample="pool",
        blocks=(0, 0, 0, 0),
        decoder_blocks=(1, 1, 1),
        norm="instance",
        padding="reflect",
        skips=False,
        grid=32,
        heads=8,
        strokes=False,
    ),
    "fast": FAST,
    # Less than half of the work of "fast", which teaches it: narrow where the pixels are many, and a head that looks at one cell.
    "light": dataclasses.replace(
        FAST,
        preset="light",
        widths=(16, 32, 64, 96),
        blocks=(0, 0, 1, 2),
        grid=8,
        last_width=32,
        head_kernel=1,
    ),
}
