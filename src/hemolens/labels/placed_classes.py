"""A table of white cells with their classes: ``image``, ``x``, ``y`` and ``class``, such as a ``cells.csv``."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hemolens.cell_types import WHITE_CELL_CLASSES, WhiteCellClass
from hemolens.errors import LabelError, quoted
from hemolens.files.spreadsheet import plain_text
from hemolens.labels.table import Row, read_columns, read_table

PLACED = ("image", "x", "y", "class")
"""Columns of a table of cells with their classes."""

MAX_BYTES = 20_000_000
"""Largest table."""

SAME_CELL_PX = 0.5
"""Two readers mean one cell where their centres are nearer than this share of its diameter."""


class PlacedCell(NamedTuple):
    """A white cell: its centre and diameter in pixels, and its class; the diameter is NaN where the table has none."""

    x: float
    y: float
    diameter_px: float
    white_cell_class: WhiteCellClass


def has_placed_classes(path: Path) -> bool:
    """Whether a table says which class each of its cells is of."""
    return set(PLACED) <= set(read_columns(path))


def read_placed_classes(path: Path, *, only_checked: bool = False) -> dict[str, list[PlacedCell]]:
    """Read the white cells of each photograph; a column ``type`` may name other cells, which are passed over.

    Parameters
    ----------
    path : Path
    only_checked : bool
        Leave out the cells that a column ``checked`` says no person has looked at.

    Raises
    ------
    LabelError
        A column is missing, or a value in it is none.

    """
    table = read_table(path, MAX_BYTES)
    check_columns(path, table.columns, set(PLACED) <= set(table.columns), ", ".join(PLACED))
    cells: dict[str, list[PlacedCell]] = {}
    for row in table.rows:
        own = cells.setdefault(image_of(row), [])
        is_left_out = only_checked and row.texts.get("checked") == "0"
        if row.texts.get("type", "wbc") == "wbc" and not is_left_out:
            diameter_px = row.number("diameter_px") if row.texts.get("diameter_px") else math.nan
            own.append(PlacedCell(row.number("x"), row.number("y"), diameter_px, _class_of(row)))
    return cells


def check_columns(path: Path, columns: Collection[str], is_right: bool, allowed: str) -> None:
    """Refuse a table whose columns are not those of classes.

    Raises
    ------
    LabelError
        They are not right.

    """
    if not is_right:
        raise LabelError(
            f"the columns of {quoted(path.name)} are not those of classes of white cells",
            came=quoted(", ".join(columns)),
            allowed=allowed,
            do="name the columns in the first line so",
        )


def image_of(row: Row) -> str:
    """Give the photograph that a row is about.

    Raises
    ------
    LabelError
        It names none.

    """
    name = plain_text(row.texts["image"])
    if not name:
        allowed, do = "the name of a photograph", "correct or remove the line"
        raise LabelError(f"the image in {row.where} has no name", came="nothing", allowed=allowed, do=do)
    return name


def _class_of(row: Row) -> WhiteCellClass:
    """Read a class; a white cell without one is ``unsure``."""
    said = row.texts["class"] or "unsure"
    for each in WHITE_CELL_CLASSES:
        if said == each:
            return each
    raise LabelError(
        f"class in {row.where} is none",
        came=quoted(said),
        allowed=", ".join(WHITE_CELL_CLASSES),
        do="correct the line",
    )


def same_cells(theirs: list[PlacedCell], ours: list[PlacedCell]) -> list[tuple[PlacedCell, PlacedCell]]:
    """Pair the cells of two readers so that the distances add up to the least.

    Cells whose centres are farther apart than :data:`SAME_CELL_PX` of the larger diameter are not paired.
    """
    from scipy.optimize import linear_sum_assignment

    if not theirs or not ours:
        return []
    away = np.array([[math.hypot(a.x - b.x, a.y - b.y) for b in ours] for a in theirs])
    reach = np.array([[SAME_CELL_PX * np.nanmax([a.diameter_px, b.diameter_px]) for b in ours] for a in theirs])
    rows, cols = linear_sum_assignment(np.where(away <= reach, away, 1e9))
    return [(theirs[i], ours[j]) for i, j in zip(rows, cols, strict=True) if away[i, j] <= reach[i, j]]
