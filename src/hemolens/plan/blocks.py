"""A smear is counted block by block, and every cell in exactly one of them.

::

        ┌───────────────────────┐   window: the block and a halo on every side, cut at the frame;
        │  ┌─────────────┐      │           maps and cells are made of all of it
        │  │    block    │      │   block:  the cells whose centre lies in it are counted,
        │  └─────────────┘      │           the others belong to its neighbours
        └───────────────────────┘

The blocks leave out no pixel and share none, so a centre lies in one of them. What a counter makes of a cell depends
on its surroundings, which are in the halo: :data:`HALO_DIAMETERS`. Therefore **a body that reaches further than the
halo from its centre is no cell**, in a picture of one block, too. It is eight red cells wide; no blood cell is. Where
the window cuts such a body, the part that is seen still reaches that far, or its centre lies in another block; so it
is left out by the same rule, and all that is not left out is seen whole by the block that counts it.

Maps are equal whatever the block: what a network must see around a window is read from the image, and only the frame of
the smear is a frame to it. Counters look no further than a body and those that it touches, but a pile is a chain
of them: where it goes on beyond the window, its parting is taken to depend on what is near. That is not proved, it
is tested (``tests/plan/test_blocks.py``), with piles on the seams, for watershed, connected components and peaks. The
circle Hough transform votes on maps of another scale, whose pixels fall elsewhere in each window: some of its circles
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell, moved
from hemolens.images.box import Box
from hemolens.images.image import Shape
from hemolens.images.tiles import Part
from hemolens.statistics.counts import cells_in_region

if TYPE_CHECKING:
    from hemolens.images.region import Region

BLOCK_DIAMETERS = 48
"""A block is at most so many red-cell diameters wide: its maps and what counters make of them fill the memory."""

HALO_DIAMETERS = 4
"""How far around a block is looked, in red-cell diameters: a white cell, two wide, and its neighbours have room."""


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a smear that is counted at once.

    Attributes
    ----------
    own : Box
        Where the centres of its cells lie.
    window : Box
        What is read for it: `own` and the halo, cut at the frame.
    halo_px : float
        Width of the halo, in pixels of the smear.

    """

    own: Box
    window: Box
    halo_px: float

    def owned(self, cells: Sequence[Cell]) -> list[Cell]:
        """Choose the cells that this block counts.

        Parameters
        ----------
        cells : sequence of Cell
            Found in the window, in pixels of the smear.

        Returns
        -------
        list of Cell
            In the same order.

        """
        row0, col0, row1, col1 = self.own
        return [cell for cell in cells if row0 <= cell.row + 0.5 < row1 and col0 <= cell.col + 0.5 < col1]

    def possible(self, cells: Sequence[Cell]) -> list[Cell]:
        """Leave out the bodies that reach further than the halo from their centre.

        Parameters
        ----------
        cells : sequence of Cell
            In pixels of the smear.

        Returns
        -------
        list of Cell
            In the same order.

        """
        return [cell for cell in cells if _reach_px(cell) <= self.halo_px]

    def in_region(self, cells: Sequence[Cell], region: Region) -> list[Cell]:
        """Choose the cells of which at least one pixel lies in a region.

        Parameters
        ----------
        cells : sequence of Cell
            In pixels of the image, their boxes in the window.
        region : Region

        Returns
        -------
        list of Cell
            In the same order.

        """
        inside, (row, col, *_) = region.within(self.window), self.window
        return [cell for cell in cells if cells_in_region([moved(cell, -row, -col)], inside)]

    def pixels_of_map(
        self, map_shape: Shape, part: Part, shape: Shape, region: Region | None = None
    ) -> NDArray[np.bool_]:
        """Choose the pixels of a map that belong to this block: those whose centre lies in `own`.

        Parameters
        ----------
        map_shape : (int, int)
            Rows and columns of the map; it holds `own`.
        part : Part
            Where the map lies in that of the whole smear.
        shape : (int, int)
            Rows and columns of the smear.
        region : Region, optional
            The centre also lies in it; in pixels of the smear.

        Returns
        -------
        ndarray of bool, shape `map_shape`
            Blocks that leave out no pixel of the smear and share none have each pixel of the map once.

        """
        row0, col0, row1, col1 = self.own
        (rows, is_row), (cols, is_col) = (
            _within(np.arange(n) + first, whole, n_whole, low, high)
            for n, first, whole, n_whole, low, high in (
                (map_shape[0], part.row, part.of[0], shape[0], row0, row1),
                (map_shape[1], part.col, part.of[1], shape[1], col0, col1),
            )
        )
        chosen = np.outer(is_row, is_col)
        if region is not None:
            chosen[chosen] = region.within(self.own)[np.ix_(rows, cols)].ravel()
        return chosen


def plan_blocks(
    shape: Shape, diameter_px: float, region: Region | None = None, *, block_diameters: float | None = None
) -> list[Block]:
    """Cover a smear with blocks of about one size.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the smear.
    diameter_px : float
        Usual red-cell diameter in pixels, > 0.
    region : Region, optional
        Only blocks in whose window there is something of it.
    block_diameters : float, optional
        Largest side of a block, in red-cell diameters, > 0. Without it, :data:`BLOCK_DIAMETERS`; but a smear that is no
        larger than the window of such a block is one block.

    Returns
    -------
    list of Block
        Row by row.

    Raises
    ------
    PhotographError
        No pixel of the smear is in the region.

    Examples
    --------
    >>> left, right = plan_blocks((30, 50), 1.0, block_diameters=30)
    >>> right.own, right.window
    (Box(row0=0, col0=25, row1=30, col1=50), Box(row0=0, col0=20, row1=30, col1=50))

    """
    halo_px = HALO_DIAMETERS * diameter_px
    side_px = (block_diameters or BLOCK_DIAMETERS) * diameter_px
    is_one = block_diameters is None and shape[0] * shape[1] <= (side_px + 2 * halo_px) ** 2
    largest_px = max(shape) if is_one else max(1, int(side_px))
    margin = int(halo_px) + 1  # boxes are rounded to whole pixels
    blocks = []
    for row0, row1 in _spans(shape[0], largest_px):
        for col0, col1 in _spans(shape[1], largest_px):
            rows = max(0, row0 - margin), min(shape[0], row1 + margin)
            cols = max(0, col0 - margin), min(shape[1], col1 + margin)
            blocks.append(Block(Box(row0, col0, row1, col1), Box(rows[0], cols[0], rows[1], cols[1]), halo_px))
    if region is None:
        return blocks
    within = [block for block in blocks if region.within(block.window).any()]
    if not within:
        raise region.is_outside(shape)
    return within


def scaled_window(window: Box, shape: Shape, scaled_shape: Shape, step: int) -> Box:
    """Find the smallest window of a scaled smear that holds a window of the smear and begins at multiples of a step.

    Parameters
    ----------
    window : Box
        In pixels of the smear.
    shape, scaled_shape : (int, int)
        Rows and columns of the smear at both scales.
    step : int
        In pixels of the scaled smear.

    Returns
    -------
    Box
        Inside the scaled image, at least one pixel large.

    Examples
    --------
    >>> scaled_window(Box(20, 50, 60, 100), (60, 100), (30, 50), 8)
    Box(row0=8, col0=24, row1=30, col1=50)

    """
    (row0, row1), (col0, col1) = (
        (low * n_scaled // n // step * step, min(n_scaled, -(-high * n_scaled // n)))
        for low, high, n, n_scaled in (
            (window.row0, window.row1, shape[0], scaled_shape[0]),
            (window.col0, window.col1, shape[1], scaled_shape[1]),
        )
    )
    return Box(row0, col0, row1, col1)


def _within(
    pixels: NDArray[np.intp], n_scaled: int, n: int, low: int, high: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Choose pixels of a scaled axis whose centre lies in a span: where they are in the span, and which they are.

    >>> places, chosen = _within(np.arange(5), 5, 10, 4, 8)
    >>> places.tolist(), chosen.tolist()
    ([1, 3], [False, False, True, True, False])
    """
    at = (2 * pixels + 1) * n // (2 * n_scaled)
    chosen = (at >= low) & (at < high)
    return at[chosen] - low, chosen


def _spans(length: int, largest: int) -> list[tuple[int, int]]:
    n_spans = -(-length // largest)
    ends = [n * length // n_spans for n in range(n_spans + 1)]
    return list(pairwise(ends))


def _reach_px(cell: Cell) -> float:
    """Distance from the centre of a cell to the farthest side of its box."""
    row, col = cell.row + 0.5, cell.col + 0.5
    return max(row - cell.box.row0, cell.box.row1 - row, col - cell.box.col0, cell.box.col1 - col)
