"""Outlines of cells, and the picture of numbers that they enclose."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.labels.corner_box import LabelBox, box_around

Outline = Sequence[NDArray[np.float64]]
"""Rings (N, 2), x and y in pixels from the outer corner of the first pixel; a ring within another is a hole."""


def box_of(outline: Outline) -> LabelBox | None:
    """Give the box around all rings; None when they enclose nothing."""
    return box_around(np.concatenate(outline)) if outline else None


def paint_outlines(outlines: Sequence[Outline], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Number the pixels whose centres lie inside cells, the smaller cells on top.

    Parameters
    ----------
    outlines : sequence of Outline
        Inside a picture of this shape, give or take some pixels.
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
    from skimage.draw import polygon2mask

    numbers = np.zeros(shape, np.int32)
    boxed = [(outline, box) for outline in outlines if (box := box_of(outline)) is not None]
    for number, (outline, box) in enumerate(sorted(boxed, key=lambda each: -_area(each[1])), start=1):
        (top, left), (bottom, right) = np.floor(box[:2]).astype(int), np.ceil(box[2:]).astype(int)
        top, left = max(top, 0), max(left, 0)
        window = numbers[top:bottom, left:right]
        inside = np.zeros(window.shape, bool)
        for ring in outline:
            inside ^= polygon2mask(window.shape, ring[:, ::-1] - 0.5 - (top, left))
        window[inside] = number
    return numbers


def _area(box: LabelBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
