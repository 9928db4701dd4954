"""The table that a person reads on the terminal."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, LEUKOCYTES, CellType
from hemolens.counted_image import Review
from hemolens.output.differential_csv import percent
from hemolens.output.red_cells_csv import rows_of
from hemolens.statistics.counts import NO_CELLS, Counts
from hemolens.statistics.differential import TARGETS, Differential
from hemolens.statistics.red_cells import RedCells
from hemolens.statistics.summary import TypeSummary
from hemolens.statistics.uncertainty import Interval

if TYPE_CHECKING:
    from rich.table import Table

    from hemolens.measurements.quality import Verdict


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


def summary_lines(summary: Mapping[CellType, TypeSummary]) -> list[str]:
    """Say in words what the photographs tell of their smear.

    Parameters
    ----------
    summary : mapping
        From :func:`hemolens.statistics.summary.summarise`.

    Returns
    -------
    list of str
        One that says which types were not located; a line for the mean of each other type with its interval, one that
        says which errors the intervals include, and one for each estimate per microlitre; one that says what was left
        out; empty when nothing was counted.

    """
    n_fields, n_rejected = summary["rbc"].n_fields, summary["rbc"].n_rejected
    left_out = [rejected_in_words(n_rejected, n_fields)] if n_rejected else []
    if not n_fields:
        return left_out
    unlocated = [kind for kind, each in summary.items() if each.in_frame is None]
    said = [f"{unlocated_in_words(unlocated)}."] if unlocated else []
    located = {kind: each for kind, each in summary.items() if kind not in unlocated}
    if not located:
        return said + left_out
    means = "; ".join(f"{CELL_NAMES[kind]} {interval_text(each.expected)}" for kind, each in located.items())
    lines = [
        f"Mean per field of the smear, 95 % interval, from {fields_in_words(n_fields)}: {means}",
        f"Cells at the upper and left sides are not in these means; the intervals include {errors_in_words(summary)}",
    ]
    lines += [
        f"Estimated {CELL_NAMES[kind]} per µl with the factor of the site: {interval_text(each.per_ul)}"
        for kind, each in summary.items()
        if each.per_ul is not None
    ]
    return said + lines + left_out


def unlocated_in_words(kinds: Collection[CellType]) -> str:
    """Say which types have a count and no cells.

    >>> unlocated_in_words(["rbc", "wbc"])
    'Red cells, white cells: counted without being located, so there are no outlines, sizes, means or densities of them'
    """
    names = ", ".join(CELL_NAMES[kind] for kind in kinds).capitalize()
    return f"{names}: counted without being located, so there are no outlines, sizes, means or densities of them"


def differential_lines(differential: Differential | None) -> list[str]:
    """Say in words which classes of white cells there are.

    Parameters
    ----------
    differential : Differential or None

    Returns
    -------
    list of str
        Empty where nobody asked for it. A line with the leukocytes by class, one with what is not among them, one with
        what targets still need, and a warning where it is due.

    """
    if differential is None:
        return []
    counts, n = differential.counts, differential.n_leukocytes
    shares = ((each, percent(differential, each)) for each in LEUKOCYTES)
    parts = [f"{each} {interval_text(share)} %" for each, share in shares if share is not None and counts[each]]
    lines = [f"Differential of {n} leukocytes, 95 % interval: {'; '.join(parts) or 'none'}"]
    beside = ", ".join(f"{counts[each]} {each}" for each in counts if each not in LEUKOCYTES)
    per_100, white_cells = differential.erythroblasts_per_100, differential.n_white_cells
    if counts["erythroblast"] and per_100 is not None and white_cells is not None:
        beside += f"; {per_100:.1f} erythroblasts for 100 leukocytes, white cells without them: {white_cells:.0f}"
    lines.append(f"Not among the leukocytes: {beside}")
    needed = {target: differential.n_needed(target) for target in TARGETS}
    if missing := ", ".join(f"{more} more for {target}" for target, more in needed.items() if more):
        lines.append(f"Leukocytes that are needed: {missing}")
    return [*lines, *([f"Warning: {differential.warning}"] if differential.warning else [])]


def red_cell_lines(red_cells: RedCells | None) -> list[str]:
    """Say in words how the red cells are shaped.

    Parameters
    ----------
    red_cells : RedCells or None

    Returns
    -------
    list of str
        Empty where nobody asked for it; else one line.

    """
    if red_cells is None:
        return []
    figures = [(row.name, row.percent) for row in rows_of(red_cells)]
    said = "; ".join(f"{name} {interval_text(each)} %" for name, each in figures if each is not None)
    return [f"Shape of {red_cells.n_cells} whole red cells that touch no other: {said or 'too few to tell'}"]


def rejected_in_words(n_rejected: int, n_fields: int) -> str:
    """Say which fields are left out of what the others tell together.

    >>> rejected_in_words(2, 3), rejected_in_words(2, 0)
    ('Left out of the means: 2 rejected photographs', 'No means: every counted photograph was rejected (2)')
    """
    if not n_fields:
        return f"No means: every counted photograph was rejected ({n_rejected})"
    return f"Left out of the means: {n_rejected} rejected photograph{'s' if n_rejected > 1 else ''}"


def fields_in_words(n_fields: int) -> str:
    """Say what a mean rests on.

    >>> fields_in_words(3)
    '3 fields, if they are of one smear'
    """
    if n_fields == 1:
        return "one field, which does not show how uneven the smear is"
    return f"{n_fields} fields, if they are of one smear"


def errors_in_words(summary: Mapping[CellType, TypeSummary]) -> str:
    """Say which errors the intervals of a summary include."""
    measured = [CELL_NAMES[kind] for kind, each in summary.items() if each.includes_model_error]
    if not measured:
        return "sampling error only, without the model's error"
    return f"sampling error, and for {', '.join(measured)} the model's measured error"


def review_in_words(review: Review) -> str:
    """Say what people have changed, and who signed.

    >>> review_in_words(Review(2, 1, 0, ("Ada", "Ben"), origins=()))
    'Corrected by Ada, Ben: 2 cells added, 1 taken out, 0 changed; 0 of 0 cells checked. Not signed.'
    """
    people = f"Corrected by {', '.join(review.by)}" if review.by else "Reviewed"
    changed = f"{review.n_added} cells added, {review.n_removed} taken out, {review.n_changed} changed"
    checked = f"{review.n_checked} of {len(review.origins)} cells checked"
    if review.signed_by is None or review.signed_at is None:
        return f"{people}: {changed}; {checked}. Not signed."
    signed = f"Signed by {review.signed_by} on {review.signed_at:%Y-%m-%d}"
    return f"{people}: {changed}; {checked}. {signed}{f': {review.comment}' if review.comment else '.'}"


def interval_text(interval: Interval) -> str:
    """Write an interval with as many digits as it deserves.

    Examples
    --------
    >>> interval_text(Interval(3.21, 1.0, 7.449)), interval_text(Interval(180.2, 150.0, math.inf))
    ('3.2 (1.0–7.4)', '180 (150–no limit)')

    """
    form = ",.0f" if interval.value >= 100 or 1000 <= interval.high < math.inf else ".1f"
    high = f"{interval.high:{form}}" if math.isfinite(interval.high) else "no limit"
    return f"{interval.value:{form}} ({interval.low:{form}}–{high})"


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
    _add_row(table, "truth", truth)
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
