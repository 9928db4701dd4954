"""``summary.csv``: one row for a cell type, all photographs of the run together, as fields of one smear."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import NamedTuple

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.output.column import Column, header, interval_columns, texts
from hemolens.statistics.summary import TypeSummary

NAME = "summary.csv"


class SummaryRow(NamedTuple):
    """What a row is made of.

    Attributes
    ----------
    type : {"rbc", "wbc", "plt"}
    summary : TypeSummary

    """

    type: CellType
    summary: TypeSummary


def interval_includes(summary: TypeSummary) -> str | None:
    """Say which errors the interval holds; None without photographs, and where cells were not located."""
    if not summary.n_fields or summary.in_frame is None:
        return None
    return "sampling and model error" if summary.includes_model_error else "sampling only"


COLUMNS: tuple[Column[SummaryRow], ...] = (
    Column("type", str, f"one of {', '.join(f'`{kind}`' for kind in CELL_TYPES)}", lambda row: row.type),
    Column(
        "fields",
        int,
        "number of counted photographs that were not rejected; the columns below are of these",
        lambda row: row.summary.n_fields,
    ),
    Column("total", int, "cells of the type on them, those that a frame cuts included", lambda row: row.summary.total),
    Column(
        "frame_total",
        int,
        "cells of the type by the counting frame; empty, as all that follows from it, where cells were not located",
        lambda row: row.summary.in_frame,
    ),
    Column(
        "frame_per_field",
        float,
        "`frame_total` divided by `fields`",
        lambda row: row.summary.per_field,
        n_decimals=2,
    ),
    *interval_columns(
        "expected",
        "mean number of cells of the type per field of the smear, corrected for the model's bias where that was "
        "measured; per field of the mean size where the photographs differ in size",
        lambda row: row.summary.expected,
        short="that mean",
        n_decimals=2,
    ),
    Column(
        "interval_includes",
        str,
        "which errors that interval holds: `sampling and model error`, or `sampling only` where the model's error was "
        "not measured, or people vouch for the counts",
        lambda row: interval_includes(row.summary),
    ),
    Column(
        "per_mm2",
        float,
        "cells of the type by the counting frame per counted area, over the photographs whose scale is known",
        lambda row: row.summary.per_mm2,
        "1/mm²",
        1,
    ),
    Column(
        "per_1000_rbc",
        float,
        "cells of the type for 1000 red cells, both by the counting frame; empty for red cells, and where there are "
        "none",
        lambda row: row.summary.per_1000_rbc,
        n_decimals=2,
    ),
    *interval_columns(
        "per_ul",
        "estimated number of cells of the type in the blood; empty without a factor of the microscope",
        lambda row: row.summary.per_ul,
        short="that estimate",
        unit="1/µl",
        n_decimals=0,
    ),
    Column(
        "rejected_fields",
        int,
        "number of counted photographs that were rejected, and are left out of this table",
        lambda row: row.summary.n_rejected,
    ),
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
    writer.writerow(header(COLUMNS))
    writer.writerows(texts(COLUMNS, SummaryRow(kind, summary[kind])) for kind in CELL_TYPES)
    return text.getvalue().encode()
