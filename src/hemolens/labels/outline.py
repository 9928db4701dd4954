"""Outlines or pixels of cells → a picture of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.polygon import Ring, fill_polygon
from hemolens.labels.corner_box import LabelBox, box_around
from hemolens.labels.run_lengths import Runs

Outline = Sequence[Ring]
"""The rings of one cell; a ring within another is a hole."""


def box_of(outline: Outline) -> LabelBox | None:
    """Give the box around all rings; None when they enclose nothing."""
    return box_around(np.concatenate(outline)) if outline else None


def paint_cells(cells: Sequence[Outline | Runs], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Number the pixels whose centres lie in cells, on their border included, the smaller cells on top.

    Parameters
    ----------
    cells : sequence of Outline or Runs
        Outlines may reach out of a picture of this shape, and are cut off there. Runs are of such a picture.
    shape : (int, int)

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 where there is no cell, and another number from 1 for each cell.

    Examples
    --------
    >>> square = np.array([[1, 1], [3, 1], [3, 3], [1, 3]], float)
    >>> paint_cells([[square]], (4, 4))
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]], dtype=int32)

    """
    numbers = np.zeros(shape, np.int32)
    boxed = [(cell, box) for cell in cells if (box := cell.box if isinstance(cell, Runs) else box_of(cell)) is not None]
    for number, (cell, box) in enumerate(sorted(boxed, key=lambda each: -_area(each[1])), start=1):
        around = _whole_pixels(box, shape)
        window = numbers[around.row0 : around.row1, around.col0 : around.col1]
        is_inside = cell.within(around) if isinstance(cell, Runs) else fill_polygon(cell, around, with_border=True)
        window[is_inside] = number
    return numbers


def _whole_pixels(box: LabelBox, shape: tuple[int, int]) -> Box:
    """Give the pixels of a picture that a box touches."""
    (row0, col0), (row1, col1) = np.floor(box[:2]).clip(0, shape), np.ceil(box[2:]).clip(0, shape)
    return Box(int(row0), int(col0), int(row1), int(col1))


def _area(box: LabelBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
