"""``cells.csv``: one row for a cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hemolens.cells.cell import Cell
from hemolens.output.entries import Entry
from hemolens.output.spreadsheet import number, safe_text

NAME = "cells.csv"
COLUMNS = (
    "image",
    "cell",
    "type",
    "x",
    "y",
    "x0",
    "y0",
    "x1",
    "y1",
    "area_px",
    "diameter_px",
    "score",
    "touches_frame",
)


def cell_rows(entry: Entry, cells: Iterable[Cell]) -> Iterator[tuple[str, ...]]:
    """Write the rows of one photograph's cells.

    Parameters
    ----------
    entry : Entry
    cells : iterable of Cell

    Yields
    ------
    tuple of str
        One text for each of `COLUMNS`: ``cell`` counts from 1 within the photograph; ``x, y`` is the
        centre and ``x0, y0, x1, y1`` the half-open box, in pixels, x to the right and y downwards;
        ``touches_frame`` is 1 or 0.

    """
    for n, cell in enumerate(cells, start=1):
        yield (
            safe_text(entry.image),
            str(n),
            cell.type,
            number(cell.col, 2),
            number(cell.row, 2),
            str(int(cell.box.col0)),
            str(int(cell.box.row0)),
            str(int(cell.box.col1)),
            str(int(cell.box.row1)),
            number(cell.area_px, 1),
            number(cell.diameter_px, 2),
            number(cell.score, 4),
            str(int(cell.touches_frame)),
        )
