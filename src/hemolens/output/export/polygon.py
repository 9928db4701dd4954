"""The outline of a cell as other programs want it: a polygon that does not cross itself, from the corner of the frame.

Here the centre of the first pixel is (0, 0) (:mod:`hemolens.cells.cell`). QuPath, ImageJ and COCO put the zero at the
outer corner of the first pixel, so that its centre is (0.5, 0.5) there: half a pixel is added to both coordinates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell
from hemolens.images.polygon import draw_polygon

CORNER = 0.5
"""What is added to a coordinate that counts from the centre of the first pixel to count from its outer corner."""

_N_DECIMALS = 3
_FINE = 8
"""Lattice points for each pixel when an outline that crosses itself is drawn again."""


def polygon_of(cell: Cell) -> NDArray[np.float64]:
    """Bring the outline of a cell to the form that other programs accept.

    Parameters
    ----------
    cell : Cell
        In pixels of the photograph.

    Returns
    -------
    ndarray of float64, shape (N, 2)
        x and y of at least three vertices in pixels, zero at the outer corner of the first pixel, to a thousandth of a
        pixel. No vertex is repeated, not even the first at the end; the polygon does not touch itself, encloses an
        area, and has a positive one by the shoelace formula (counter-clockwise where y points up). Where the outline
        crosses itself the polygon is its largest part; of an outline without area, the box.

    Examples
    --------
    >>> from hemolens.cells.cell import cells_from_labels
    >>> cell, = cells_from_labels(np.eye(2, 3, 1, dtype=np.int32)[:1], cell_type="plt")
    >>> polygon_of(cell).tolist()
    [[2.0, 0.0], [2.0, 1.0], [1.0, 1.0], [1.0, 0.0]]

    """
    points = _without_repeats(np.round(cell.outline[:, ::-1].astype(np.float64) + CORNER, _N_DECIMALS))
    if not is_simple(points):
        points = _largest_part(points)
    if not is_simple(points):
        row0, col0, row1, col1 = cell.box
        points = np.array([[col0, row0], [col1, row0], [col1, row1], [col0, row1]], float)
    return points if signed_area(points) > 0 else points[::-1]


def signed_area(points: NDArray[np.float64]) -> float:
    """Area of a polygon by the shoelace formula, in square pixels; negative when it runs the other way round.

    >>> signed_area(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 3.0]]))
    3.0
    """
    if len(points) < 3:
        return 0.0
    x, y = (points - points[0]).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def is_simple(points: NDArray[np.float64]) -> bool:
    """Whether a polygon encloses an area and neither crosses nor touches itself.

    Parameters
    ----------
    points : ndarray of float64, shape (N, 2)
        Vertices; the last is joined to the first.

    Examples
    --------
    >>> square, bow = [[0, 0], [2, 0], [2, 2], [0, 2]], [[0, 0], [2, 2], [2, 0], [0, 2]]
    >>> is_simple(np.array(square, float)), is_simple(np.array(bow, float))
    (True, False)

    """
    if len(points) < 3 or signed_area(points) == 0:
        return False
    if _is_star_shaped(points):  # as nearly every cell is; the test of all pairs takes much longer
        return True
    starts, ends = points, np.roll(points, -1, axis=0)
    steps = ends - starts
    # Next to each other: they share a vertex, and must not fold back.
    following = np.roll(steps, -1, axis=0)
    if ((_cross(steps, following) == 0) & ((steps * following).sum(axis=1) < 0)).any():
        return False
    first, second = np.triu_indices(len(points), k=2)
    apart = (first > 0) | (second < len(points) - 1)
    first, second = first[apart], second[apart]
    a, b, c, d = starts[first], ends[first], starts[second], ends[second]
    boxes_meet = ((np.minimum(a, b) <= np.maximum(c, d)) & (np.minimum(c, d) <= np.maximum(a, b))).all(axis=1)
    parted_by_first = _cross(b - a, c - a) * _cross(b - a, d - a) > 0
    parted_by_second = _cross(d - c, a - c) * _cross(d - c, b - c) > 0
    return not (boxes_meet & ~parted_by_first & ~parted_by_second).any()


def _is_star_shaped(points: NDArray[np.float64]) -> bool:
    """Whether all vertices follow each other in one turn around their middle."""
    spokes = points - points.mean(axis=0)
    following = np.roll(spokes, -1, axis=0)
    turned = _cross(spokes, following)
    if not ((turned > 0).all() or (turned < 0).all()):
        return False
    angles = np.arctan2(turned, (spokes * following).sum(axis=1))
    return bool(abs(angles.sum()) < 3 * np.pi)


def _cross(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return product


def _without_repeats(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out each vertex that lies where the one before it does."""
    kept: NDArray[np.float64] = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    return kept


def _largest_part(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw a polygon on a fine lattice, cut necks thinner than four points, and follow the largest part."""
    import cv2

    if len(points) < 3:
        return points
    low = np.floor(points.min(axis=0)) - 1
    width, height = (np.ceil(points.max(axis=0) - low).astype(int) + 2) * _FINE
    drawn = np.zeros((height, width), np.uint8)
    draw_polygon(drawn, np.rint((points - low) * _FINE) + 0.5, 1)
    neighbours = np.ones((3, 3), np.uint8)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(cv2.erode(drawn, neighbours))
    if len(stats) < 2:
        return points
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    part_alone = cv2.dilate((parts == largest).astype(np.uint8), neighbours)
    (contour, *_), _ = cv2.findContours(part_alone, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for shape in (contour, cv2.approxPolyDP(contour, 2.0, True), cv2.convexHull(contour)):
        part: NDArray[np.float64] = np.round(shape.reshape(-1, 2) / _FINE + low, _N_DECIMALS)
        if is_simple(part):
            break
    return part
