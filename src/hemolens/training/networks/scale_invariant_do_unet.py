"""The scale-invariant DO-U-Net: one level deeper than DO-U-Net, 380×380 pixels in, the central 196×196 out.

Overton & Tucker, 'DO-U-Net for Segmentation and Counting', IDA 2020, 391-403, and the code that they published.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.unet import convolution, crop, upsampling

WIDTHS = (32, 64, 128, 256, 512)
"""Channels at full, half, quarter, eighth and sixteenth resolution."""

CROPS_PX = (88, 40, 16, 4)
"""What is cut from the skips on each side, from full resolution downwards."""


class ScaleInvariantDOUNet(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 4, H − 184, W − 184) logits of three masks and the edge of red cells.

    H and W are 16·k + 12 with k ≥ 11, so that every pooling meets an even size (380 = 16·23 + 12). Valid
    convolutions; each is followed by batch norm and ReLU. What makes the network fit for several scales is the fourth
    pooling, by which it looks at twice as much around a pixel, and that it is trained on slices of half to one and a
    half times their size: the configuration does that. The authors' network draws red cells only; the masks of white
    cells and platelets, of which they say nothing, are further heads.
    """

    outputs: ClassVar[tuple[str, ...]] = ("rbc.mask", "rbc.edge", "wbc.mask", "plt.mask")
    reference = "Overton, Tucker, IDA, 2020"
    paper_input_px = 380
    margin_px = 92
    grid_px = 16
    extra_px = 4

    def __init__(self) -> None:
        super().__init__()
        full = WIDTHS[0]
        first = nn.Sequential(convolution(3, 96), convolution(96, full, kernel=1), convolution(full, full))
        self.encode = nn.ModuleList([first, *(twice(above, own) for above, own in pairwise(WIDTHS))])
        self.up = nn.ModuleList(upsampling(below, own) for own, below in pairwise(WIDTHS))
        self.decode = nn.ModuleList(twice(2 * own, own) for own in WIDTHS[:-1])
        self.mask = nn.Conv2d(full, 3, 1)
        self.edge = nn.Conv2d(full, 1, 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps, skips = pixels, list[Tensor]()
        for level, encode in enumerate(self.encode):
            maps = encode(self.pool(maps) if level else maps)
            skips.append(maps)
        for level in reversed(range(len(self.decode))):
            skip = crop(skips[level], CROPS_PX[level])
            maps = self.decode[level](torch.cat([skip, self.up[level](maps)], dim=1))
        mask = self.mask(maps)
        return torch.cat([mask[:, :1], self.edge(maps), mask[:, 1:]], dim=1)


def twice(n_in: int, n_out: int) -> nn.Sequential:
    """Two valid 3×3 convolutions."""
    return nn.Sequential(convolution(n_in, n_out), convolution(n_out, n_out))
