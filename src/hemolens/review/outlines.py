"""Outlines drawn by hand → cells that the program itself could have found.

An outline is painted on pixels, and the cell is made of those, as a counter makes one: area, centre, box and outline
mean the same whoever drew it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, cells_from_labels, from_window
from hemolens.counted_image import CountedImage
from hemolens.errors import ReviewError
from hemolens.images.box import Box
from hemolens.images.holes import fill_holes
from hemolens.images.polygon import fill_polygon
from hemolens.images.region import LARGEST_PX
from hemolens.plan.blocks import HALO_DIAMETERS
from hemolens.plan.plan import Plan

MOST_POINTS = 10_000
"""An outline or a stroke has at most so many; by hand one draws a few hundred."""

LARGEST_DIAMETERS = 2 * HALO_DIAMETERS
"""A cell is at most so many red-cell diameters wide, as for the counters."""

LEAST_MAIN_PART = 0.9
"""Share of its pixels that the largest piece of an outline holds; the rest are loops of an unsteady hand."""

_Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Body:
    """Pixels of one cell within a box of the image.

    Attributes
    ----------
    pixels : ndarray of bool, shape (rows, columns) of the box
    box : Box

    """

    pixels: _Mask
    box: Box


def checked_points(points: ArrayLike, what: str, *, fewest: int) -> NDArray[np.float64]:
    """Read the points of a line that a person drew.

    Parameters
    ----------
    points : array-like, shape (N, 2)
        Row and column, in pixels of the image.
    what : str
        What it is, for the message.
    fewest : int
        So many are needed.

    Raises
    ------
    ReviewError
        They are no such points, too few or too many, or one is not a number within :data:`LARGEST_PX` of zero.

    """
    allowed = f"{fewest} to {MOST_POINTS} points (row, column), in pixels"
    try:
        read = np.asarray(points, np.float64)
    except (TypeError, ValueError) as error:
        raise ReviewError(f"the {what} is malformed", came=type(points).__name__, allowed=allowed, do=_ANEW) from error
    if read.ndim != 2 or read.shape[1] != 2 or not fewest <= len(read) <= MOST_POINTS:
        came = f"{len(read)} points" if read.ndim == 2 and read.shape[1] == 2 else f"numbers of the shape {read.shape}"
        raise ReviewError(f"the {what} is malformed", came=came, allowed=allowed, do=_ANEW)
    if not (np.abs(read) <= LARGEST_PX).all():  # NaN is not, either
        came = "a point that is no number, or too far from zero"
        raise ReviewError(f"the {what} is malformed", came=came, allowed=allowed, do=_ANEW)
    return read


def box_around(points: NDArray[np.floating]) -> Box:
    """Find the box of the pixels that an outline may cover; it may reach out of the image."""
    row0, col0 = np.floor(points.min(axis=0) + 0.5).astype(int).tolist()
    row1, col1 = np.ceil(points.max(axis=0) + 0.5).astype(int).tolist()
    return Box(row0, col0, row1, col1)


def paint(outline: NDArray[np.floating], box: Box) -> _Mask:
    """Say of every pixel of a box whether it lies inside an outline: bool, rows and columns of the box."""
    return fill_polygon([outline[:, ::-1].astype(np.float64) + 0.5], box)


def join_boxes(boxes: Iterable[Box]) -> Box:
    """Find the smallest box that holds some others."""
    row0, col0, row1, col1 = zip(*boxes, strict=True)
    return Box(min(row0), min(col0), max(row1), max(col1))


def check_size(box: Box, result: CountedImage) -> None:
    """Refuse what is larger than any blood cell.

    Raises
    ------
    ReviewError

    """
    sides = box.row1 - box.row0, box.col1 - box.col0
    largest_px = math.ceil(LARGEST_DIAMETERS * result.red_cell_diameter.px)
    if max(sides) > largest_px:
        raise ReviewError(
            "this is too large for a cell",
            came=f"{sides[1]} × {sides[0]} pixels",
            allowed=f"sides up to {largest_px} pixels, {LARGEST_DIAMETERS} times the width of a red cell",
            do="outline one cell, or count again with the right red-cell diameter",
        )


def body_of_outline(points: ArrayLike, result: CountedImage) -> Body:
    """Paint an outline that a person drew.

    Parameters
    ----------
    points : array-like, shape (N, 2)
        Row and column of the corners, in pixels of the image. What reaches out of the image is cut off. Where the line
        crosses itself, the largest of the pieces is the cell, if the others are small.
    result : CountedImage

    Raises
    ------
    ReviewError
        The points are malformed, hold no pixel of the image or more than a cell has, or the line crosses itself so that
        it is not clear what is inside.

    """
    outline = checked_points(points, "outline", fewest=3)
    around = box_around(outline)
    check_size(around, result)
    drawn = paint(outline, around)
    n_rows, n_cols = result.image.shape
    inside = drawn[
        max(-around.row0, 0) : max(n_rows - around.row0, 0), max(-around.col0, 0) : max(n_cols - around.col0, 0)
    ]
    if not inside.any():
        came = "an outline with no pixel of the image in it"
        raise ReviewError("there is no cell", came=came, allowed="at least one pixel", do=_ANEW)
    main = largest_piece(inside)
    if _crosses_itself(outline, int(drawn.sum())) or main.sum() < LEAST_MAIN_PART * inside.sum():
        came = "several pieces, or a line that runs around them in both directions"
        raise ReviewError("the outline crosses itself", came=came, allowed="a line around one piece", do=_ANEW)
    top, left = max(around.row0, 0), max(around.col0, 0)
    return Body(main, Box(top, left, top + main.shape[0], left + main.shape[1]))


def body_of_cells(cells: Iterable[Cell]) -> Body:
    """Paint cells on one picture; of one smaller than a pixel, that of its centre is painted."""
    chosen = list(cells)
    box = join_boxes(cell.box for cell in chosen)
    painted = np.zeros((box.row1 - box.row0, box.col1 - box.col0), bool)
    for cell in chosen:
        own = paint(cell.outline, box)
        if not own.any():
            own[round(cell.row) - box.row0, round(cell.col) - box.col0] = True
        painted |= own
    return Body(painted, box)


def largest_piece(pixels: _Mask) -> _Mask:
    """Keep the largest connected piece, with its holes filled."""
    labels = numbered_pieces(pixels)
    sizes = np.bincount(labels[pixels])
    return fill_holes(labels == sizes.argmax(), math.inf)


def _crosses_itself(outline: NDArray[np.float64], n_painted: int) -> bool:
    """Whether the area that a line runs around is not that of what lies inside: it runs around a part the other way."""
    steps = np.roll(outline, -1, axis=0) - outline
    area = abs(np.dot(outline[:, 0], steps[:, 1]) - np.dot(outline[:, 1], steps[:, 0])) / 2
    from_pixels = np.hypot(*steps.T).sum() / 2  # so much pixels may differ from an area
    return bool(abs(area - n_painted) > (1 - LEAST_MAIN_PART) * n_painted + from_pixels)


def numbered_pieces(pixels: _Mask, connectivity: int = 8) -> NDArray[np.int32]:
    """Number the connected pieces from 1; 0 is outside: int32, of the same shape."""
    import cv2

    return np.asarray(cv2.connectedComponents(pixels.astype(np.uint8), connectivity=connectivity)[1], np.int32)


def cells_of(labels: NDArray[np.int32], box: Box, kind: CellType, reviewed: CountedImage | Plan) -> list[Cell]:
    """Make cells of numbered pixels.

    Parameters
    ----------
    labels : ndarray of int32, shape (rows, columns) of the box
        0 is outside, every other number one cell.
    box : Box
        In pixels of the image.
    kind : {"rbc", "wbc", "plt"}
    reviewed : CountedImage or Plan
        Its frame and its field of view cut cells.

    Returns
    -------
    list of Cell
        In pixels of the image, in reading order; their score is 1.

    """
    found = from_window(cells_from_labels(labels, cell_type=kind), box.row0, box.col0, reviewed.image.shape)
    field = reviewed.field_of_view
    if field is None:
        return found
    # a person may count what is cut more than half, so nothing is left out here
    return [replace(cell, touches_frame=True) if field.cuts(cell) else cell for cell in found]


_ANEW = "draw it anew"


def flat_outline(cell: Cell) -> list[float]:
    """Give x, y, x, y … of the corners of a cell's outline, to a tenth of a pixel."""
    points: list[float] = cell.outline[:, ::-1].astype(np.float64).round(1).ravel().tolist()
    return points
