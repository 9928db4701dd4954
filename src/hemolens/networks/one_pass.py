"""The default network: all three cell types from one slim encoder and decoder.

A U-Net (Ronneberger et al., MICCAI 2015) whose skips are added instead of appended, so that the levels at full and
half resolution, where most of the time goes, stay narrow. Of red cells it draws what separates them when they
touch: edge, distance to the border and centre; of white cells the distance, of platelets the mask alone.
"""

from __future__ import annotations

from typing import ClassVar, cast

from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.networks.network import Network

WIDTHS = (24, 48, 96, 128)
"""Channels at full, half, quarter and eighth resolution."""


def convolution(n_in: int, n_out: int, kernel: int = 3) -> nn.Sequential:
    """Convolution that keeps the size, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


class OnePass(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 7, H, W) logits, H and W multiples of 8.

    A pixel of the maps depends on pixels of the input up to 59 away: the overlap covers them.
    """

    outputs: ClassVar[tuple[str, ...]] = (
        "rbc.mask", "rbc.edge", "rbc.distance", "rbc.centre", "wbc.mask", "wbc.distance", "plt.mask",
    )  # fmt: skip
    paper_input_px = 224
    margin_px = 0
    grid_px = 8
    extra_px = 0
    overlap_px = 64
    eight_bits = True

    def __init__(self) -> None:
        super().__init__()
        full, half, quarter, eighth = WIDTHS
        self.encode1 = nn.Sequential(convolution(3, full), convolution(full, full))
        self.encode2 = nn.Sequential(convolution(full, half), convolution(half, half))
        self.encode3 = nn.Sequential(convolution(half, quarter), convolution(quarter, quarter))
        self.bottom = nn.Sequential(
            convolution(quarter, eighth),
            convolution(eighth, eighth),
            convolution(eighth, eighth),
        )
        self.up3 = convolution(eighth, quarter, kernel=1)
        self.decode3 = nn.Sequential(convolution(quarter, quarter), convolution(quarter, quarter))
        self.up2 = convolution(quarter, half, kernel=1)
        self.decode2 = nn.Sequential(convolution(half, half), convolution(half, half))
        self.up1 = convolution(half, full, kernel=1)
        self.decode1 = nn.Sequential(convolution(full, full), convolution(full, full))
        self.heads = nn.Conv2d(full, len(self.outputs), 1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        level1 = self.encode1(pixels)
        level2 = self.encode2(self.pool(level1))
        level3 = self.encode3(self.pool(level2))
        level3 = self.decode3(level3 + twice(self.up3(self.bottom(self.pool(level3)))))
        level2 = self.decode2(level2 + twice(self.up2(level3)))
        level1 = self.decode1(level1 + twice(self.up1(level2)))
        return cast(Tensor, self.heads(level1))


def twice(maps: Tensor) -> Tensor:
    """Twice the size: every pixel becomes a square of four."""
    return F.interpolate(maps, scale_factor=2, mode="nearest")
