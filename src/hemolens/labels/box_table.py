"""``image,type,x0,y0,x1,y1``: a row for each cell.

Boxes are half-open in pixels: ``x1`` and ``y1`` are the first column and row outside. A row with a name and nothing
else is a photograph that was looked at and holds no cell. Other columns are passed over, so the ``cells.csv`` of
``hemolens count``, corrected by a person, is such a table.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from hemolens.cell_types import CellType
from hemolens.errors import LabelError
from hemolens.labels.cell_words import cell_type_of
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.labelled_types import CellsByType, LabelledCell, labels_of_cells
from hemolens.labels.table import LabelTable, Row, check_photographs, read_columns, read_table
from hemolens.labels.truth import Labels

COLUMNS = ("image", "type", "x0", "y0", "x1", "y1")


def read_box_table(table: LabelTable, types: Collection[CellType] | None = None) -> Labels:
    """Read boxes.

    Parameters
    ----------
    table : LabelTable
        With :data:`COLUMNS` among its columns.
    types : collection of CellType, optional
        The labelled types; without it those that appear anywhere.

    Raises
    ------
    LabelError
        A name is missing, a type unknown, a number none, a box has no area, or the photographs are too many.

    """
    cells: dict[str, CellsByType] = {}
    for row in table.rows:
        if not row.texts["image"]:
            raise LabelError(f"no image in {row.where}", came="an empty field", allowed="a file name", do="add it")
        of_image = cells.setdefault(row.texts["image"], {})
        check_photographs(len(cells), row)
        if any(row.texts[column] for column in COLUMNS[1:]):
            of_image.setdefault(cell_type_of(row.texts["type"], row.where), []).append(LabelledCell(_box(row)))
    return labels_of_cells(cells, types)


def _box(row: Row) -> tuple[float, float, float, float]:
    """Read (row0, col0, row1, col1)."""
    x0, y0, x1, y1 = (row.number(column) for column in COLUMNS[2:])
    if x1 <= x0 or y1 <= y0:
        raise LabelError(
            f"the box in {row.where} has no area",
            came=f"x {x0:g} to {x1:g}, y {y0:g} to {y1:g}",
            allowed="x0 < x1 and y0 < y1 (corners, not width and height)",
            do="correct or remove the line",
        )
    return y0, x0, y1, x1


def _find(path: Path) -> Sequence[Path]:
    is_one = not path.is_dir() and path.suffix.lower() == ".csv" and set(COLUMNS) <= set(read_columns(path))
    return [path] if is_one else []


FORMAT = LabelFormat(
    name="CSV of boxes",
    looks="`image,type,x0,y0,x1,y1`, a row for each cell; `x1` and `y1` are the first column and row outside",
    says=("counts", "boxes"),
    find=_find,
    read=lambda found, types: read_box_table(read_table(found[0]), types),
)
