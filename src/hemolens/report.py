"""The table that a person reads on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from hemolens.config import CELL_NAMES, CELL_TYPES
from hemolens.counts import NO_CELLS, Counts

if TYPE_CHECKING:
    from rich.table import Table

    from hemolens.quality import Verdict


def counts_table(rows: Sequence[tuple[str, Counts | None, Verdict | None]]) -> Table:
    """Lay out the counts of photographs, with their sum when there are several.

    Parameters
    ----------
    rows : sequence of (str, Counts or None, Verdict or None)
        Name, counts and quality of each photograph; None when it was not counted.

    Returns
    -------
    rich.table.Table
        A photograph that was not counted has dashes, and is not part of the sum.

    """
    table = _empty_table("image")
    table.add_column("quality", no_wrap=True)
    for image, counts, verdict in rows:
        _add_row(table, image, counts, verdict or "–")
    counted = [counts for _, counts, _ in rows if counts is not None]
    if len(rows) > 1:
        table.add_section()
        _add_row(table, f"total of {len(counted)}", sum(counted, NO_CELLS))
    return table


def truth_table(truth: Counts, counted: Counts) -> Table:
    """Lay out true counts beside the counted ones.

    Parameters
    ----------
    truth, counted : Counts

    Returns
    -------
    rich.table.Table

    """
    table = _empty_table("")
    _add_row(table, "drawn (truth)", truth)
    _add_row(table, "counted", counted)
    return table


def _empty_table(first_heading: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(first_heading, overflow="fold")
    for cell_type in CELL_TYPES:
        table.add_column(CELL_NAMES[cell_type], justify="right", no_wrap=True)
    return table


def _add_row(table: Table, name: str, counts: Counts | None, *more: str) -> None:
    from rich.text import Text

    numbers = ["–"] * len(CELL_TYPES) if counts is None else [str(n) for n in astuple(counts)]
    table.add_row(Text(name), *numbers, *more)
