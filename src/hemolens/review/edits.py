"""What a person wants → the cells that change.

Nothing is applied here: an edit gives the changes of one :class:`~hemolens.review.trail.Correction`, or refuses in
words. What a person has made, changed or confirmed is checked, and its score is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CELL_NAMES, CellType, WhiteCellClass
from hemolens.cells.cell import Cell, moved
from hemolens.counted_image import CountedImage
from hemolens.errors import ConflictError, ReviewError, quoted
from hemolens.review.outlines import (
    Body,
    body_of_cells,
    body_of_outline,
    cells_of,
    check_size,
    checked_points,
    join_boxes,
    numbered_pieces,
)
from hemolens.review.trail import Change, ReviewedCell, State
from hemolens.statistics.counts import cells_in_region

SMALLEST_PART = 0.05
"""Share of a cell that a part must have when it is split; what is smaller goes to the part beside it."""

LARGEST_BRIDGE = 0.5
"""What lies apart is bridged by rolling a disc around it, of at most so many red-cell diameters in radius."""

_FINEST_BRIDGE_PX = 0.5
_MOST_NAMED = 5  # ids in a message

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Edits:
    """What a person may do to the cells of a counted image.

    Attributes
    ----------
    result : CountedImage
        As the model counted it: its frame, its region and its scale bound what a cell may be.
    state : mapping
        Id → cell, as they are now.
    actor : str
        Name of the person.
    correction_id : str
        Of the correction that is to hold the changes; new cells are called after it.

    """

    result: CountedImage
    state: State
    actor: str
    correction_id: str

    def add(self, outline: ArrayLike, kind: CellType) -> tuple[Change, ...]:
        """Add a cell.

        Parameters
        ----------
        outline : array-like, shape (N, 2)
            Row and column of its corners, in pixels of the image.
        kind : {"rbc", "wbc", "plt"}

        Raises
        ------
        ReviewError
            The outline is malformed, crosses itself, is too large, or lies outside of the image or of the region that
            was counted; or cells of this type were counted without being located.

        """
        self._refuse_unlocated(kind)
        return self._made([self._drawn(outline, kind)])

    def delete(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Take cells out.

        Raises
        ------
        ReviewError
            None is named.
        ConflictError
            One of them is not there.

        """
        return self._gone(self._chosen(ids))

    def retype(self, ids: Iterable[str], kind: CellType) -> tuple[Change, ...]:
        """Say of cells that they are of another type; those that are of it already stay as they are.

        Raises
        ------
        ReviewError
            None is named, all are of this type, or cells of this type were counted without being located.
        ConflictError
            One of them is not there.

        """
        self._refuse_unlocated(kind)
        others = [each for each in self._chosen(ids) if each.cell.type != kind]
        if not others:
            raise _nothing_changes(f"cells that are {kind} already", "at least one cell of another type")
        return tuple(self._changed(each, _of_type(each.cell, kind)) for each in others)

    def classify(self, ids: Iterable[str], white_cell_class: WhiteCellClass) -> tuple[Change, ...]:
        """Say of white cells which class they are of.

        Those of which the same person has said so stay as they are. A second reader who says what the first one did
        changes who has said it last, so that both answers stand in the trail.

        Raises
        ------
        ReviewError
            None is named, one of them is no white cell, or the person has said this of all of them.
        ConflictError
            One of them is not there.

        """
        chosen = self._chosen(ids)
        if strangers := [each for each in chosen if each.cell.type != "wbc"]:
            raise ReviewError(
                "only white cells have a class",
                came=f"a cell of type {strangers[0].cell.type}",
                allowed="cells of type wbc",
                do="say first that it is a white cell, or choose others",
            )
        said = (white_cell_class, self.actor, True)
        others = [each for each in chosen if (each.cell.white_cell_class, each.by, each.checked) != said]
        if not others:
            raise _nothing_changes(f"cells of which you have said {white_cell_class}", "at least one other cell")
        return tuple(self._changed(each, _of_class(each.cell, white_cell_class)) for each in others)

    def confirm(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Say of cells that they are what they are taken for; those that are checked already stay as they are.

        Raises
        ------
        ReviewError
            None is named, or all are checked.
        ConflictError
            One of them is not there.

        """
        unchecked = [each for each in self._chosen(ids) if not each.checked]
        if not unchecked:
            raise _nothing_changes("cells that are checked already", "at least one cell that nobody has looked at")
        return tuple(
            Change(each.id, each, replace(each, cell=replace(each.cell, score=1.0), checked=True)) for each in unchecked
        )

    def redraw(self, cell_id: str, outline: ArrayLike) -> tuple[Change, ...]:
        """Give a cell another outline, and with it another centre, box and size.

        Raises
        ------
        ReviewError
            As in :meth:`add`.
        ConflictError
            The cell is not there.

        """
        (before,) = self._chosen([cell_id])
        return (self._changed(before, self._drawn(outline, before.cell.type)),)

    def split(self, cell_id: str, stroke: ArrayLike) -> tuple[Change, ...]:
        """Cut a cell along a stroke.

        Parameters
        ----------
        cell_id : str
        stroke : array-like, shape (N, 2)
            Row and column of the points of a line across the cell, in pixels of the image.

        Returns
        -------
        tuple of Change
            The cell goes, and two or more come: together they have all of its pixels.

        Raises
        ------
        ReviewError
            The stroke is malformed, or does not part the cell.
        ConflictError
            The cell is not there.

        """
        (whole,) = self._chosen([cell_id])
        body = body_of_cells([whole.cell])
        parts = _parted(body, checked_points(stroke, "stroke", fewest=2))
        if parts is None:
            raise ReviewError(
                "the stroke does not part the cell",
                came="one piece, or pieces too small for a cell",
                allowed="a line that crosses the whole cell, from outside to outside",
                do="draw it across the cell and a little beyond on both sides",
            )
        return self._gone([whole]) + self._made(cells_of(parts, body.box, whole.cell.type, self.result))

    def merge(self, ids: Iterable[str]) -> tuple[Change, ...]:
        """Make one cell of several; where they do not touch, the narrowest bridge between them belongs to it.

        Parameters
        ----------
        ids : iterable of str
            The new cell is of the type of the largest.

        Raises
        ------
        ReviewError
            Fewer than two cells are named, they lie too far apart, or are too large together.
        ConflictError
            One of them is not there.

        """
        chosen = self._chosen(ids)
        if len(chosen) < 2:
            raise ReviewError("there is nothing to merge", came="one cell", allowed="two or more", do="choose others")
        check_size(join_boxes(each.cell.box for each in chosen), self.result)
        body = body_of_cells(each.cell for each in chosen)
        joined = _joined(body.pixels, LARGEST_BRIDGE * self.result.red_cell_diameter.px)
        if joined is None:
            raise ReviewError(
                "the cells lie too far apart to be one",
                came=f"{len(chosen)} cells that no narrow bridge joins",
                allowed="cells that touch, or nearly do",
                do="choose cells beside each other",
            )
        kind = max(chosen, key=lambda each: each.cell.area_px).cell.type
        return self._gone(chosen) + self._made(cells_of(joined.astype(np.int32), body.box, kind, self.result))

    def _refuse_unlocated(self, kind: CellType) -> None:
        """Refuse a cell of a type of which the others are not known: the count would not be their number."""
        if kind in self.result.unlocated:
            raise ReviewError(
                f"{CELL_NAMES[kind]} were counted without being located, so none can be added to them",
                came=f"a cell of type {kind}",
                allowed=f"types of which each cell is known: {', '.join(self._located()) or 'none here'}",
                do=f"count again with a model that locates {CELL_NAMES[kind]}, and correct that",
            )

    def _located(self) -> list[CellType]:
        return [kind for kind in self.result.methods if kind not in self.result.unlocated]

    def _drawn(self, outline: ArrayLike, kind: CellType) -> Cell:
        body = body_of_outline(outline, self.result)
        (cell,) = cells_of(body.pixels.astype(np.int32), body.box, kind, self.result)
        region = self.result.region
        if region is not None and not cells_in_region([_at_corner(cell)], region.within(cell.box)):
            raise ReviewError(
                "the cell lies where nothing is counted",
                came=f"a centre at row {cell.row:.0f}, column {cell.col:.0f}",
                allowed="cells of which a part lies in the region, or the field of view, that was counted",
                do="draw it there, or count again with another region",
            )
        return cell

    def _chosen(self, ids: Iterable[str]) -> list[ReviewedCell]:
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            raise ReviewError("no cell is chosen", came="no ids", allowed="one or more", do="choose a cell")
        if missing := [each for each in wanted if each not in self.state]:
            raise ConflictError(
                "a cell is not there, or not there any more",
                came=", ".join(map(quoted, missing[:_MOST_NAMED])) + (", …" if len(missing) > _MOST_NAMED else ""),
                allowed="cells of this image as they are now",
                do="look at it as it is now, and choose again",
            )
        return [self.state[each] for each in wanted]

    def _gone(self, cells: Iterable[ReviewedCell]) -> tuple[Change, ...]:
        return tuple(Change(each.id, each, None) for each in cells)

    def _made(self, cells: Sequence[Cell]) -> tuple[Change, ...]:
        ids = [f"{self.correction_id}.{number}" for number in range(1, len(cells) + 1)]
        return tuple(
            Change(each, None, ReviewedCell(each, cell, by=self.actor, checked=True))
            for each, cell in zip(ids, cells, strict=True)
        )

    def _changed(self, before: ReviewedCell, cell: Cell) -> Change:
        return Change(before.id, before, ReviewedCell(before.id, cell, by=self.actor, checked=True))


def _nothing_changes(came: str, allowed: str) -> ReviewError:
    return ReviewError("nothing would change", came=came, allowed=allowed, do="choose other cells")


def _of_type(cell: Cell, kind: CellType) -> Cell:
    """Make it a cell of another type: what was said of the old one falls."""
    return replace(cell, type=kind, score=1.0, white_cell_class=None, class_probability=None, shape=None)


def _of_class(cell: Cell, white_cell_class: WhiteCellClass) -> Cell:
    return replace(cell, white_cell_class=white_cell_class, class_probability=None, score=1.0)


def _at_corner(cell: Cell) -> Cell:
    """Bring a cell to the pixels of its own box."""
    return moved(cell, -cell.box.row0, -cell.box.col0)


def _parted(body: Body, stroke: NDArray[np.float64]) -> NDArray[np.int32] | None:
    """Number the parts into which a stroke cuts a body; None where there is one part only."""
    import cv2

    rows, cols = body.pixels.shape
    line = np.zeros((rows, cols), np.uint8)
    points = np.rint((stroke - (body.box.row0, body.box.col0))[:, ::-1] * 16).astype(np.int32)
    cv2.polylines(line, [points], isClosed=False, color=1, thickness=1, shift=4)
    on_line = body.pixels & (line > 0)
    if not on_line.any():
        return None
    # the line is connected through corners, so what it parts is not connected through sides
    pieces = numbered_pieces(body.pixels & ~on_line, connectivity=4)
    sizes = np.bincount(pieces.ravel())
    is_part = sizes >= SMALLEST_PART * body.pixels.sum()
    is_part[0] = False
    if is_part.sum() < 2:
        return None
    parts = np.where(is_part[pieces], pieces, 0)
    # the pixels of the line, and splinters, go to the part that is nearest
    away = (parts == 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    part_of = np.zeros(int(nearest.max()) + 1, np.int32)
    part_of[nearest[parts > 0]] = parts[parts > 0]
    return np.where(body.pixels, part_of[nearest], 0).astype(np.int32)


def _joined(pixels: _Mask, largest_px: float) -> _Mask | None:
    """Join pieces by the narrowest bridge: the closing by the smallest disc that leaves one piece; None without one."""
    if numbered_pieces(pixels).max() <= 1:
        return pixels
    low, high, best = 0.0, largest_px, _closed(pixels, largest_px)
    if numbered_pieces(best).max() > 1:
        return None
    while high - low > _FINEST_BRIDGE_PX:
        middle = (low + high) / 2
        closed = _closed(pixels, middle)
        if numbered_pieces(closed).max() > 1:
            low = middle
        else:
            high, best = middle, closed
    return best


def _closed(pixels: _Mask, radius_px: float) -> _Mask:
    """Fill the places that a disc of a radius cannot enter."""
    import cv2

    pad = int(radius_px) + 2
    padded = np.pad(pixels, pad)
    grown = cv2.distanceTransform((~padded).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius_px
    shrunk = cv2.distanceTransform(grown.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius_px
    return (shrunk | padded)[pad:-pad, pad:-pad]
