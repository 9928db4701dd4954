"""What every network in the registry has: the names of its outputs, its geometry and its options."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hemolens.models.card import LARGEST_TILE_PX


class Network(nn.Module):
    """Pixels (N, 3, H, W) float32 in [−1, 1] → logits (N, K, H − 2·margin, W − 2·margin), one channel an output.

    H and W are multiples of the pooling grid beyond twice the margin and ``extra_px``.

    Attributes
    ----------
    outputs : tuple of str
        What the channels are: ``mask``, and ``edge`` where there is one; or densities alone, such as ``rbc.density``.
    reference : str
        Authors, place and year of the publication that describes it.
    options : tuple of str
        Keyword arguments that its constructor takes.
    paper_input_px : int
        Side of the paper's input.
    margin_px : int
        How much smaller the maps are than the input on each side.
    grid_px : int
        Two inputs whose origins differ by a multiple of this are pooled alike.
    extra_px : int
        What a side of the input needs beyond twice the margin and a multiple of ``grid_px``.
    overlap_px : int
        Border of the maps that is not used in whole photographs, because it depends on where a tile ends.
    reach_px : int
        How far from a pixel the input changes its maps, where the maps are as large as the input. A tile is read with
        so much around it, but not beyond the photograph: its frame is that of the input, as in training.
    tile_px : int or None
        Side of the block that a tile writes; ``None`` where any gives the same maps and large ones fit into memory.
    largest_tile_px : int
        Largest side of the block that a tile writes, by the memory that the network takes.
    eight_bits : bool
        Whether it is stored, and computes, in 8 bits once it is trained.

    """

    outputs: ClassVar[tuple[str, ...]]
    reference: ClassVar[str] = ""
    options: ClassVar[tuple[str, ...]] = ()
    paper_input_px: ClassVar[int]
    margin_px: ClassVar[int]
    grid_px: ClassVar[int]
    extra_px: ClassVar[int]
    overlap_px: ClassVar[int] = 0
    reach_px: ClassVar[int] = 0
    tile_px: ClassVar[int | None] = None
    largest_tile_px: ClassVar[int] = LARGEST_TILE_PX
    eight_bits: ClassVar[bool] = False

    @classmethod
    def smallest_input_px(cls) -> int:
        """Side of the smallest input."""
        return 2 * cls.margin_px + (cls.extra_px or cls.grid_px)

    @classmethod
    def fits(cls, input_px: int) -> bool:
        """Whether an input may have this side."""
        return input_px >= cls.smallest_input_px() and (input_px - cls.smallest_input_px()) % cls.grid_px == 0

    @classmethod
    def draws_densities(cls) -> bool:
        """Whether its outputs say how many cells there are, not how likely there is one."""
        return all(name.rpartition(".")[2] == "density" for name in cls.outputs)

    @classmethod
    def activate(cls, logits: Tensor) -> Tensor:
        """Logits → what the outputs say: probabilities, 0 … 1, or densities, which have no upper end."""
        return F.softplus(logits) if cls.draws_densities() else torch.sigmoid(logits)
