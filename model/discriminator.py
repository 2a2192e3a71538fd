"""Discriminators: they tell real drawings from ours, one decision per position, at several image scales."""
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils.parametrizations import spectral_norm

from .attention import GridAttention
from .blocks import SLOPE
from .generator import MIN_SIDE


class PatchDiscriminator(nn.Module):
    """One scale: a 4x4 convolution of stride 2 per width, attention over the last features, a 3x3 one to logits.

    (B, inputs, H, W) -> (logits (B, 1, h, w), the features of each stage), h = H / 2^stages, rounded up.
    Patches as in Isola et al. (2017); norm: spectral_norm (Miyato et al. 2018) or another function of a convolution, or
    None. The attention is that of the generators: its output projection starts at zero, as the gate of Zhang et al. (2019)
    does. heads = 0 leaves it out: then a decision is about its patch alone.
    """

    def __init__(self, inputs, widths, norm=spectral_norm, grid=0, heads=0):
        super().__init__()
        norm = norm or (lambda convolution: convolution)
        pairs = zip((inputs, *widths), widths)
        self.stages = nn.ModuleList(norm(nn.Conv2d(a, b, 4, 2, padding=1)) for a, b in pairs)
        self.attention = GridAttention(widths[-1], grid, heads) if heads else nn.Identity()
        self.decide = norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, x):
        maps = []
        for stage in self.stages:
            x = F.pad(x, (0, x.shape[-1] % 2, 0, x.shape[-2] % 2))
            x = F.leaky_relu(stage(x), SLOPE)
            maps.append(x)
        with sdpa_kernel(SDPBackend.MATH):  # the fused kernels cannot be differentiated twice, which R1 asks for
            x = self.attention(x)
        return self.decide(x), maps


def judge(networks, images):
    """What one PatchDiscriminator per scale says of images (B, C, H, W), each at half the resolution of the one before:
    [(logits, features of each stage)], from fine to coarse. ValueError for sides under MIN_SIDE.
    """
    if min(images.shape[-2:]) < MIN_SIDE:
        width, height = images.shape[-1], images.shape[-2]
        raise ValueError(f"the drawing is {width} x {height}: each side needs at least {MIN_SIDE} pixels")
    outputs = []
    for i, network in enumerate(networks):
        if i:
            images = F.avg_pool2d(images, 2, ceil_mode=True)
        outputs.append(network(images))
    return outputs


class Discriminator(nn.Module):
    """Drawings (B, 1, H, W) in [0, 1], 1 = paper, any sides of at least 16 -> list of logit maps, from fine to coarse.

    widths: channels of the stages, each at half the resolution. scales: how many independent networks see the image, at
    full, half, quarter ... resolution (averaged). grid, heads: of the attention. With `features`, the call returns
    (logits, one list of stage features per scale) for feature matching. ValueError for other shapes and smaller sides.
    Source: the paper's multi-scale discriminator; Wang et al. (2018).
    """

    def __init__(self, widths=(32, 64, 128, 128), scales=3, grid=16, heads=4):
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(1, tuple(widths), grid=grid, heads=heads) for _ in range(scales))

    def forward(self, drawing, features=False):
        if drawing.ndim != 4 or drawing.shape[1] != 1:
            raise ValueError(f"expected a batch of drawings (B, 1, H, W), got {tuple(drawing.shape)}")
        logits, maps = map(list, zip(*judge(self.scales, 1 - drawing)))
        return (logits, maps) if features else logits


class ConditionalDiscriminator(nn.Module):
    """Whether drawings are those of a photo: pairs (B, 3 + drawings, H, W) of both, see losses.conditional -> list of logit
    maps, from fine to coarse. ValueError for sides under 16 pixels.

    Source: Isola et al. (2017), "Image-to-image translation with conditional adversarial networks", section 3.2, at two
    scales. It looks at patches alone, without attention: whether strokes are crisp and where they belong is to be seen there.
    Without spectral norm, which kept it from telling drawings that are nearly right from the guidance; R1 keeps it smooth.
    """

    def __init__(self, drawings, widths=(48, 96, 128), scales=2):
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(3 + drawings, widths, norm=None) for _ in range(scales))

    def forward(self, pairs):
        return [logits for logits, _ in judge(self.scales, pairs)]
