"""One figure with its interval: a record, and how a page prints it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hemolens.cell_types import CellType
from hemolens.evaluation.agreement import Estimate

NONE = "–"
"""Printed where there is no figure."""

RecordTable = Literal["counts", "bland-altman", "cells", "robustness", "passing-bablok", "differential"]


class Record(BaseModel):
    """One figure.

    ``change`` names what was done to the photographs in the table of robustness. ``value`` is None where there is no
    figure, ``low`` and ``high`` (a 95 % interval) where there is none. Shares are fractions, errors are in cells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: RecordTable
    cell: CellType
    change: str | None = None
    metric: str
    n_images: int
    value: float | None
    low: float | None
    high: float | None


def make_record(
    table: RecordTable, kind: CellType, metric: str, n: int, figure: Estimate, change: str | None = None
) -> Record:
    """Turn a figure of ``n`` photographs into a record, rounded to five decimals; NaN becomes None.

    Examples
    --------
    >>> record = make_record("counts", "rbc", "bias", 7, Estimate(0.123456))
    >>> record.value, record.low
    (0.12346, None)

    """
    value, low, high = (None if math.isnan(number) else round(number, 5) for number in figure)
    return Record(table=table, cell=kind, change=change, metric=metric, n_images=n, value=value, low=low, high=high)


def by_metric(records: Sequence[Record], table: RecordTable, kind: CellType) -> dict[str, Record]:
    """Find the records of one table and type, by their metric."""
    return {record.metric: record for record in records if (record.table, record.cell) == (table, kind)}


def percent_text(record: Record, *, sign: bool = False) -> str:
    """Print a share in percent, with its interval where there is one; with a plus sign on request."""
    return _shown(record, lambda value: f"{100 * value:{'+' if sign else ''}z.1f}", " %")


def number_text(record: Record, n_decimals: int) -> str:
    """Print a number, with its interval where there is one.

    Examples
    --------
    >>> number_text(make_record("counts", "rbc", "bias", 7, Estimate(2.04, 1, 3)), 1)
    '2.0 [1.0, 3.0]'

    """
    return _shown(record, lambda value: f"{value:z.{n_decimals}f}")


def _shown(record: Record, show: Callable[[float], str], unit: str = "") -> str:
    if record.value is None:
        return NONE
    text = show(record.value) + unit
    if record.low is None or record.high is None:
        return text
    return f"{text} [{show(record.low)}, {show(record.high)}]"
