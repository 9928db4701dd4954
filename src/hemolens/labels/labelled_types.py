"""Which types count as labelled where labels are a list of cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from hemolens.config import CELL_TYPES, CellType
from hemolens.labels.truth import Labels, truth_of_boxes

BoxesByType = dict[CellType, list[tuple[float, float, float, float]]]
"""Boxes (row0, col0, row1, col1) of one photograph."""


def labels_of_boxes(
    boxes: Mapping[str, BoxesByType],
    types: Collection[CellType] | None = None,
    sizes: Mapping[str, tuple[int, int]] | None = None,
    notes: tuple[str, ...] = (),
    *,
    in_parts: bool = False,
) -> Labels:
    """Count the boxes of each labelled type on each photograph.

    Parameters
    ----------
    boxes : mapping of str to BoxesByType
        By photograph, those without a cell included.
    types : collection of CellType, optional
        The labelled types. Without it those that appear on any photograph: one that appears nowhere is unknown,
        and one that appears somewhere has 0 cells where it does not.
    sizes, notes, in_parts
        As in :class:`~hemolens.labels.truth.Labels`.

    Examples
    --------
    >>> labels = labels_of_boxes({"a": {"rbc": [(0, 0, 5, 5)]}, "b": {}})
    >>> [(name, kind, truth.count) for name, truths in labels.truths.items() for kind, truth in truths.items()]
    [('a', 'rbc', 1), ('b', 'rbc', 0)]

    """
    appearing = {kind for each in boxes.values() for kind in each}
    labelled = [kind for kind in CELL_TYPES if kind in (appearing if types is None else types)]
    truths = {name: {kind: truth_of_boxes(each.get(kind, [])) for kind in labelled} for name, each in boxes.items()}
    return Labels(truths, sizes or {}, notes, in_parts)
