"""Multi-head self-attention over a pooled grid of the bottleneck."""
import torch
from torch import nn
from torch.nn import functional as F

from .grid import pool, unpool


class GridAttention(nn.Module):
    """Lets far parts of one image see each other: pool to a grid, attend over its positions, resize back, add.

    Source: the paper's bottleneck; scaled dot-product attention of Vaswani et al. (2017), eq. 1. The sequence runs over
    the positions of one image, so images of a batch never mix. A layer norm in front keeps the logits tame, and the output
    projection starts at zero, so that training starts from the convolutional network.
    """

    def __init__(self, channels, grid, heads):
        super().__init__()
        if channels % heads:
            raise ValueError(f"{channels} channels cannot be split into {heads} attention heads")
        self.grid = grid
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.out = nn.Linear(channels, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def tokens(self, x):
        """The grid of averages of x (B, C, H, W): (B, C, grid, grid), float32 at least."""
        return pool(x.to(torch.promote_types(x.dtype, torch.float32)), self.grid)

    def attend(self, tokens):
        """(B, C, grid, grid) -> the same shape: what each position gathers from the others."""
        batch, channels = tokens.shape[:2]
        sequence = self.norm(tokens.flatten(2).transpose(1, 2).to(self.norm.weight.dtype))
        qkv = self.qkv(sequence).reshape(batch, -1, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        gathered = F.scaled_dot_product_attention(*qkv.unbind(0))
        gathered = self.out(gathered.transpose(1, 2).reshape(batch, -1, channels))
        return gathered.transpose(1, 2).reshape(tokens.shape)

    def forward(self, x):
        """x (B, C, H, W) plus what its positions gather from the others."""
        return x + unpool(self.attend(self.tokens(x)), x.shape[-2:]).to(x.dtype)
