"""Count regression by a feature pyramid: how many cells, and none of them in particular.

A feature pyramid (Lin et al., CVPR 2017) on a backbone in the style of VGG (Simonyan, Zisserman, ICLR 2015), as
Hernández et al. have it. They draw a mask, and a second network, VGG-11, reads one number for the whole picture from
it. Here the pyramid itself draws the density of the cells, and its sum over a picture is the number of cells: that
fits pictures of any size, and parts of a picture add up. Also chosen here: a slim backbone with batch norm, 64 channels
in the pyramid, and densities from its finest level, at half the resolution of the input.
"""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.one_pass import convolution, twice

WIDTHS = (16, 32, 64, 128, 128)
"""Channels of the backbone at full, half, quarter, eighth and sixteenth resolution."""

PYRAMID_WIDTH = 64


def rectified(n_in: int, n_out: int) -> nn.Sequential:
    """Convolution of 3 × 3, batch norm, ReLU."""
    return nn.Sequential(convolution(n_in, n_out), nn.ReLU(inplace=True))


class FeaturePyramid(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 3, H, W) before softplus, H and W multiples of 16."""

    outputs: ClassVar[tuple[str, ...]] = ("rbc.density", "wbc.density", "plt.density")
    reference = "Hernández, Sultan, Pande, arXiv:1802.10548, 2018"
    paper_input_px = 192
    margin_px = 0
    grid_px = 16
    extra_px = 0
    reach_px = 96

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.ModuleList(
            nn.Sequential(rectified(before, own), rectified(own, own)) for before, own in pairwise((3, *WIDTHS))
        )
        self.lateral = nn.ModuleList(nn.Conv2d(width, PYRAMID_WIDTH, 1) for width in WIDTHS[1:])
        self.smooth = rectified(PYRAMID_WIDTH, PYRAMID_WIDTH)
        self.heads = nn.Conv2d(PYRAMID_WIDTH, len(self.outputs), 3, padding=1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps, levels = pixels, list[Tensor]()
        for level, stage in enumerate(self.backbone):
            maps = stage(self.pool(maps) if level else maps)
            levels.append(maps)
        top = self.lateral[-1](levels[-1])
        for lateral, below in zip(reversed(self.lateral[:-1]), reversed(levels[1:-1]), strict=True):
            top = lateral(below) + twice(top)
        return twice(self.heads(self.smooth(top)))
