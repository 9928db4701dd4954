"""The single-output U-Net of the paper: 188×188 pixels in, the central 100×100 out.

Geometry of Overton & Tucker (DO-U-Net, IDA 2020) as used by Gharbi et al. for white cells and platelets:
valid 3×3 convolutions, three poolings, cropped skips, each convolution followed by batch norm and ReLU.
"""

from __future__ import annotations

from typing import ClassVar, cast

import torch
from torch import Tensor, nn

from hemolens.training.networks.network import Network


def convolution(n_in: int, n_out: int, kernel: int = 3) -> nn.Sequential:
    """Valid convolution, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(n_in, n_out, kernel, bias=False), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))


def upsampling(n_in: int, n_out: int) -> nn.Sequential:
    """2×2 transposed convolution of stride 2, batch norm, ReLU."""
    return nn.Sequential(
        nn.ConvTranspose2d(n_in, n_out, 2, stride=2, bias=False),
        nn.BatchNorm2d(n_out),
        nn.ReLU(inplace=True),
    )


def crop(skip: Tensor, by_px: int) -> Tensor:
    """Cut ``by_px`` rows and columns from every side."""
    return skip[..., by_px:-by_px, by_px:-by_px]


class UNetBody(nn.Module):
    """Encoder and decoder without a head: (N, 3, H, W) in [−1, 1] → (N, 32, H − 88, W − 88).

    H and W are 8·k + 4 with k ≥ 11, so that every pooling meets an even size (188 = 8·23 + 4).
    """

    def __init__(self) -> None:
        super().__init__()
        self.level1 = nn.Sequential(convolution(3, 96), convolution(96, 32, kernel=1), convolution(32, 32))
        self.level2 = nn.Sequential(convolution(32, 64), convolution(64, 64))
        self.level3 = nn.Sequential(convolution(64, 128), convolution(128, 128))
        self.bottom = nn.Sequential(convolution(128, 256), convolution(256, 256))
        self.up3 = upsampling(256, 128)
        self.decode3 = nn.Sequential(convolution(256, 128), convolution(128, 128))
        self.up2 = upsampling(128, 64)
        self.decode2 = nn.Sequential(convolution(128, 64), convolution(64, 64))
        self.up1 = upsampling(64, 32)
        self.decode1 = nn.Sequential(convolution(64, 32), convolution(32, 32))
        self.pool = nn.MaxPool2d(2)

    def forward(self, pixels: Tensor) -> Tensor:
        level1 = self.level1(pixels)
        level2 = self.level2(self.pool(level1))
        level3 = self.level3(self.pool(level2))
        up = self.up3(self.bottom(self.pool(level3)))
        up = self.up2(self.decode3(torch.cat([crop(level3, 4), up], dim=1)))
        up = self.up1(self.decode2(torch.cat([crop(level2, 16), up], dim=1)))
        return cast(Tensor, self.decode1(torch.cat([crop(level1, 40), up], dim=1)))


class UNet(Network):
    """Single-output U-Net: (N, 3, H, W) in [−1, 1] → (N, 1, H − 88, W − 88) logits of the mask."""

    outputs: ClassVar[tuple[str, ...]] = ("mask",)
    reference = "Ronneberger, Fischer, Brox, MICCAI, 2015; geometry of Overton, Tucker, IDA, 2020"
    paper_input_px = 188
    margin_px = 44
    grid_px = 8
    extra_px = 4

    def __init__(self) -> None:
        super().__init__()
        self.body = UNetBody()
        self.mask = nn.Conv2d(32, 1, 1)

    def forward(self, pixels: Tensor) -> Tensor:
        return cast(Tensor, self.mask(self.body(pixels)))
