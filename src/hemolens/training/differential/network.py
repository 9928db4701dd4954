"""The classifier: a small residual network (He et al., CVPR 2016) over one crop.

It is narrow where the crop is still large and wide below, as the network that draws the maps. A crop holds one cell, so
its features are averaged over the whole crop at the end, wherever in it they are.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.training.networks.one_pass import Residual, convolution

WIDTHS = (32, 64, 96, 160)
"""Channels at half, quarter, eighth and sixteenth resolution."""

N_CHANNELS = 4
"""Red, green, blue and the outline."""

DROP_OUT = 0.3


class WhiteCellClassifier(nn.Module):
    """(N, 4, H, W) in [−1, 1] → (N, K) logits; H and W multiples of 16."""

    reference = "hemolens; after He, Zhang, Ren, Sun, CVPR, 2016"

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(N_CHANNELS, WIDTHS[0], 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(WIDTHS[0]),
            nn.ReLU(inplace=True),
            convolution(WIDTHS[0], WIDTHS[0]),
            nn.ReLU(inplace=True),
        )
        self.levels = nn.ModuleList(Residual(above, own) for above, own in pairwise(WIDTHS))
        self.third = Residual(WIDTHS[2], WIDTHS[2])
        self.pool = nn.MaxPool2d(2)
        self.drop_out = nn.Dropout(DROP_OUT)
        self.head = nn.Linear(WIDTHS[-1], n_classes)

    def forward(self, crops: Tensor) -> Tensor:
        quarter, eighth, sixteenth = self.levels
        maps = quarter(self.pool(self.first(crops)))
        maps = self.third(eighth(self.pool(maps)))
        maps = sixteenth(self.pool(maps))
        features = F.adaptive_avg_pool2d(maps, 1).flatten(1)
        return self.head(self.drop_out(features))  # type: ignore[no-any-return]
