"""DO-U-Net, the dual-output U-Net of the paper for red cells: a mask and an edge from one body.

Overton & Tucker, 'DO-U-Net for Segmentation and Counting', IDA 2020; in Gharbi et al., Fig. 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hemolens.training.networks.unet import UNet


class DOUNet(UNet):
    """Dual-output U-Net: (N, 3, H, W) in [−1, 1] → (N, 2, H − 88, W − 88) logits of mask and edge."""

    outputs = ("mask", "edge")
    reference = "Overton, Tucker, IDA, 2020"

    def __init__(self) -> None:
        super().__init__()
        self.edge = nn.Conv2d(32, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        features = self.body(pixels)
        return torch.cat([self.mask(features), self.edge(features)], dim=1)
