"""A U-Net whose blocks follow an ordinary differential equation instead of a second convolution.

Li et al., 'Robust Blood Cell Image Segmentation Method Based on Neural Ordinary Differential Equations', Computational
and Mathematical Methods in Medicine 2021, 5590180; blocks after Chen, Rubanova, Bettencourt & Duvenaud, NeurIPS 2018.
"""

from __future__ import annotations

from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.training.networks.network import Network
from hemolens.training.networks.padded_unet import PaddedUNet
from hemolens.training.networks.vgg16_encoder import level

WIDTHS = (16, 32, 64, 128, 256)
"""Channels at full, half, quarter, eighth and sixteenth resolution: a quarter of Ronneberger's."""


class OdeBlock(nn.Module):
    """A convolution to the new width, then the features h(1) where h(0) is its result and dh/dt = f(h, t).

    f is one 3×3 convolution of ReLU(h), and a bias that grows with t. The solver is one step of the classical
    Runge-Kutta method of order 4: four evaluations of f with the same weights.
    """

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.enter = level([n_in, n_out])
        self.change = nn.Conv2d(n_out, n_out, 3, padding=1)
        self.change_with_time = nn.Parameter(torch.zeros(n_out, 1, 1))

    def derivative(self, maps: Tensor, time: float) -> Tensor:
        """Change of the features in a unit of time."""
        return cast(Tensor, self.change(F.relu(maps))) + time * self.change_with_time

    def forward(self, maps: Tensor) -> Tensor:
        start = self.enter(maps)
        first = self.derivative(start, 0.0)
        second = self.derivative(start + first / 2, 0.5)
        third = self.derivative(start + second / 2, 0.5)
        fourth = self.derivative(start + third, 1.0)
        return cast(Tensor, start + (first + 2 * second + 2 * third + fourth) / 6)


class NodeUNet(Network):
    """(N, 3, H, W) in [−1, 1] → (N, 3, H, W) logits of three masks, H and W multiples of 16.

    The abstract of the paper, which is what was followed, puts a block with an ODE solver at each of the nine places
    of U-Net where there are convolutions, and sets the depth by the error that the solver may make. Chosen here: a
    solver of a fixed number of steps, since one that adapts them cannot be exported, and would give a photograph
    another depth than the next; no batch norm within f, whose statistics would change with t; 'same' padding; a quarter
    of the widths, since each block computes five convolutions; all three types, each with a probability of its own.
    """

    outputs: ClassVar[tuple[str, ...]] = ("rbc.mask", "wbc.mask", "plt.mask")
    reference = "Li et al., Comput Math Methods Med, 2021, 5590180"
    paper_input_px = 192
    margin_px = 0
    grid_px = 16
    extra_px = 0
    reach_px = 256

    def __init__(self) -> None:
        super().__init__()
        self.body = PaddedUNet(WIDTHS, OdeBlock)
        self.mask = nn.Conv2d(WIDTHS[0], len(self.outputs), 1)

    def forward(self, pixels: Tensor) -> Tensor:
        return cast(Tensor, self.mask(self.body(pixels)))
