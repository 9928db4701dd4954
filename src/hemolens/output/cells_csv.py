"""``cells.csv``: one row for a cell."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from hemolens.cell_types import CELL_TYPES, WHITE_CELL_CLASSES
from hemolens.cells.cell import Cell
from hemolens.counted_image import MODEL, CellOrigin, CountedImage
from hemolens.output.column import Column, texts
from hemolens.output.entries import Entry

NAME = "cells.csv"


class CellRow(NamedTuple):
    """What a row is made of.

    Attributes
    ----------
    image : str
        Name of the photograph.
    number : int
        Of the cell within its photograph, from 1.
    cell : Cell
    origin : CellOrigin
        Who made it or last changed it, and whether a person has checked it.

    """

    image: str
    number: int
    cell: Cell
    origin: CellOrigin


_OF_CELL: tuple[Column[Cell], ...] = (
    Column("type", str, f"one of {', '.join(f'`{kind}`' for kind in CELL_TYPES)}", lambda cell: cell.type),
    Column("x", float, "centre, to the right of the centre of the first pixel", lambda cell: cell.col, "px", 2),
    Column("y", float, "centre, downwards from the centre of the first pixel", lambda cell: cell.row, "px", 2),
    Column("x0", int, "first column of pixels in the box", lambda cell: cell.box.col0, "px"),
    Column("y0", int, "first row of pixels in the box", lambda cell: cell.box.row0, "px"),
    Column("x1", int, "first column of pixels to the right of the box", lambda cell: cell.box.col1, "px"),
    Column("y1", int, "first row of pixels below the box", lambda cell: cell.box.row1, "px"),
    Column("area_px", float, "area", lambda cell: cell.area_px, "px²", 1),
    Column("diameter_px", float, "diameter of the circle of that area", lambda cell: cell.diameter_px, "px", 2),
    Column(
        "score",
        float,
        "from 0 to 1, higher is surer: the share of cells with such a score that are right, where the scores of the "
        "counter are calibrated, and only a ranking where they are not",
        lambda cell: cell.score,
        n_decimals=4,
    ),
    Column(
        "touches_frame",
        bool,
        "whether the cell reaches the first or last row or column of the photograph",
        lambda cell: cell.touches_frame,
    ),
)

SHAPES = {
    "elongation": "length over width",
    "circularity": "4π · area ÷ circumference² of the smooth outline, 1 for a disc",
    "crenation": "how far the outline leaves the smooth one, root mean square, as a share of the cell's radius",
    "pallor_depth": "how much less light the centre takes up than the rim, 0 to 1",
    "pallor_size": "diameter of the pale centre as a share of the cell's; 0 where the centre is not pale",
}
"""Measurements of :class:`~hemolens.cells.red_cell_shape.RedCellShape`, and what they mean."""


def _shape(row: CellRow, name: str) -> float | None:
    return getattr(row.cell.shape, name, None)


COLUMNS: tuple[Column[CellRow], ...] = (
    Column("image", str, "name of the photograph, as in `counts.csv`", lambda row: row.image),
    Column("cell", int, "number of the cell within its photograph, from 1", lambda row: row.number),
    *(column.of(lambda row: row.cell) for column in _OF_CELL),
    Column(
        "by", str, f"who made or last changed the cell: `{MODEL}`, or the name of a person", lambda row: row.origin.by
    ),
    Column(
        "checked",
        bool,
        "whether a person has made, changed or confirmed the cell; its score is 1 then",
        lambda row: row.origin.checked,
    ),
    Column(
        "class",
        str,
        f"of a white cell: {', '.join(f'`{each}`' for each in WHITE_CELL_CLASSES)}; empty for other types, and where "
        "nobody asked for it",
        lambda row: row.cell.white_cell_class,
    ),
    Column(
        "class_probability",
        float,
        "from 0 to 1: how likely the likeliest class is; empty where no classifier has judged",
        lambda row: row.cell.class_probability,
        n_decimals=4,
    ),
    *(
        Column(
            name,
            float,
            f"{meaning}; of whole red cells that touch no other, where somebody asked for it",
            partial(_shape, name=name),
            n_decimals=3,
        )
        for name, meaning in SHAPES.items()
    ),
)
"""New columns come at the end: programs may count on the places of those before."""

_MEASURED = {column.name: column for column in _OF_CELL}
MEASUREMENTS = tuple(_MEASURED[name] for name in ("score", "area_px", "diameter_px", "touches_frame"))
"""The columns that other programs show beside the outline of a cell."""


def rows_of(entry: Entry, result: CountedImage) -> Iterator[CellRow]:
    """Number the cells of one photograph."""
    for number, (cell, origin) in enumerate(zip(result.cells, result.origins, strict=True), start=1):
        yield CellRow(entry.image, number, cell, origin)


def cell_rows(entry: Entry, result: CountedImage) -> Iterator[tuple[str, ...]]:
    """Write the rows of one photograph's cells.

    Parameters
    ----------
    entry : Entry
    result : CountedImage

    Yields
    ------
    tuple of str
        One text for each of :data:`COLUMNS`.

    """
    for row in rows_of(entry, result):
        yield texts(COLUMNS, row)


def name_of(cell: Cell) -> str:
    """Name a cell for other programs: ``wbc: neutrophil`` where its class is known, its type alone where it is not."""
    return f"{cell.type}: {cell.white_cell_class}" if cell.white_cell_class else cell.type


def measurements_of(cell: Cell) -> dict[str, float]:
    """Give the :data:`MEASUREMENTS` of a cell for JSON, rounded as in ``cells.csv``.

    >>> from hemolens.cells.cell import cells_from_labels
    >>> import numpy as np
    >>> cell, = cells_from_labels(np.pad(np.ones((3, 3), np.int32), 1), cell_type="rbc")
    >>> measurements_of(cell)
    {'score': 1.0, 'area_px': 9.0, 'diameter_px': 3.39, 'touches_frame': 0}
    """
    return {column.name: column.number(cell) for column in MEASUREMENTS}
