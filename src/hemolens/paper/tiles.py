"""How many tiles the paper cuts its photographs into: Table I.

DO-U-Net reads 188 pixels and writes 100. The photographs are padded by 100 pixels a side; the first tile writes from
the photograph's top-left corner on, and another follows every 100 pixels while it ends before the padding does.

The rule gives all six tile numbers of Table I. The table prints 31 platelet test photographs, but its 14410 tiles
are those of 30; and although its caption says "both models", no rule for SegNet's 128 pixels gives any of the six.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.labels.all_idb1 import AllIdb1

STRIDE_PX = 100
"""Side of what a tile writes, and the step from one tile to the next."""

MARGIN_PX = 44
"""What a tile reads beyond what it writes, on each side."""

SPLITS: tuple[Literal["train", "test"], ...] = ("train", "test")


@dataclass(frozen=True)
class TileCount:
    """Photographs and tiles of one cell type in one part of the paper's split.

    Attributes
    ----------
    cell_type : {"rbc", "wbc", "plt"}
    split : {"train", "test"}
    n_images, n_tiles : int

    """

    cell_type: CellType
    split: Literal["train", "test"]
    n_images: int
    n_tiles: int


def n_tiles(height: int, width: int) -> int:
    """Count the tiles of a photograph of this many rows and columns; 0 when it has no more than 44 of either.

    Examples
    --------
    >>> n_tiles(1944, 2592)  # 19 × 26
    494

    """
    return _n_along(height) * _n_along(width)


def _n_along(length: int) -> int:
    """Count the tiles along one side: (length - 44) / 100, rounded up."""
    return max(0, -(-(length - MARGIN_PX) // STRIDE_PX))


def count_tiles(folder: Path) -> list[TileCount]:
    """Count the tiles of the paper's training and test photographs: the six numbers of Table I.

    Parameters
    ----------
    folder : Path
        The ALL-IDB1 folder; it knows the sizes of the photographs and the paper's split.

    Returns
    -------
    list of TileCount
        Red cells, white cells, platelets; training before test. Zeros where the split names no photograph.

    Raises
    ------
    UsageError
        If this is another folder.

    """
    data = AllIdb1(folder)
    tiles = {name: n_tiles(*shape) for name, shape in data.shapes.items()}
    counts = []
    for cell_type in CELL_TYPES:
        for part in SPLITS:
            each = [tiles[name] for name in data.split(cell_type, part)]
            counts.append(TileCount(cell_type, part, n_images=len(each), n_tiles=sum(each)))
    return counts
