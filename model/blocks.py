"""Convolution blocks shared by encoder and decoder."""
from torch import nn

SLOPE = 0.2  # of every LeakyReLU, as published


def make_norm(kind, channels):
    """"instance" (the paper's: statistics of one image) or "batch" (running statistics: folds into the convolution)."""
    if kind == "instance":
        return nn.InstanceNorm2d(channels, affine=True)
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    raise ValueError(f"unknown norm {kind!r}: use 'instance' or 'batch'")


class ConvNorm(nn.Sequential):
    """3x3 convolution and norm, without activation: (B, inputs, H, W) -> (B, outputs, H / stride, W / stride)."""

    def __init__(self, inputs, outputs, norm, padding="zeros", stride=1):
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode=padding, bias=False), make_norm(norm, outputs)
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with norm and LeakyReLU around a shortcut, which is a 1x1 convolution where the width changes."""

    def __init__(self, inputs, outputs, norm, padding):
        super().__init__()
        self.first = ConvNorm(inputs, outputs, norm, padding)
        self.second = ConvNorm(outputs, outputs, norm, padding)
        self.shortcut = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        self.activation = nn.LeakyReLU(SLOPE)

    def forward(self, x):
        return self.activation(self.second(self.activation(self.first(x))) + self.shortcut(x))
