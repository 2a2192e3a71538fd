"""Side outputs: edges predicted from the features of every scale, for training alone."""
from torch import nn


class SideOutputs(nn.Module):
    """Features of every stage of a Photo2Sketch, finest first -> {pixels per cell: edge logits (B, 1, h, w)}.

    One 1x1 convolution per stage, as in deeply supervised edge detectors (Xie and Tu 2015, "Holistically-nested edge
    detection"). Drawing needs none of it: it is no part of a checkpoint for drawing.
    """

    def __init__(self, arch):
        super().__init__()
        self.strides = [arch.unshuffle * 2**i for i in range(len(arch.widths))]
        self.convs = nn.ModuleList(nn.Conv2d(width, 1, 1) for width in (arch.head_width, *arch.widths[1:]))
        for parameter in self.parameters():  # they learn before they pull at features that may be trained
            nn.init.zeros_(parameter)

    def forward(self, features):
        return {stride: conv(part) for stride, conv, part in zip(self.strides, self.convs, features, strict=True)}
