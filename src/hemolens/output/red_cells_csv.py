"""``red-cells.csv``: what the shapes of the red cells say, all photographs of the run together."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

import numpy as np

from hemolens.output.column import Column, header, interval_columns, texts
from hemolens.statistics.red_cells import FEWEST, LIMITS, Limit, RedCells
from hemolens.statistics.uncertainty import Interval

NAME = "red-cells.csv"

ANISOCYTOSIS = "anisocytosis"


class RedCellsRow(NamedTuple):
    """What a row is made of; without a limit it is that of the variation of diameters."""

    limit: Limit | None
    red_cells: RedCells

    def quantile(self, share: float) -> float | None:
        """Give a quantile of the measure; None without cells."""
        values = self.red_cells.of("diameter" if self.limit is None else self.limit.measure)
        return float(np.quantile(values, share)) if len(values) else None

    @property
    def name(self) -> str:
        """What the row is called."""
        return ANISOCYTOSIS if self.limit is None else self.limit.name

    @property
    def percent(self) -> Interval | None:
        """The share beyond the limit, or the variation, in per cent."""
        share = self.red_cells.variation if self.limit is None else self.red_cells.share_beyond(self.limit)
        return None if share is None else Interval(*(100 * each for each in share))


COLUMNS: tuple[Column[RedCellsRow], ...] = (
    Column(
        "feature",
        str,
        f"one of `{ANISOCYTOSIS}`, {', '.join(f'`{each.name}`' for each in LIMITS)}",
        lambda row: row.name,
    ),
    Column(
        "measure",
        str,
        "what it is judged by: a column of `cells.csv`; `diameter` is the cell's as a share of the median of its "
        "photograph",
        lambda row: "diameter" if row.limit is None else row.limit.measure,
    ),
    Column(
        "limit",
        str,
        "where the feature begins: a convention to compare samples by, not a limit between healthy and ill",
        lambda row: None if row.limit is None else f"{row.limit.side} {row.limit.value:g}",
    ),
    Column(
        "cells",
        int,
        "whole red cells that touch no other, on the photographs that were not rejected",
        lambda row: row.red_cells.n_cells,
    ),
    Column("median", float, "median of the measure", lambda row: row.quantile(0.5), n_decimals=3),
    Column("low_5", float, "its 5 % quantile", lambda row: row.quantile(0.05), n_decimals=3),
    Column("high_95", float, "its 95 % quantile", lambda row: row.quantile(0.95), n_decimals=3),
    *interval_columns(
        "percent",
        "share of the cells with the feature, with its exact interval; of anisocytosis, standard deviation of the "
        f"diameters over their mean; empty of fewer than {FEWEST} cells",
        lambda row: row.percent,
        short="that figure",
        unit="%",
        n_decimals=1,
    ),
)


def rows_of(red_cells: RedCells) -> list[RedCellsRow]:
    """List the rows of the table."""
    return [RedCellsRow(limit, red_cells) for limit in (None, *LIMITS)]


def red_cells_bytes(red_cells: RedCells) -> bytes:
    """Write the table: CSV in UTF-8; what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header(COLUMNS))
    writer.writerows(texts(COLUMNS, row) for row in rows_of(red_cells))
    return text.getvalue().encode()
