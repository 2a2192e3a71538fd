"""Networks to measure against, built from their papers' tables with random weights: their drawings mean nothing."""
import torch
from torch import nn
from torch.nn import functional as F


class HED(nn.Module):
    """Holistically-nested edge detection (Xie and Tu, 2015): VGG16's 13 convolutions and five side outputs, fused."""

    STAGES = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))

    def __init__(self):
        super().__init__()
        self.stages, self.sides, inputs = nn.ModuleList(), nn.ModuleList(), 3
        for widths in self.STAGES:
            layers = []
            for width in widths:
                layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
                inputs = width
            self.stages.append(nn.Sequential(*layers))
            self.sides.append(nn.Conv2d(inputs, 1, 1))
        self.fuse = nn.Conv2d(len(self.STAGES), 1, 1)

    def forward(self, x):
        size, sides = x.shape[-2:], []
        for index, (stage, side) in enumerate(zip(self.stages, self.sides)):
            x = stage(F.max_pool2d(x, 2, ceil_mode=True) if index else x)
            sides.append(F.interpolate(side(x), size, mode="bilinear", align_corners=False))
        return self.fuse(torch.cat(sides, 1)).sigmoid()


class ResNetGenerator(nn.Module):
    """The generator of Johnson et al. (2016) with instance norm and three residual blocks.

    As Informative Drawings (Chan et al., 2022) uses it.
    """

    def __init__(self, blocks=3):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), *self.unit(nn.Conv2d(3, 64, 7))]
        layers += [*self.unit(nn.Conv2d(64, 128, 3, 2, 1)), *self.unit(nn.Conv2d(128, 256, 3, 2, 1))]
        layers += [ResNetBlock() for _ in range(blocks)]
        for width in (256, 128):
            layers += self.unit(nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1))
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(64, 1, 7), nn.Sigmoid()]
        self.layers = nn.Sequential(*layers)

    @staticmethod
    def unit(conv):
        return conv, nn.InstanceNorm2d(conv.out_channels), nn.ReLU(inplace=True)

    def forward(self, x):
        return self.layers(x)


class ResNetBlock(nn.Module):
    """Two 3x3 convolutions of 256 channels around a shortcut."""

    def __init__(self, width=256):
        super().__init__()
        pad, conv = lambda: nn.ReflectionPad2d(1), lambda: nn.Conv2d(width, width, 3)
        self.layers = nn.Sequential(pad(), *ResNetGenerator.unit(conv()), pad(), conv(), nn.InstanceNorm2d(width))

    def forward(self, x):
        return x + self.layers(x)


class LDC(nn.Module):
    """Lightweight dense CNN for edge detection (Soria et al., 2022): two double convolutions, two dense blocks."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(*self.unit(3, 16, stride=2), *self.unit(16, 16))
        self.second = nn.Sequential(*self.unit(16, 32), *self.unit(32, 32)[:2])
        self.third = nn.ModuleList([DenseLayer(32, 64), DenseLayer(64, 64)])
        self.fourth = nn.ModuleList([DenseLayer(64, 96), DenseLayer(96, 96), DenseLayer(96, 96)])
        self.side_1, self.side_2 = self.single(16, 32, 2), self.single(32, 64, 2)
        self.pre_2, self.pre_3, self.pre_4 = self.single(32, 64, 2), self.single(32, 64, 1), self.single(64, 96, 1)
        self.ups = nn.ModuleList([self.up(16, 1), self.up(32, 1), self.up(64, 2), self.up(96, 3)])
        self.attention = nn.Sequential(
            nn.Conv2d(4, 32, 3, padding=1), nn.GroupNorm(4, 32), nn.ReLU(), nn.Conv2d(32, 4, 3, padding=1)
        )

    @staticmethod
    def unit(inputs, outputs, stride=1):
        return nn.Conv2d(inputs, outputs, 3, stride, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)

    @staticmethod
    def single(inputs, outputs, stride):
        return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    @staticmethod
    def up(inputs, doublings):
        """To one channel at full resolution, by transposed convolutions of stride 2 and side 2 ** doublings."""
        layers, side = [], 2**doublings
        for index in range(doublings):
            outputs = 1 if index == doublings - 1 else 16
            layers += [nn.Conv2d(inputs, outputs, 1), nn.ReLU(inplace=True)]
            layers += [nn.ConvTranspose2d(outputs, outputs, side, 2, padding=side // 2 - 1)]
            inputs = outputs
        return nn.Sequential(*layers)

    def forward(self, x):
        halve = lambda values: F.max_pool2d(values, 3, 2, 1)
        first = self.first(x)
        second = self.second(first)
        second_low = halve(second)
        joined = second_low + self.side_1(first)
        third = self.dense(self.third, joined, self.pre_3(second_low))
        third_low = halve(third)
        added = self.pre_4(third_low + self.pre_2(second_low))
        fourth = self.dense(self.fourth, third_low + self.side_2(joined), added)
        maps = torch.cat([up(level) for up, level in zip(self.ups, (first, second, third, fourth))], 1)
        return (maps * self.attention(maps).softmax(1)).sum(1, keepdim=True)

    @staticmethod
    def dense(layers, x, added):
        for layer in layers:
            x = 0.5 * (layer(x) + added)
        return x


class DenseLayer(nn.Module):
    """Two 3x3 convolutions, the first padded by two, the second not."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, padding=2),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x):
        return self.layers(F.relu(x))
