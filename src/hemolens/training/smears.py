"""Photographs with numbered cells of all three types, at the working scale: what the one-pass network learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.measurements.colours import MeasuredColours
from hemolens.training.cell_planes import NumberedCells
from hemolens.training.piles import CutOut

LENDING: tuple[CellType, ...] = ("rbc", "wbc")
"""Types of which cells are cut out and laid elsewhere."""


@dataclass(frozen=True, eq=False)
class NumberedSmear:
    """A photograph at the working scale whose cells are numbered, and what is known of them.

    The networks of one cell type learn from :class:`~.all_idb1.PhotographWithTargets` instead, whose targets are drawn.

    Attributes
    ----------
    name : str
    source : str
        Where it is from; photographs of a source lend each other cells.
    pixels : ndarray of uint8, shape (H, W, 3)
        In its own colours.
    numbers : ndarray of uint16, shape (H, W, 3)
        One plane for each cell type, in the order of :data:`~hemolens.cell_types.CELL_TYPES`: 0 where there is no cell,
        and another number for each cell.
    known : ndarray of uint8, shape (H, W, 3)
        Flags of :class:`~.cell_planes.Known`; 0 throughout for a type that is not labelled.
    lent : ndarray of uint16, shape (H, W, 2)
        The bodies that can be cut out and laid elsewhere, of each type of :data:`LENDING`: 0, or a number each.
    colours : MeasuredColours
        Of the photograph, as they are measured in use.

    """

    name: str
    source: str
    pixels: NDArray[np.uint8]
    numbers: NDArray[np.uint16]
    known: NDArray[np.uint8]
    lent: NDArray[np.uint16]
    colours: MeasuredColours

    def labels(self, kind: CellType) -> bool:
        """Whether anything is known of a cell type."""
        return bool(self.known[..., CELL_TYPES.index(kind)].any())


def join_cells(
    cells: dict[CellType, NumberedCells], shape: tuple[int, int]
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Lay the pictures of three types on each other: numbers and flags, shape (H, W, 3) each."""
    nothing = NumberedCells(np.zeros(shape, np.uint16), np.zeros(shape, np.uint8))
    each = [cells.get(kind, nothing) for kind in CELL_TYPES]
    return np.stack([own.numbers for own in each], -1), np.stack([own.known for own in each], -1)


def draw_lent(cut_outs: dict[CellType, tuple[CutOut, ...]], shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Number the bodies that were cut out where they lie, shape (H, W, 2)."""
    lent = np.zeros((*shape, len(LENDING)), np.uint16)
    for plane, kind in enumerate(LENDING):
        for number, cut_out in enumerate(cut_outs.get(kind, ()), start=1):
            height, width = cut_out.mask.shape
            window = lent[cut_out.row : cut_out.row + height, cut_out.col : cut_out.col + width, plane]
            window[cut_out.mask > 0] = number
    return lent
