"""One row for a cell: what was counted, where, how large and how sure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType, WhiteCellClass
from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.images.box import Box


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One counted cell.

    Attributes
    ----------
    type : {"rbc", "wbc", "plt"}
    row, col : float
        Centre in pixels; the centre of the top-left pixel is (0, 0).
    box : Box
        Smallest half-open box around the cell, inside the frame.
    outline : ndarray of float32, shape (N, 2)
        Closed polygon, (row, col) of its vertices, at least three of them.
    area_px : float
        Area in square pixels.
    diameter_px : float
        Diameter of the circle of that area, in pixels.
    score : float
        0 … 1, higher is surer: with calibrated settings the share of such cells that are right, else a ranking.
    touches_frame : bool
        True when the cell reaches the first or last row or column of the photograph.
    white_cell_class : str or None
        Which kind of white cell it is (:data:`~hemolens.cell_types.WHITE_CELL_CLASSES`); None for other types, and
        where nobody has asked.
    class_probability : float or None
        0 … 1: how likely the likeliest class is; None where no classifier has judged.
    shape : RedCellShape or None
        Of a whole red cell that touches no other; None for all others, and where nobody has asked.

    """

    type: CellType
    row: float
    col: float
    box: Box
    outline: NDArray[np.float32]
    area_px: float
    diameter_px: float
    score: float
    touches_frame: bool
    white_cell_class: WhiteCellClass | None = None
    class_probability: float | None = None
    shape: RedCellShape | None = None

    def is_same(self, other: Cell) -> bool:
        """Whether another cell has the same values, its outline point by point.

        >>> cell, = cells_from_labels(np.eye(1, 4, dtype=np.int32), cell_type="plt")
        >>> cell.is_same(replace(cell)), cell.is_same(replace(cell, type="rbc"))
        (True, False)
        """
        names = [field.name for field in fields(self) if field.name != "outline"]
        return all(getattr(self, name) == getattr(other, name) for name in names) and np.array_equal(
            self.outline, other.outline
        )


def cells_from_labels(
    labels: NDArray[np.int32],
    *,
    cell_type: CellType,
    score_map: NDArray[np.float32] | None = None,
) -> list[Cell]:
    """One cell for each label of a picture of numbered regions.

    Parameters
    ----------
    labels : ndarray of int32, shape (H, W)
        0 is background, every other value one cell; numbers may be missing.
    cell_type : {"rbc", "wbc", "plt"}
    score_map : ndarray of float32, shape (H, W), optional
        0 … 1; the score of a cell is its mean over the pixels of the cell. Without it every score is 1.

    Returns
    -------
    list of Cell
        In reading order of the centres (row, then column); empty without labels. The area is the number of
        pixels, the centre their centre of gravity. The outline follows the borders of the pixels to within
        half a pixel; of a region in several pieces it follows the largest.

    Examples
    --------
    >>> labels = np.zeros((5, 6), np.int32)
    >>> labels[1:4, 2:5] = 7
    >>> [(cell.row, cell.col, cell.box, cell.area_px) for cell in cells_from_labels(labels, cell_type="rbc")]
    [(2.0, 3.0, Box(row0=1, col0=2, row1=4, col1=5), 9.0)]

    """
    import cv2

    shape = (labels.shape[0], labels.shape[1])
    cells = []
    for number, box in _boxes_of(labels):
        window = np.s_[box.row0 : box.row1, box.col0 : box.col1]
        region = (labels[window] == number).astype(np.uint8)
        moments = cv2.moments(region, binaryImage=True)
        area_px = moments["m00"]
        score = 1.0 if score_map is None else cv2.mean(score_map[window], mask=region)[0]
        cells.append(
            Cell(
                type=cell_type,
                row=box.row0 + _in_fine_steps(moments["m01"] / area_px),
                col=box.col0 + _in_fine_steps(moments["m10"] / area_px),
                box=box,
                outline=_outline_of(region, box),
                area_px=area_px,
                diameter_px=_diameter_of(area_px),
                score=min(max(score, 0.0), 1.0),
                touches_frame=_reaches_frame(box, shape),
            )
        )
    return in_reading_order(cells)


def _boxes_of(labels: NDArray[np.integer]) -> Iterator[tuple[int, Box]]:
    """Numbers above 0 in a picture, in ascending order, and the box of each.

    >>> list(_boxes_of(np.array([[0, 5], [5, 2]])))
    [(2, Box(row0=1, col0=1, row1=2, col1=2)), (5, Box(row0=0, col0=0, row1=2, col1=2))]
    """
    # The outermost pixels of a region have another number, or the frame, beside them: no others need to be looked at.
    middle, at_rim = labels[1:-1, 1:-1], np.ones(labels.shape, bool)
    at_rim[1:-1, 1:-1] = (middle != labels[:-2, 1:-1]) | (middle != labels[2:, 1:-1])
    at_rim[1:-1, 1:-1] |= (middle != labels[1:-1, :-2]) | (middle != labels[1:-1, 2:])
    rows, cols = np.nonzero(at_rim & (labels > 0))
    numbers = labels[rows, cols]
    n_numbers = int(numbers.max(initial=0)) + 1
    first, last = np.full((2, n_numbers), np.iinfo(np.intp).max), np.full((2, n_numbers), -1)
    for axis, at in enumerate((rows, cols)):
        np.minimum.at(first[axis], numbers, at)
        np.maximum.at(last[axis], numbers, at)
    for number in np.flatnonzero(last[0] >= 0):
        (row0, col0), (row1, col1) = first[:, number], last[:, number] + 1
        yield int(number), Box(int(row0), int(col0), int(row1), int(col1))


def cells_from_circles(
    circles: NDArray[np.floating],
    *,
    cell_type: CellType,
    shape: tuple[int, int],
    scores: NDArray[np.floating] | None = None,
) -> list[Cell]:
    """One cell for each circle, cut off at the frame.

    Parameters
    ----------
    circles : ndarray of float, shape (N, 3)
        Row and column of the centre, which lies inside the frame, and radius > 0, in pixels.
    cell_type : {"rbc", "wbc", "plt"}
    shape : (int, int)
        Rows and columns of the frame.
    scores : ndarray of float, shape (N,), optional
        0 … 1; 1 for every circle without it.

    Returns
    -------
    list of Cell
        In reading order; empty without circles. Area and outline are those of the part of the disc that lies
        in the frame; the centre stays the centre of the whole circle.

    Examples
    --------
    >>> cell, = cells_from_circles(np.array([[9.5, 9.5, 5]]), cell_type="rbc", shape=(20, 20))
    >>> cell.box, round(cell.area_px, 1), cell.touches_frame
    (Box(row0=5, col0=5, row1=15, col1=15), 78.5, False)

    """
    n_rows, n_cols = shape
    angles = np.arange(64) * (2 * np.pi / 64)
    # A polygon inside the circle would be too small: this one has the area of the disc.
    unit = np.stack([np.sin(angles), np.cos(angles)], axis=1) * np.sqrt(2 * np.pi / 64 / np.sin(2 * np.pi / 64))
    cells = []
    for index, (row, col, radius) in enumerate(np.reshape(circles, (-1, 3)).astype(float)):
        # The centre is inside, so moving each vertex to the nearest point of the frame is the exact intersection.
        outline = np.clip(unit * radius + (row, col), -0.5, (n_rows - 0.5, n_cols - 0.5))
        rows, cols = outline.T
        area_px = float(abs(np.dot(rows, np.roll(cols, 1)) - np.dot(cols, np.roll(rows, 1))) / 2)
        top, left = row - radius + 0.5, col - radius + 0.5
        box = _box_within(top, left, top + 2 * radius, left + 2 * radius, shape)
        cells.append(
            Cell(
                type=cell_type,
                row=float(row),
                col=float(col),
                box=box,
                outline=outline.astype(np.float32),
                area_px=area_px,
                diameter_px=_diameter_of(area_px),
                score=1.0 if scores is None else min(max(float(scores[index]), 0.0), 1.0),
                touches_frame=_reaches_frame(box, shape),
            )
        )
    return in_reading_order(cells)


def to_photograph(cells: Sequence[Cell], map_shape: tuple[int, int], photograph_shape: tuple[int, int]) -> list[Cell]:
    """Bring cells from the pixels of a map to those of the photograph that the map covers.

    Parameters
    ----------
    cells : sequence of Cell
        Cells in map pixels.
    map_shape, photograph_shape : (int, int)
        Rows and columns of both. The corners of the two frames fall together, whatever the two sizes, so a
        point at ``i`` (0 is the centre of the first pixel) goes to ``(i + 0.5) * scale - 0.5``.

    Returns
    -------
    list of Cell
        New cells in the same order. Box edges go to the nearest edge between pixels, inside the frame, with
        at least one pixel. ``touches_frame`` stays as it was found on the map.

    Examples
    --------
    >>> cell, = cells_from_labels(np.eye(1, 4, 3, dtype=np.int32), cell_type="plt")
    >>> moved, = to_photograph([cell], (1, 4), (2, 8))
    >>> (cell.col, cell.area_px), (moved.col, moved.area_px), moved.box
    ((3.0, 1.0), (6.5, 4.0), Box(row0=0, col0=6, row1=2, col1=8))

    """
    down, right = photograph_shape[0] / map_shape[0], photograph_shape[1] / map_shape[1]
    scale, growth = np.array([down, right]), down * right
    brought = []
    for cell in cells:
        row0, col0, row1, col1 = cell.box
        sides = round(row0 * down), round(col0 * right), round(row1 * down), round(col1 * right)
        brought.append(
            replace(
                cell,
                row=(cell.row + 0.5) * down - 0.5,
                col=(cell.col + 0.5) * right - 0.5,
                box=_box_within(*sides, photograph_shape),
                outline=((cell.outline + 0.5) * scale - 0.5).astype(np.float32),
                area_px=cell.area_px * growth,
                diameter_px=cell.diameter_px * growth**0.5,
            )
        )
    return brought


def moved(cell: Cell, rows: int, cols: int) -> Cell:
    """Bring a cell from the pixels of a part of a picture to those of the whole, or back.

    Parameters
    ----------
    cell : Cell
    rows, cols : int
        What is added to its rows and columns.

    Returns
    -------
    Cell
        ``touches_frame`` stays as it was. The same cell where it stays in place.

    """
    if rows == cols == 0:
        return cell
    row0, col0, row1, col1 = cell.box
    return replace(
        cell,
        row=cell.row + rows,
        col=cell.col + cols,
        box=Box(row0 + rows, col0 + cols, row1 + rows, col1 + cols),
        outline=cell.outline + np.array([rows, cols], np.float32),
    )


def from_window(cells: Sequence[Cell], row: int, col: int, shape: tuple[int, int]) -> list[Cell]:
    """Bring cells from the pixels of a window to those of the picture that it was cut from.

    Parameters
    ----------
    cells : sequence of Cell
    row, col : int
        First row and column of the window in the picture.
    shape : (int, int)
        Rows and columns of the picture.

    Returns
    -------
    list of Cell
        In the same order; ``touches_frame`` speaks of the frame of the picture, not of the window.

    Examples
    --------
    >>> cell, = cells_from_labels(np.eye(1, 4, dtype=np.int32), cell_type="plt")
    >>> found, = from_window([cell], 5, 7, (20, 30))
    >>> cell.touches_frame, found.touches_frame, found.box
    (True, False, Box(row0=5, col0=7, row1=6, col1=8))

    """
    placed = [moved(cell, row, col) for cell in cells]
    return [replace(cell, touches_frame=_reaches_frame(cell.box, shape)) for cell in placed]


def resolve_types(cells: Sequence[Cell]) -> list[Cell]:
    """Settle which type a body is when two were found in one place: the white cell wins.

    Parameters
    ----------
    cells : sequence of Cell
        Cells of any types, in pixels of one picture.

    Returns
    -------
    list of Cell
        The cells in reading order without the red cells and platelets whose centre lies inside the outline of
        a white cell. A platelet on a red cell is two cells and stays.

    """
    import cv2

    white = [cell for cell in cells if cell.type == "wbc"]
    outlines = [np.ascontiguousarray(cell.outline[:, ::-1]) for cell in white]

    def is_inside_white(cell: Cell) -> bool:
        return any(
            owner.box.row0 - 1 <= cell.row <= owner.box.row1
            and owner.box.col0 - 1 <= cell.col <= owner.box.col1
            and cv2.pointPolygonTest(outline, (cell.col, cell.row), False) >= 0
            for owner, outline in zip(white, outlines, strict=True)
        )

    return in_reading_order([cell for cell in cells if cell.type == "wbc" or not is_inside_white(cell)])


def in_reading_order(cells: Sequence[Cell]) -> list[Cell]:
    """Cells sorted by row, then column of the centre, then type: the same cells always in the same order."""
    return sorted(cells, key=lambda cell: (cell.row, cell.col, cell.type))


def _in_fine_steps(value: float) -> float:
    """Round to 2⁻²⁰: then adding whole pixels is exact, and a cell has the same centre from whichever window."""
    return round(value * 2**20) / 2**20


def _diameter_of(area_px: float) -> float:
    return 2 * math.sqrt(area_px / math.pi)


def _reaches_frame(box: Box, shape: tuple[int, int]) -> bool:
    return box.row0 <= 0 or box.col0 <= 0 or box.row1 >= shape[0] or box.col1 >= shape[1]


def _box_within(row0: float, col0: float, row1: float, col1: float, shape: tuple[int, int]) -> Box:
    """Smallest whole-pixel box around these edges, cut off at the frame, at least one pixel large."""

    def span(low: float, high: float, length: int) -> tuple[int, int]:
        # 1e-6: rounding errors of a scale must not open another row or column.
        first = min(max(math.floor(low + 1e-6), 0), length - 1)
        return first, max(min(math.ceil(high - 1e-6), length), first + 1)

    (top, bottom), (left, right) = span(row0, row1, shape[0]), span(col0, col1, shape[1])
    return Box(top, left, bottom, right)


def _outline_of(region: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Polygon along the pixel borders of a region, shape (N, 2), in pixels of the picture of ``box``.

    The contour of OpenCV runs through the centres of pixels, half a pixel inside the cell. So the region is
    drawn on the lattice of half pixels, where pixel ``i`` covers the points ``2 i … 2 i + 2``.
    """
    import cv2

    n_rows, n_cols = region.shape
    lattice = np.zeros((2 * n_rows + 1, 2 * n_cols + 1), np.uint8)
    lattice[1::2, 1::2] = region
    lattice = cv2.dilate(lattice, np.ones((3, 3), np.uint8))
    contours, _ = cv2.findContours(lattice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea)
    simple = cv2.approxPolyDP(contour, 1.0, True)
    points = (simple if len(simple) > 3 else contour).reshape(-1, 2)[:, ::-1]
    return (points / 2 + (box.row0 - 0.5, box.col0 - 0.5)).astype(np.float32)
