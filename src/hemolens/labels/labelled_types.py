"""Which types count as labelled where labels are a list of cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.labels.corner_box import LabelBox
from hemolens.labels.outline import Outline, box_of, paint_cells
from hemolens.labels.run_lengths import Runs
from hemolens.labels.truth import Labels, Truth, truth_of_boxes


class LabelledCell(NamedTuple):
    """One cell: its box, and its outline or its pixels where the labels have them."""

    box: LabelBox
    drawn: Outline | Runs | None = None


CellsByType = dict[CellType, list[LabelledCell]]
"""The cells of one photograph."""


def outlined_cell(outline: Outline) -> LabelledCell | None:
    """Give the cell of an outline; None when it encloses nothing."""
    box = box_of(outline)
    return None if box is None else LabelledCell(box, outline)


def labels_of_cells(
    cells: Mapping[str, CellsByType],
    types: Collection[CellType] | None = None,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    notes: tuple[str, ...] = (),
    *,
    in_parts: bool = False,
) -> Labels:
    """Count the cells of each labelled type on each photograph.

    Parameters
    ----------
    cells : mapping of str to CellsByType
        By photograph, those without a cell included.
    types : collection of CellType, optional
        The labelled types. Without it those that appear on any photograph: one that appears nowhere is unknown,
        and one that appears somewhere has 0 cells where it does not.
    sizes, notes, in_parts
        As in :class:`~hemolens.labels.truth.Labels`.

    Examples
    --------
    >>> labels = labels_of_cells({"a": {"rbc": [LabelledCell((0, 0, 5, 5))]}, "b": {}})
    >>> [(name, kind, truth.count) for name, truths in labels.truths.items() for kind, truth in truths.items()]
    [('a', 'rbc', 1), ('b', 'rbc', 0)]

    """
    appearing = {kind for each in cells.values() for kind in each}
    labelled = [kind for kind in CELL_TYPES if kind in (appearing if types is None else types)]
    truths = {name: {kind: _truth(each.get(kind, [])) for kind in labelled} for name, each in cells.items()}
    return Labels(truths, sizes or {}, notes, in_parts)


def _truth(cells: Sequence[LabelledCell]) -> Truth:
    """Join the cells of a type; one that is not drawn makes all of them boxes."""
    boxes = truth_of_boxes([cell.box for cell in cells])
    drawn = [cell.drawn for cell in cells if cell.drawn is not None]
    if not drawn or len(drawn) < len(cells):
        return boxes
    return Truth(boxes.count, boxes.boxes, partial(paint_cells, drawn))
