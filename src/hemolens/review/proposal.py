"""A click → the outline of a cell, from the probability maps around it.

1. A body that the counter of the type finds there, if the click lies in it.
2. Else what is connected with the click and nearly as likely to belong to such a cell.
3. Else a circle as large as the other cells of the type.

What belongs to a cell that is counted already is cut off. The first of these that has a usual size is proposed: it is a
person who decides, so there is always something to look at, and to redraw.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.block_count import compute_maps, find_bodies
from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, cells_from_circles, cells_from_labels, from_window, to_photograph
from hemolens.counted_image import CountedImage
from hemolens.errors import ModelError, ReviewError
from hemolens.images.box import Box
from hemolens.images.image import Shape
from hemolens.images.tiles import Part
from hemolens.measurements.field_of_view import USUAL_DISCS
from hemolens.plan.plan import Plan
from hemolens.probability_maps import DensityMap, ProbabilityMaps
from hemolens.review.outlines import cells_of, numbered_pieces, paint

AROUND_DIAMETERS = 1.5
"""How far around the click is looked, in red-cell diameters: a white cell has room."""

LARGEST, SMALLEST = 1.5, 0.5
"""A proposed cell is at most and at least so many times as wide as usual ones of its type."""

NEARLY = 0.5
"""Share of the probability at the click that what belongs to the same cell has."""

_Mask = NDArray[np.bool_]


def plan_of(result: CountedImage) -> Plan:
    """Give the plan of an image that has been counted, without measuring it again; it has no blocks to count."""
    return Plan(
        image=result.image,
        options=result.options,
        methods=result.methods,
        field_of_view=result.field_of_view,
        region=result.region,
        fields=(),
        diameter=result.red_cell_diameter,
        colours=result.colours,
        blocks=(),
    )


def propose_cell(plan: Plan, row: float, col: float, kind: CellType, others: Sequence[Cell] = ()) -> Cell:
    """Propose the outline of a cell at a click.

    Parameters
    ----------
    plan : Plan
        Of the image; :func:`plan_of` gives it for one that was counted earlier.
    row, col : float
        Of the click, in pixels of the image.
    kind : {"rbc", "wbc", "plt"}
        What the person says that it is.
    others : sequence of Cell, optional
        Those that are counted already: the new cell is as large as they are, and is cut off where they begin.

    Returns
    -------
    Cell
        In pixels of the image; it holds the click, and its score is 1. Where the model is not there any more, it is
        a circle.

    Raises
    ------
    ReviewError
        The click is outside of the image.

    """
    n_rows, n_cols = plan.image.shape
    if not (-0.5 <= row < n_rows - 0.5 and -0.5 <= col < n_cols - 0.5):  # NaN is not, either
        raise ReviewError(
            "the place is outside of the image",
            came=f"row {row:g}, column {col:g}",
            allowed=f"rows 0 to {n_rows - 1}, columns 0 to {n_cols - 1}",
            do="choose a place on the image",
        )
    usual_px = _usual_diameter_px(plan, kind, others)
    neighbours = [cell for cell in others if _may_not_share(cell.type, kind) and not _holds(cell, row, col)]
    for body in _bodies_at(plan, row, col, kind, usual_px):
        cell = _cut_off(plan, body, neighbours, row, col)
        if SMALLEST * usual_px <= cell.diameter_px <= LARGEST * usual_px:
            return cell
    place = np.array([[row, col, max(usual_px / 2, 1.0)]])
    (circle,) = cells_from_circles(place, cell_type=kind, shape=plan.image.shape)
    return _cut_off(plan, circle, neighbours, row, col)


def _usual_diameter_px(plan: Plan, kind: CellType, others: Iterable[Cell]) -> float:
    """Find how wide cells of a type are on this image, or are usually."""
    seen = [cell.diameter_px for cell in others if cell.type == kind and not cell.touches_frame]
    return float(np.median(seen)) if seen else math.sqrt(USUAL_DISCS[kind]) * plan.diameter.px


def _may_not_share(first: CellType, second: CellType) -> bool:
    """Whether a pixel belongs to only one of two cells: a platelet may lie on a red cell."""
    return (first == "plt") == (second == "plt")


def _holds(cell: Cell, row: float, col: float) -> bool:
    import cv2

    row0, col0, row1, col1 = cell.box
    if not (row0 - 1 <= row <= row1 and col0 - 1 <= col <= col1):
        return False
    return cv2.pointPolygonTest(np.ascontiguousarray(cell.outline[:, ::-1]), (col, row), False) >= 0


def _bodies_at(plan: Plan, row: float, col: float, kind: CellType, usual_px: float) -> Iterator[Cell]:
    """Give what the maps show at a place, the surest first, in pixels of the image."""
    shape, reach = plan.image.shape, AROUND_DIAMETERS * plan.diameter.px
    window = Box(
        max(int(row - reach), 0),
        max(int(col - reach), 0),
        min(math.ceil(row + reach) + 1, shape[0]),
        min(math.ceil(col + reach) + 1, shape[1]),
    )
    try:
        maps = compute_maps(plan, window)[kind]
    except ModelError:
        return
    if isinstance(maps, DensityMap):
        return
    for cell in find_bodies(plan, {kind: maps}):
        if _holds(cell, row, col) and not _is_cut(cell, window, shape):
            yield cell
    part = maps.part or Part(0, 0, (maps.mask.shape[0], maps.mask.shape[1]))
    down, right = part.of[0] / shape[0], part.of[1] / shape[1]
    place = (row + 0.5) * down - 0.5 - part.row, (col + 0.5) * right - 0.5 - part.col
    piece = _piece_at(maps, *place, reach=LARGEST * usual_px * (down * right) ** 0.5)
    found = from_window(cells_from_labels(piece.astype(np.int32), cell_type=kind), part.row, part.col, part.of)
    yield from to_photograph(found, part.of, shape)


def _is_cut(cell: Cell, window: Box, shape: Shape) -> bool:
    """Whether a cell goes on beyond the window, where there is more of the image."""
    row0, col0, row1, col1 = cell.box
    within = (row0 > window.row0 or row0 <= 0) and (col0 > window.col0 or col0 <= 0)
    return not (within and (row1 < window.row1 or row1 >= shape[0]) and (col1 < window.col1 or col1 >= shape[1]))


def _piece_at(maps: ProbabilityMaps, row: float, col: float, *, reach: float) -> _Mask:
    """Find what is connected with a place and nearly as likely, within a reach; all in pixels of the maps."""
    rows, cols = np.ogrid[: maps.mask.shape[0], : maps.mask.shape[1]]
    at = min(max(round(row), 0), len(maps.mask) - 1), min(max(round(col), 0), maps.mask.shape[1] - 1)
    near = (rows - row) ** 2 + (cols - col) ** 2 <= max(reach, 1.0) ** 2
    likely = near & (maps.mask >= NEARLY * maps.mask[at])
    pieces = numbered_pieces(likely, connectivity=4)
    piece: _Mask = likely & (pieces == pieces[at])
    return piece


def _cut_off(plan: Plan, body: Cell, neighbours: Iterable[Cell], row: float, col: float) -> Cell:
    """Leave of a body what belongs to no neighbour and is connected with the click."""
    place = round(row), round(col)
    box = Box(
        min(body.box.row0, place[0]),
        min(body.box.col0, place[1]),
        max(body.box.row1, place[0] + 1),
        max(body.box.col1, place[1] + 1),
    )
    own = paint(body.outline, box)
    for other in neighbours:
        if _overlap(other.box, box):
            own &= ~paint(other.outline, box)
    at = place[0] - box.row0, place[1] - box.col0
    own[at] = True
    pieces = numbered_pieces(own, connectivity=4)
    (cell,) = cells_of((pieces == pieces[at]).astype(np.int32), box, body.type, plan)
    return cell


def _overlap(first: Box, second: Box) -> bool:
    return (
        first.row0 < second.row1 and second.row0 < first.row1 and first.col0 < second.col1 and second.col0 < first.col1
    )
