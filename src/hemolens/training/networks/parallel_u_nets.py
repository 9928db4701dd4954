"""Two U-Nets side by side: one draws cells, the other their middles, from which a watershed begins.

Kong et al., 'Automated yeast cells segmentation and counting using a parallel U-Net based two-stage framework', OSA
Continuum 3(4), 2020, 982-992.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.padded_unet import PaddedUNet
from hemolens.training.networks.vgg16_encoder import level

WIDTHS = (24, 48, 96, 192)
"""Channels at full, half, quarter and eighth resolution."""


class ParallelUNets(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 6, H, W) logits of mask and centre of each type, H and W multiples of 8.

    The abstract of the paper, which is what was followed, says: two modified U-Nets in parallel, and a watershed guided
    by seeds. Left open there, and chosen here: four levels of two convolutions with batch norm, slimmer than
    Ronneberger's, since there are two of them; 'same' padding; seeds that are Gaussian peaks on the middles of cells,
    as the default model draws them, so that the counter ``peaks`` reads them; all three types, each net with a channel
    for each. The nets share nothing, and are trained together.
    """

    outputs: ClassVar[tuple[str, ...]] = (
        "rbc.mask", "rbc.centre", "wbc.mask", "wbc.centre", "plt.mask", "plt.centre",
    )  # fmt: skip
    reference = "Kong et al., OSA Continuum 3(4), 2020"
    paper_input_px = 192
    margin_px = 0
    grid_px = 8
    extra_px = 0
    reach_px = 56

    def __init__(self) -> None:
        super().__init__()
        self.mask, self.centre = (
            nn.Sequential(
                PaddedUNet(WIDTHS, lambda n_in, n_out: level([n_in, n_out, n_out])), nn.Conv2d(WIDTHS[0], 3, 1)
            )
            for _ in range(2)
        )

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.stack([self.mask(pixels), self.centre(pixels)], dim=2).flatten(1, 2)
