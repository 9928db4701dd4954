"""``image,rbc,wbc,plt``: a row for each photograph; an empty field is unknown, and so is a column that is missing."""

from __future__ import annotations

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.table import LabelTable, Row
from hemolens.labels.truth import Labels, Truth

MAX_COUNT = 10_000_000
"""Cells on one photograph: more is a slip of the pen."""


def read_count_table(table: LabelTable) -> Labels:
    """Read counts.

    Parameters
    ----------
    table : LabelTable
        With a column ``image`` and one for each counted type; others are passed over.

    Raises
    ------
    LabelError
        A name is missing or comes twice, or a count is not a whole number.

    """
    kinds = [kind for kind in CELL_TYPES if kind in table.columns]
    truths: dict[str, dict[CellType, Truth]] = {}
    for row in table.rows:
        name = row.texts["image"]
        if not name or name in truths:
            raise LabelError(
                f"the image in {row.where} has {'been named before' if name else 'no name'}",
                came=quoted(name),
                allowed="one row for each photograph, with its file name",
                do="correct or remove the line",
            )
        truths[name] = {kind: Truth(_count(row, kind), None) for kind in kinds if row.texts[kind]}
    return Labels(truths, {})


def _count(row: Row, kind: CellType) -> int:
    value = row.number(kind)
    if not 0 <= value <= MAX_COUNT or value != int(value):
        raise LabelError(
            f"{kind} in {row.where} is not a count",
            came=quoted(row.texts[kind]),
            allowed=f"0, 1, 2, … {MAX_COUNT}, or nothing where the count is not known",
            do="correct the line",
        )
    return int(value)
