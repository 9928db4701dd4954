"""Write one small model of each format that hemolens writes now: its card, and its ONNX file where it has one.

    python tests/models/freeze_formats.py 0.1.0

At each release, once, into ``tests/models/formats/VERSION``. What is there is never written again: it holds what users
have, and every later version has to read it (``test_formats.py``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from hemolens.models.card import card_text
from hemolens.models.store import read_card
from hemolens.training.networks.network import Network
from hemolens.training.onnx_export import export_onnx

FORMATS = Path(__file__).parent / "formats"


class SmallNetwork(Network):
    """One convolution before the heads: (N, 3, H, W) → (N, 9, H, W)."""

    outputs: ClassVar[tuple[str, ...]] = read_card("one-pass").outputs
    paper_input_px = 64
    margin_px, grid_px, extra_px = 0, 16, 0

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU())
        self.heads = nn.Conv2d(16, len(self.outputs), 3, padding=1)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.heads(self.first(pixels))  # type: ignore[no-any-return]


def main() -> None:
    folder = FORMATS / sys.argv[1]
    folder.mkdir(parents=True)
    torch.manual_seed(0)
    network = SmallNetwork().eval()
    samples = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3), np.uint8)
    for name, pictures in (("half-precision", None), ("eight-bits", samples)):
        sha256 = export_onnx(network, folder / f"{name}.onnx", pictures)
        card = read_card("one-pass").model_copy(
            update={"name": name, "sha256": sha256, "figures": (), "trained_on": (), "sources": (), "reach_px": 16}
        )
        (folder / f"{name}.toml").write_text(card_text(card), encoding="utf-8")
    (folder / "classical.toml").write_text(card_text(read_card("otsu-watershed")), encoding="utf-8")


if __name__ == "__main__":
    main()
