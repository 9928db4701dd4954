"""Outlines of cells, and the picture of numbers that they enclose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.polygon import Ring, fill_polygon
from hemolens.labels.corner_box import LabelBox, box_around

Outline = Sequence[Ring]
"""The rings of one cell; a ring within another is a hole."""


def box_of(outline: Outline) -> LabelBox | None:
    """Give the box around all rings; None when they enclose nothing."""
    return box_around(np.concatenate(outline)) if outline else None


def paint_outlines(outlines: Sequence[Outline], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Number the pixels whose centres lie in cells, on their border included, the smaller cells on top.

    Parameters
    ----------
    outlines : sequence of Outline
        They may reach out of a picture of this shape, and are cut off there.
    shape : (int, int)

    Returns
    -------
    ndarray of int32, shape (H, W)
        0 where there is no cell, and another number from 1 for each cell.

    Examples
    --------
    >>> square = np.array([[1, 1], [3, 1], [3, 3], [1, 3]], float)
    >>> paint_outlines([[square]], (4, 4))
    array([[0, 0, 0, 0],
           [0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]], dtype=int32)

    """
    numbers = np.zeros(shape, np.int32)
    boxed = [(outline, box) for outline in outlines if (box := box_of(outline)) is not None]
    for number, (outline, box) in enumerate(sorted(boxed, key=lambda each: -_area(each[1])), start=1):
        around = _whole_pixels(box, shape)
        window = numbers[around.row0 : around.row1, around.col0 : around.col1]
        window[fill_polygon(outline, around, with_border=True)] = number
    return numbers


def _whole_pixels(box: LabelBox, shape: tuple[int, int]) -> Box:
    """Give the pixels of a picture that a box touches."""
    (row0, col0), (row1, col1) = np.floor(box[:2]).clip(0, shape), np.ceil(box[2:]).clip(0, shape)
    return Box(int(row0), int(col0), int(row1), int(col1))


def _area(box: LabelBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
