"""A polygon → the pixels inside it.

A pixel is inside when its centre is (:func:`fill_polygon`). Coordinates are x and y in pixels from the outer corner of
the first pixel, whose centre is (0.5, 0.5). A polygon has one ring or several, and the even-odd rule says what lies
inside: a ring within another is a hole.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box

Ring = NDArray[np.float64]
"""x and y of the corners of a closed line, shape (N, 2), in pixels from the outer corner of the first pixel."""


def fill_polygon(rings: Iterable[Ring], box: Box, *, with_border: bool = False) -> NDArray[np.bool_]:
    """Say of every pixel of a box whether its centre lies inside a polygon.

    A pixel whose centre lies exactly on a border belongs to the polygon to the right of it, or below it. So polygons
    on both sides of a border share no pixel and leave none out.

    Parameters
    ----------
    rings : iterable of Ring
        They may reach out of the box. Without a ring nothing is inside.
    box : Box
    with_border : bool, optional
        Count every centre that lies exactly on the border as inside. For outlines whose corners are the centres of
        pixels that belong to the cell.

    Returns
    -------
    ndarray of bool, shape (rows, columns) of the box

    Examples
    --------
    >>> triangle = np.array([[0.5, 0.5], [3.5, 0.5], [0.5, 3.5]])
    >>> fill_polygon([triangle], Box(0, 0, 4, 4)).astype(int)
    array([[1, 1, 1, 0],
           [1, 1, 0, 0],
           [1, 0, 0, 0],
           [0, 0, 0, 0]])
    >>> fill_polygon([triangle], Box(0, 0, 4, 4), with_border=True).astype(int)
    array([[1, 1, 1, 1],
           [1, 1, 1, 0],
           [1, 1, 0, 0],
           [1, 0, 0, 0]])

    """
    n_rows, n_cols = box.row1 - box.row0, box.col1 - box.col0
    crossings = np.zeros((n_rows, n_cols + 1), bool)
    edges = [_edges_of(ring) for ring in rings]
    for upper, lower in edges:
        row, col = _crossed(upper, lower, box)
        # crossed twice at one place is not crossed
        places, n_times = np.unique((row - box.row0) * (n_cols + 1) + col, return_counts=True)
        crossings.reshape(-1)[places[n_times % 2 == 1]] ^= True
    inside: NDArray[np.bool_] = np.logical_xor.accumulate(crossings, axis=1)[:, :n_cols]
    for upper, lower in edges if with_border else ():
        row, col = _on_border(upper, lower, box)
        inside[row - box.row0, col - box.col0] = True
    return inside


def draw_polygon(picture: NDArray[Any], corners: NDArray[np.floating], value: int) -> None:
    """Paint a polygon together with the line around it, as OpenCV draws it.

    It comes out larger than by :func:`fill_polygon`, by about half a pixel: every pixel that the line runs through is
    painted. This is for what was made with it and would change without it: the targets that the networks were trained
    on, the limits of the quality check; and for drawings on a lattice, where the corners themselves are to be painted.

    Parameters
    ----------
    picture : ndarray, shape (H, W)
        Painted on.
    corners : ndarray of float, shape (N, 2)
        One ring, x and y in pixels from the outer corner of the first pixel; rounded to sixteenths.
    value : int
        What the pixels of the polygon become.

    Examples
    --------
    >>> picture = np.zeros((4, 4), np.uint8)
    >>> draw_polygon(picture, np.array([[1.0, 1.0], [3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]), 1)
    >>> int(picture.sum()), int(fill_polygon([np.array([[1, 1], [3, 1], [3, 3], [1, 3]])], Box(0, 0, 4, 4)).sum())
    (9, 4)

    """
    import cv2

    cv2.fillPoly(picture, [np.rint((corners - 0.5) * 16).astype(np.int32)], value, shift=4)


def _edges_of(ring: Ring) -> tuple[Ring, Ring]:
    """Upper and lower end of every edge, both (N, 2): it is computed from its upper end whichever way it runs."""
    starts, ends = np.asarray(ring, np.float64), np.roll(np.asarray(ring, np.float64), -1, axis=0)
    runs_up = (ends[:, 1] < starts[:, 1])[:, None]
    return np.where(runs_up, ends, starts), np.where(runs_up, starts, ends)


def _crossed(upper: Ring, lower: Ring, box: Box) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of pixels that edges cross, and the column in the box from which on pixels lie to the right of them.

    An edge is crossed by the rows from its upper end up to, not including, its lower end.
    """
    first, stop = (np.clip(np.ceil(end[:, 1] - 0.5), box.row0, box.row1).astype(np.intp) for end in (upper, lower))
    edge, row = _rows_of_edges(first, stop)
    (x0, y0), (x1, y1) = upper[edge].T, lower[edge].T
    x = x0 + (row + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
    return row, np.clip(np.ceil(x - 0.5) - box.col0, 0, box.col1 - box.col0).astype(np.intp)


def _rows_of_edges(first: NDArray[np.intp], stop: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every row from `first` to `stop` of every edge: number of the edge, and row.

    >>> _rows_of_edges(np.array([3, 5]), np.array([5, 6]))
    (array([0, 0, 1]), array([3, 4, 5]))
    """
    n_rows = np.maximum(stop - first, 0)
    edge = np.repeat(np.arange(len(first)), n_rows)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
    return edge, first[edge] + nth


def _on_border(upper: Ring, lower: Ring, box: Box) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pixels of a box whose centres lie exactly on an edge."""
    is_level = upper[:, 1] == lower[:, 1]
    first = np.clip(np.ceil(upper[:, 1] - 0.5), box.row0, box.row1).astype(np.intp)
    stop = np.clip(np.floor(lower[:, 1] + 0.5), box.row0, box.row1).astype(np.intp)
    edge, row = _rows_of_edges(first, np.where(is_level, first, stop))
    (x0, y0), (x1, y1) = upper[edge].T, lower[edge].T
    col = np.rint(x0 + (row + 0.5 - y0) * ((x1 - x0) / (y1 - y0)) - 0.5)
    # multiplied, not divided: of corners at centres of pixels both sides are exact
    is_on = (col + 0.5 - x0) * (y1 - y0) == (x1 - x0) * (row + 0.5 - y0)
    is_on &= (col >= box.col0) & (col < box.col1)
    rows, cols = [row[is_on]], [col[is_on].astype(np.intp)]
    for (x0, y), (x1, _) in zip(upper[is_level].tolist(), lower[is_level].tolist(), strict=True):
        if (y - 0.5).is_integer() and box.row0 <= y - 0.5 < box.row1:
            left, right = max(math.ceil(min(x0, x1) - 0.5), box.col0), min(math.floor(max(x0, x1) + 0.5), box.col1)
            cols.append(np.arange(left, right))
            rows.append(np.full(len(cols[-1]), int(y - 0.5)))
    return np.concatenate(rows), np.concatenate(cols)
