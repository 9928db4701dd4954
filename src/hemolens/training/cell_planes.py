"""Numbered cells → what the one-pass network is taught of them: mask, edge, distance and centre.

A picture of numbers says which pixel belongs to which cell; a picture of flags beside it says where which of the
planes is known, since many labels (boxes, joined masks) tell less than an outline does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CENTRE_SIGMA = 0.09
"""Standard deviation of the peak that is drawn on a centre, in red-cell diameters."""

EDGE_PX = 2
"""Width of an edge on each side of a border: between touching cells it is twice as wide."""

DEEP = 0.75
"""The centre of a cell is the mean of its pixels that lie at least this deep, of its greatest depth."""


class Known(IntFlag):
    """What is known at a pixel."""

    NOTHING = 0
    MASK = 1
    EDGE = 2
    DISTANCE = 4
    CENTRE = 8
    ALL = 15


PLANES: dict[str, Known] = {
    "mask": Known.MASK,
    "edge": Known.EDGE,
    "distance": Known.DISTANCE,
    "centre": Known.CENTRE,
}
"""The planes by name, and the flag that says where each is known."""


@dataclass(frozen=True, eq=False)
class NumberedCells:
    """The cells of one type on a photograph.

    Attributes
    ----------
    numbers : ndarray of uint16, shape (H, W)
        0 where there is no cell, and another number for each cell.
    known : ndarray of uint8, shape (H, W)
        Flags of :class:`Known`.

    """

    numbers: NDArray[np.uint16]
    known: NDArray[np.uint8]


def draw_plane(name: str, numbers: NDArray[np.uint16], red_cell_diameter_px: float) -> NDArray[np.uint8]:
    """Draw one plane of the cells: 0 … 255, shape (H, W).

    ``mask`` is 255 in cells; ``edge`` on both sides of every border of a cell (:data:`EDGE_PX`); ``distance`` the
    distance to that border as a share of the cell's greatest; ``centre`` a peak on the middle of each cell.
    """
    if name == "mask":
        return np.where(numbers > 0, 255, 0).astype(np.uint8)
    if name == "edge":
        return np.where(at_borders(numbers, EDGE_PX), 255, 0).astype(np.uint8)
    depth = share_of_depth(numbers)
    if name == "distance":
        return np.round(255 * depth).astype(np.uint8)
    return draw_centres(numbers, depth, red_cell_diameter_px)


def at_borders(numbers: NDArray[np.uint16], reach_px: int = 1) -> NDArray[np.bool_]:
    """Pixels that have one of another number as near as this; the next ones to the side are at 1."""
    near = neighbourhood(reach_px)
    return np.asarray(cv2.dilate(numbers, near) != cv2.erode(numbers, near))


def neighbourhood(reach_px: int) -> NDArray[np.uint8]:
    """The pixels around one, as far as this, for OpenCV's morphology; at 1, the four to the side."""
    side = 2 * reach_px + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def share_of_depth(numbers: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Distance of every pixel of a cell to its border, divided by the greatest of that cell: 0 … 1.

    Examples
    --------
    >>> square = np.pad(np.ones((3, 3), np.uint16), 1)
    >>> share_of_depth(square)[2].round(1)
    array([0. , 0.5, 1. , 0.5, 0. ], dtype=float32)

    """
    inner = np.where(at_borders(numbers), 0, numbers)
    depth = cv2.distanceTransform((inner > 0).astype(np.uint8), cv2.DIST_L2, 3) + np.float32(1)
    depth[numbers == 0] = 0
    deepest = np.zeros(int(numbers.max(initial=0)) + 1, np.float32)
    np.maximum.at(deepest, numbers.ravel(), depth.ravel())
    return np.asarray(depth / np.maximum(deepest, 1)[numbers], np.float32)


def draw_centres(
    numbers: NDArray[np.uint16], depth: NDArray[np.float32], red_cell_diameter_px: float
) -> NDArray[np.uint8]:
    """A Gaussian peak on the middle of each cell, 0 … 255; where two overlap, the higher counts."""
    sigma = CENTRE_SIGMA * red_cell_diameter_px
    deep = np.where(depth >= DEEP, numbers, 0)
    present = np.unique(deep)[1:]
    middles = ndimage.center_of_mass(deep > 0, deep, present) if len(present) else []
    drawn = np.zeros(numbers.shape, np.float32)
    reach = int(np.ceil(3 * sigma))
    for row, col in middles:
        rows = np.arange(max(0, round(row) - reach), min(numbers.shape[0], round(row) + reach + 1))
        cols = np.arange(max(0, round(col) - reach), min(numbers.shape[1], round(col) + reach + 1))
        squares = (rows[:, None] - row) ** 2 + (cols - col) ** 2
        window = drawn[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1]
        np.maximum(window, np.exp(-squares / (2 * sigma**2)), out=window)
    return np.round(255 * drawn).astype(np.uint8)
