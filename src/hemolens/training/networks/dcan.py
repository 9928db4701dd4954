"""DCAN, the deep contour-aware network: cells and contours, each summed over several resolutions.

Chen, Qi, Yu & Heng, 'DCAN: Deep Contour-Aware Networks for Accurate Gland Segmentation', CVPR 2016, 2487-2496.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from hemolens.training.networks.network import Network
from hemolens.training.networks.vgg16_encoder import (
    PAPER_WIDTH,
    EncoderWeights,
    level_widths,
    make_encoder,
)

SUMMED = (1, 2, 3, 4)
"""Levels, from 0, whose features are enlarged and summed: at half, quarter, eighth and sixteenth resolution."""


class DCAN(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 4, H, W) logits of three masks and the edge of red cells; multiples of 16.

    One encoder; from several of its levels two branches, for objects and for contours, enlarge the features to the
    size of the input by transposed convolutions, and the sum over levels is the map. The paper begins with weights of
    a network trained on other photographs: here VGG16's. It sums three levels, at an eighth to a thirty-second: glands
    are some hundred pixels wide. Cells are not, and what parts them is a few pixels wide, so here four levels are
    summed, at a half to a sixteenth. The classifiers that the paper adds at each level during the training
    (deep supervision) are left out: with batch norm, which the paper does not have, the gradient reaches the first
    levels without them. Contours are those of red cells, which touch; each type has a probability of its own.

    Parameters
    ----------
    width, encoder_weights, encoder_file
        As in :class:`hemolens.training.networks.segnet_vgg16.SegNet`.

    Raises
    ------
    TrainingError
        If the options contradict each other, or the weights cannot be had or do not fit.

    """

    outputs: ClassVar[tuple[str, ...]] = ("rbc.mask", "rbc.edge", "wbc.mask", "plt.mask")
    reference = "Chen, Qi, Yu, Heng, CVPR, 2016"
    options = ("width", "encoder_weights", "encoder_file")
    paper_input_px = 128
    margin_px = 0
    grid_px = 16
    extra_px = 0
    reach_px = 128
    tile_px = 640

    def __init__(
        self, width: int = PAPER_WIDTH, encoder_weights: EncoderWeights = "none", encoder_file: Path | None = None
    ) -> None:
        super().__init__()
        self.encoder = make_encoder(width, encoder_weights, encoder_file)
        widths = level_widths(width)
        self.mask = nn.ModuleList(enlarging(widths[number], 3, 2**number) for number in SUMMED)
        self.edge = nn.ModuleList(enlarging(widths[number], 1, 2**number) for number in SUMMED)
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        maps, features = pixels, list[Tensor]()
        for number, encode in enumerate(self.encoder):
            maps = encode(self.pool(maps) if number else maps)
            features.append(maps)
        mask, edge = (
            torch.stack([enlarge(features[number]) for enlarge, number in zip(branch, SUMMED, strict=True)]).sum(0)
            for branch in (self.mask, self.edge)
        )
        return torch.cat([mask[:, :1], edge, mask[:, 1:]], dim=1)


def enlarging(n_in: int, n_out: int, times: int) -> nn.ConvTranspose2d:
    """Transposed convolution that makes maps so many times as large; neighbouring pixels overlap by half."""
    return nn.ConvTranspose2d(n_in, n_out, 2 * times, stride=times, padding=times // 2)
