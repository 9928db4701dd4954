"""Red cells → the shape of those that can be seen whole.

A cell that touches the frame, or another cell, is left out: where two overlap, the outline of neither is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell
from hemolens.cells.near_pairs import near_pairs
from hemolens.cells.red_cell_shape import measure_shape
from hemolens.images.box import Box
from hemolens.measurements.colours import MeasuredColours, absorbance

LEAST_GAP = 0.02
"""Cells closer to each other than so many of their diameters touch: one pixel of the maps."""

_GREEN = 1
"""Haemoglobin and eosin take up green light most."""


def measure_red_cells(
    cells: Sequence[Cell],
    among: Sequence[Cell],
    pixels: NDArray[np.uint8],
    window: Box,
    measured: MeasuredColours,
) -> list[Cell]:
    """Measure the shape of each whole red cell that lies free.

    Parameters
    ----------
    cells : sequence of Cell
        In pixels of the image, their boxes in the window.
    among : sequence of Cell
        All cells of the window: these, and those around them.
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB of the window.
    window : Box
        In the image.
    measured : MeasuredColours
        Colours of the image.

    Returns
    -------
    list of Cell
        In the same order.

    """
    touching = _touching(among)
    return [
        cell
        if cell.type != "rbc" or cell.touches_frame or id(cell) in touching
        else _measured(cell, pixels, window, measured)
        for cell in cells
    ]


def _measured(cell: Cell, pixels: NDArray[np.uint8], window: Box, measured: MeasuredColours) -> Cell:
    row0, col0 = max(window.row0, cell.box.row0 - 1), max(window.col0, cell.box.col0 - 1)
    rows = slice(row0 - window.row0, cell.box.row1 + 1 - window.row0)
    cols = slice(col0 - window.col0, cell.box.col1 + 1 - window.col0)
    green = absorbance(pixels[rows, cols], measured.background)[..., _GREEN]
    return replace(cell, shape=measure_shape(cell.outline - np.array([row0, col0], np.float32), green))


def _touching(cells: Sequence[Cell]) -> set[int]:
    """Identities of the cells that touch or overlap another."""
    if not cells:
        return set()
    places = np.array([(cell.row, cell.col) for cell in cells], np.float64)
    largest = max(max(cell.box.row1 - cell.box.row0, cell.box.col1 - cell.box.col0) for cell in cells)
    found: set[int] = set()
    for first, second in _pairs(cells, places, (2**0.5 + LEAST_GAP) * largest):
        if _touch(first, second):
            found |= {id(first), id(second)}
    return found


def _pairs(cells: Sequence[Cell], places: NDArray[np.float64], reach_px: float) -> Iterable[tuple[Cell, Cell]]:
    """Pairs of cells whose boxes are nearer to each other than cells may be."""
    for a, b in near_pairs(places, reach_px).T.tolist():
        first, second = cells[a], cells[b]
        gap = _gap_px(first, second)
        if (
            first.box.row0 - gap < second.box.row1
            and second.box.row0 - gap < first.box.row1
            and first.box.col0 - gap < second.box.col1
            and second.box.col0 - gap < first.box.col1
        ):
            yield first, second


def _gap_px(first: Cell, second: Cell) -> float:
    return LEAST_GAP * min(first.diameter_px, second.diameter_px)


def _touch(first: Cell, second: Cell) -> bool:
    """Whether a corner of one outline lies in the other, or nearer to it than cells may be."""
    import cv2

    gap = _gap_px(first, second)
    return any(
        cv2.pointPolygonTest(np.ascontiguousarray(one.outline[:, ::-1]), (float(col), float(row)), True) > -gap
        for one, other in ((first, second), (second, first))
        for row, col in other.outline
    )
