"""``image,rbc,wbc,plt``: a row for each photograph; an empty field is unknown, and so is a column that is missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.label_format import LabelFormat
from hemolens.labels.table import LabelTable, Row, check_photographs, read_columns, read_table
from hemolens.labels.truth import Labels, Truth

MAX_COUNT = 10_000_000
"""Most cells on one photograph: a larger number is a typing error."""


def has_counts(columns: Collection[str]) -> bool:
    """Whether a table with these columns says how many cells there are on photographs."""
    return "image" in columns and not set(CELL_TYPES).isdisjoint(columns)


def read_count_table(table: LabelTable) -> Labels:
    """Read counts.

    Parameters
    ----------
    table : LabelTable
        With a column ``image`` and one for each counted type; others are passed over.

    Raises
    ------
    LabelError
        A name is missing or comes twice, a count is not a whole number, or the photographs are too many.

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
        check_photographs(len(truths), row)
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


def _find(path: Path) -> Sequence[Path]:
    is_one = not path.is_dir() and path.suffix.lower() == ".csv" and has_counts(read_columns(path))
    return [path] if is_one else []


FORMAT = LabelFormat(
    name="CSV of counts",
    looks="`image,rbc,wbc,plt`, a row for each photograph; an empty field is unknown, a column may be missing",
    says=("counts",),
    find=_find,
    read=lambda found, types: read_count_table(read_table(found[0])),
)
