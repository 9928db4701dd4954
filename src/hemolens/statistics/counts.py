"""Cells → numbers: how many of each type, and how many by the counting frame.

Cut cells make plain counts of small fields too large: a cell belongs to each field that shows a part of it. A counting
frame counts every cell of a smear in exactly one field (Gundersen, *Journal of Microscopy* 111 (1977), 219-223). Ours
gives a cell to the field that holds the upper left corner of its box: **cells that touch the upper or the left side are
out, cells that touch only the lower or the right side are in**, and a cell that touches both kinds of side is out. The
same rule holds for a photograph, a region of it, and a tile.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.images.box import Box
from hemolens.images.polygon import fill_polygon

if TYPE_CHECKING:
    from hemolens.images.region import Region


@dataclass(frozen=True)
class Counts:
    """How many cells of each type; zero is a count.

    Examples
    --------
    >>> Counts(rbc=3, wbc=1, plt=0) + Counts(rbc=2, wbc=0, plt=0)
    Counts(rbc=5, wbc=1, plt=0)

    """

    rbc: int
    wbc: int
    plt: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


STRIP_ROWS = 512
"""So many rows of a region are drawn at once."""

NO_CELLS = Counts(rbc=0, wbc=0, plt=0)


@dataclass(frozen=True)
class FrameCounts:
    """What the counting frame of a photograph holds.

    Attributes
    ----------
    counts : Counts
        Cells by the rule of the frame; none of a type that was counted without locating its cells.
    area_px : int
        Counted area in square pixels: where the upper left corner of a counted cell can be. Without a region it is the
        photograph but for its first row and its first column, since a cell that reaches those may go on outside.

    """

    counts: Counts
    area_px: int


def count_cells(cells: Iterable[Cell], unlocated: Mapping[CellType, int] | None = None) -> Counts:
    """Count the cells of each type, those that touch the frame included.

    Parameters
    ----------
    cells : iterable of Cell
    unlocated : mapping, optional
        Cell type → count, of types that were counted without locating their cells.

    Returns
    -------
    Counts
        All zero when there are no cells.

    Examples
    --------
    >>> count_cells([])
    Counts(rbc=0, wbc=0, plt=0)

    """
    n_located = Counter(cell.type for cell in cells)
    return Counts(**{kind: n_located[kind] for kind in CELL_TYPES} | dict(unlocated or {}))


def count_in_frame(
    cells: Iterable[Cell], shape: tuple[int, int], region: NDArray[np.bool_] | None = None
) -> FrameCounts:
    """Count the cells of each type by the counting frame.

    Parameters
    ----------
    cells : iterable of Cell
        All cells of the photograph, or those that reach into the region.
    shape : (int, int)
        Rows and columns of the photograph.
    region : ndarray of bool, shape (H, W), optional
        The pixels that are counted in; the whole photograph without it.

    Returns
    -------
    FrameCounts
        Parts of a photograph that share no pixel and leave none out add up to the whole photograph.

    Examples
    --------
    >>> count_in_frame([], (480, 640))
    FrameCounts(counts=Counts(rbc=0, wbc=0, plt=0), area_px=306081)

    """
    owned = [
        cell
        for cell in cells
        if cell.box.row0 > 0 and cell.box.col0 > 0 and (region is None or region[cell.box.row0, cell.box.col0])
    ]
    area_px = (shape[0] - 1) * (shape[1] - 1) if region is None else int(region[1:, 1:].sum())
    return FrameCounts(count_cells(owned), area_px)


def count_in_region_frame(cells: Iterable[Cell], shape: tuple[int, int], region: Region) -> FrameCounts:
    """Count as :func:`count_in_frame` does, with a region that is drawn strip by strip: a slide's takes little memory.

    Parameters
    ----------
    cells : iterable of Cell
        Those that reach into the region.
    shape : (int, int)
        Rows and columns of the photograph.
    region : Region

    Returns
    -------
    FrameCounts

    """
    owned, area_px = _owned_in_strips(cells := list(cells), shape, region)
    return FrameCounts(count_cells(compress(cells, owned)), area_px)


def are_in_frame(cells: Sequence[Cell], shape: tuple[int, int], region: Region | None = None) -> list[bool]:
    """Say of each cell whether the counting frame holds it.

    Parameters
    ----------
    cells : sequence of Cell
    shape : (int, int)
        Rows and columns of the photograph.
    region : Region, optional
        Where cells are counted; the whole photograph without it.

    """
    if region is None:
        return [cell.box.row0 > 0 and cell.box.col0 > 0 for cell in cells]
    return _owned_in_strips(cells, shape, region)[0]


def _owned_in_strips(cells: Sequence[Cell], shape: tuple[int, int], region: Region) -> tuple[list[bool], int]:
    """Say which cells have their upper left corner in a region, and how many pixels it has without row and column 0."""
    owned, area_px = [False] * len(cells), 0
    waiting = sorted(
        (n for n, cell in enumerate(cells) if cell.box.row0 > 0 and cell.box.col0 > 0),
        key=lambda n: cells[n].box.row0,
    )
    for row0 in range(0, shape[0], STRIP_ROWS):
        strip = Box(row0, 0, min(row0 + STRIP_ROWS, shape[0]), shape[1])
        inside = region.within(strip)
        area_px += int(inside[max(0, 1 - row0) :, 1:].sum())
        begins = bisect_left(waiting, strip.row1, key=lambda n: cells[n].box.row0)
        here, waiting = waiting[:begins], waiting[begins:]
        for n in here:
            owned[n] = bool(inside[cells[n].box.row0 - row0, cells[n].box.col0])
    return owned, area_px


def cells_in_region(cells: Sequence[Cell], region: NDArray[np.bool_]) -> list[Cell]:
    """Choose the cells of which at least one pixel lies in a region.

    Parameters
    ----------
    cells : sequence of Cell
        In pixels of the mask.
    region : ndarray of bool, shape (H, W)

    Returns
    -------
    list of Cell
        In the same order.

    """
    return [cell for cell in cells if _reaches(cell, region)]


def _reaches(cell: Cell, region: NDArray[np.bool_]) -> bool:
    row0, col0, row1, col1 = cell.box
    within = region[row0:row1, col0:col1]
    if within.all() or not within.any():
        return bool(within.all())
    body = fill_polygon([cell.outline[:, ::-1].astype(np.float64) + 0.5], cell.box)
    return bool((within & body).any() or region[row0, col0])
