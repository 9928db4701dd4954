"""``summary.csv``: one row for a cell type, all photographs of the run together, as fields of one smear."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.output.spreadsheet import number
from hemolens.statistics.summary import TypeSummary

NAME = "summary.csv"
COLUMNS = (
    "type",
    "fields",
    "total",
    "frame_total",
    "frame_per_field",
    "expected",
    "expected_low",
    "expected_high",
    "interval_holds",
    "per_mm2",
    "per_1000_rbc",
    "per_ul",
    "per_ul_low",
    "per_ul_high",
)


def summary_bytes(summary: Mapping[CellType, TypeSummary]) -> bytes:
    """Write the table.

    Parameters
    ----------
    summary : mapping
        From :func:`hemolens.statistics.summary.summarise`.

    Returns
    -------
    bytes
        CSV in UTF-8; what is not known is empty.

    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(kind, summary[kind]) for kind in CELL_TYPES)
    return text.getvalue().encode()


def _row(kind: CellType, each: TypeSummary) -> tuple[str, ...]:
    return (
        kind,
        str(each.n_fields),
        str(each.total),
        str(each.in_frame),
        number(each.per_field, 2),
        *(number(limit, 2) for limit in each.expected),
        ("sampling and model error" if each.holds_model_error else "sampling only") if each.n_fields else "",
        number(each.per_mm2, 1),
        number(each.per_1000_rbc, 2),
        *(("", "", "") if each.per_ul is None else (number(limit, 0) for limit in each.per_ul)),
    )
