"""The default network: all three cell types from one slim encoder and decoder.

A residual U-Net (Ronneberger et al., MICCAI 2015; He et al., CVPR 2016) whose skips are added instead of appended, five
levels deep, at the full resolution of its input: what parts two cells that touch is one or two pixels wide. It is
slim there and wide below. Of red cells it draws what separates them when they touch: edge, distance to the border and
centre; of the other types less.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.training.networks.network import Network

WIDTHS = (16, 32, 64, 128, 160)
"""Channels at full, half, quarter, eighth and sixteenth resolution: multiples of 16, others are slow."""


def convolution(n_in: int, n_out: int, kernel: int = 3) -> nn.Sequential:
    """Convolution that keeps the size, batch norm."""
    return nn.Sequential(nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(n_out))


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.first = nn.Sequential(convolution(n_in, n_out), nn.ReLU(inplace=True))
        self.second = convolution(n_out, n_out)
        self.past = nn.Identity() if n_in == n_out else convolution(n_in, n_out, kernel=1)

    def forward(self, maps: Tensor) -> Tensor:
        return F.relu(self.past(maps) + self.second(self.first(maps)))


class OnePass(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 9, H, W) logits, H and W multiples of 16."""

    outputs: ClassVar[tuple[str, ...]] = (
        "rbc.mask", "rbc.edge", "rbc.distance", "rbc.centre",
        "wbc.mask", "wbc.distance", "wbc.centre",
        "plt.mask", "plt.centre",
    )  # fmt: skip
    reference = "hemolens; after Ronneberger, Fischer, Brox, MICCAI, 2015"
    paper_input_px = 192
    margin_px = 0
    grid_px = 16
    extra_px = 0
    reach_px = 112
    largest_tile_px = 2272  # the window of a block of a slide, at 40 pixels a red cell, is one tile
    eight_bits = True

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(convolution(3, WIDTHS[0]), nn.ReLU(inplace=True))
        self.encode = nn.ModuleList(
            Residual(before, own) for before, own in zip((WIDTHS[0], *WIDTHS[:-1]), WIDTHS, strict=True)
        )
        self.up = nn.ModuleList(convolution(below, own, kernel=1) for own, below in pairwise(WIDTHS))
        self.decode = nn.ModuleList(Residual(own, own) for own in WIDTHS[:-1])
        self.heads = nn.Conv2d(WIDTHS[0], len(self.outputs), 3, padding=1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps, skips = self.first(pixels), list[Tensor]()
        for level, encode in enumerate(self.encode):
            maps = encode(self.pool(maps) if level else maps)
            skips.append(maps)
        for level in reversed(range(len(self.decode))):
            maps = self.decode[level](skips[level] + twice(self.up[level](maps)))
        return self.heads(maps)  # type: ignore[no-any-return]


def twice(maps: Tensor) -> Tensor:
    """Twice the size: every pixel becomes a square of four."""
    return F.interpolate(maps, scale_factor=2, mode="nearest")
