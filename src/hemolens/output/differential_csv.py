"""``differential.csv``: one row for a class of white cells, all photographs of the run together."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from hemolens.cell_types import LEUKOCYTES, WHITE_CELL_CLASSES, WhiteCellClass
from hemolens.output.column import Column, header, interval_columns, texts
from hemolens.statistics.differential import Differential
from hemolens.statistics.uncertainty import Interval

NAME = "differential.csv"


class DifferentialRow(NamedTuple):
    """What a row is made of."""

    white_cell_class: WhiteCellClass
    differential: Differential


def percent(differential: Differential, white_cell_class: WhiteCellClass) -> Interval | None:
    """Give the share of a class in per cent of the leukocytes; None where it has none."""
    share = differential.share(white_cell_class)
    return None if share is None else Interval(*(100 * each for each in share))


COLUMNS: tuple[Column[DifferentialRow], ...] = (
    Column(
        "class",
        str,
        f"one of {', '.join(f'`{each}`' for each in WHITE_CELL_CLASSES)}",
        lambda row: row.white_cell_class,
    ),
    Column(
        "cells",
        int,
        "white cells of the class on the photographs that were not rejected",
        lambda row: row.differential.counts[row.white_cell_class],
    ),
    Column(
        "leukocytes",
        int,
        f"all leukocytes with a name on them ({', '.join(LEUKOCYTES)}): the hundred per cent",
        lambda row: row.differential.n_leukocytes,
    ),
    *interval_columns(
        "percent",
        "share of the leukocytes, with its exact interval (Clopper and Pearson); empty for classes that are no "
        "leukocytes, and without any",
        lambda row: percent(row.differential, row.white_cell_class),
        short="that share",
        unit="%",
        n_decimals=1,
    ),
    Column(
        "per_100_leukocytes",
        float,
        "erythroblasts for 100 leukocytes; empty for the other classes, and without leukocytes",
        lambda row: row.differential.erythroblasts_per_100 if row.white_cell_class == "erythroblast" else None,
        n_decimals=1,
    ),
)


def differential_bytes(differential: Differential) -> bytes:
    """Write the table: CSV in UTF-8; what is not known is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header(COLUMNS))
    writer.writerows(texts(COLUMNS, DifferentialRow(each, differential)) for each in WHITE_CELL_CLASSES)
    return text.getvalue().encode()
