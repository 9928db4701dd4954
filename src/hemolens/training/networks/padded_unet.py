"""A U-Net whose maps are as large as its input, for the networks that vary its blocks.

Ronneberger, Fischer & Brox, MICCAI 2015, with 'same' padding: nothing is cropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from hemolens.training.networks.unet import upsampling

Block = Callable[[int, int], nn.Module]
"""From channels in and channels out to what is done at one level; it keeps the size."""


class PaddedUNet(nn.Module):
    """Encoder and decoder without a head: (N, 3, H, W) in [−1, 1] → (N, widths[0], H, W).

    Parameters
    ----------
    widths : sequence of int
        Channels of each level, the first at full resolution; H and W are multiples of 2 ** (levels − 1).
    block : callable
        Makes what is done at each level, on the way down and on the way up.

    """

    def __init__(self, widths: Sequence[int], block: Block) -> None:
        super().__init__()
        self.encode = nn.ModuleList(block(above, own) for above, own in pairwise((3, *widths)))
        self.up = nn.ModuleList(upsampling(below, own) for own, below in pairwise(widths))
        self.decode = nn.ModuleList(block(2 * own, own) for own in widths[:-1])
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps, skips = pixels, list[Tensor]()
        for level, encode in enumerate(self.encode):
            maps = encode(self.pool(maps) if level else maps)
            skips.append(maps)
        for level in reversed(range(len(self.decode))):
            maps = self.decode[level](torch.cat([skips[level], self.up[level](maps)], dim=1))
        return maps
