"""The default network: all three cell types from one slim encoder and decoder.

A residual U-Net (Ronneberger et al., MICCAI 2015; He et al., CVPR 2016) whose skips are added instead of appended. Its
first convolution halves the picture and its last one writes four pixels at a time (sub-pixel convolution, Shi et al.,
CVPR 2016): full resolution, where a network spends most of its time and learns least, is never computed. Of red cells
it draws what separates them when they touch: edge, distance to the border and centre; of white cells the distance, of
platelets the mask alone.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.networks.network import Network

WIDTHS = (48, 96, 144)
"""Channels at half, quarter and eighth resolution."""


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
    """(N, 3, H, W) in [−1, 1] → (N, 7, H, W) logits, H and W multiples of 8."""

    outputs: ClassVar[tuple[str, ...]] = (
        "rbc.mask", "rbc.edge", "rbc.distance", "rbc.centre", "wbc.mask", "wbc.distance", "plt.mask",
    )  # fmt: skip
    paper_input_px = 224
    margin_px = 0
    grid_px = 8
    extra_px = 0
    reach_px = 72
    eight_bits = True

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth = WIDTHS
        self.first = nn.Sequential(
            nn.Conv2d(3, half, 6, stride=2, padding=2, bias=False), nn.BatchNorm2d(half), nn.ReLU(inplace=True)
        )
        self.encode1 = Residual(half, half)
        self.encode2 = Residual(half, quarter)
        self.bottom = nn.Sequential(Residual(quarter, eighth), Residual(eighth, eighth))
        self.up2 = convolution(eighth, quarter, kernel=1)
        self.decode2 = Residual(quarter, quarter)
        self.up1 = convolution(quarter, half, kernel=1)
        self.decode1 = Residual(half, half)
        self.heads = nn.Conv2d(half, 4 * len(self.outputs), 3, padding=1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        level1 = self.encode1(self.first(pixels))
        level2 = self.encode2(self.pool(level1))
        level2 = self.decode2(level2 + twice(self.up2(self.bottom(self.pool(level2)))))
        level1 = self.decode1(level1 + twice(self.up1(level2)))
        return F.pixel_shuffle(self.heads(level1), 2)


def twice(maps: Tensor) -> Tensor:
    """Twice the size: every pixel becomes a square of four."""
    return F.interpolate(maps, scale_factor=2, mode="nearest")
