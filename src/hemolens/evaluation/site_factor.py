"""Counts of fields and an analyser's counts of the same blood → the factors of a microscope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.errors import LabelError, quoted
from hemolens.labels.count_table import MAX_COUNT
from hemolens.labels.table import Row, read_table
from hemolens.statistics.site import LARGEST_FACTOR, LARGEST_SPREAD, Site, SiteFactor
from hemolens.statistics.uncertainty import student_quantile

MAX_BYTES = 20_000_000
"""Largest table: all its rows are looked at together."""

FEWEST_SMEARS = 3

MOST_PER_UL = 1e9

_LARGEST_AREA_RATIO = 1.02
_DO = "correct the table"


class CountedSmear(NamedTuple):
    """One smear: cells on each of its fields, and what the analyser says of the same blood."""

    counts: Sequence[int]
    per_ul: float


def read_site_factors(path: str | PathLike[str]) -> dict[CellType, SiteFactor]:
    """Measure the factors of a microscope on smears whose blood an analyser has counted.

    Parameters
    ----------
    path : str or path
        The ``counts.csv`` of photographs of several smears with two kinds of column added: ``smear``, which fields
        belong together, and ``rbc_per_ul``, ``wbc_per_ul``, ``plt_per_ul``, the analyser's counts per microlitre, in at
        least one row of a smear. Read are these, ``rbc_frame``, ``wbc_frame``, ``plt_frame`` and, if it is there,
        ``frame_area_px`` and ``quality``. Rows without counts and rejected photographs are passed over.

    Returns
    -------
    dict
        A factor for each type with analyser counts.

    Raises
    ------
    LabelError
        The table is malformed, or says too little: fewer than three smears, a smear without cells of a type, fields of
        different size.

    """
    table = read_table(Path(path), MAX_BYTES)
    kinds = [kind for kind in CELL_TYPES if f"{kind}_per_ul" in table.columns]
    missing = [name for name in ("smear", *(f"{kind}_frame" for kind in kinds)) if name not in table.columns]
    if not kinds or missing:
        raise LabelError(
            "the table cannot calibrate",
            came=f"no column {', '.join(missing) or 'with counts per microlitre'} in {quoted(path)}",
            allowed="counts.csv with the columns smear and rbc_per_ul, wbc_per_ul or plt_per_ul added",
            do="add the columns",
        )
    rows = list(table.rows)
    area = _field_area(rows) if "frame_area_px" in table.columns else None
    return {kind: _fit(_smears(rows, kind), area, kind) for kind in kinds}


def fit_factor(smears: Sequence[CountedSmear], field_area_px: float | None = None) -> SiteFactor:
    """Fit one factor: the geometric mean of analyser count over mean count per field.

    Parameters
    ----------
    smears : sequence of CountedSmear
        At least three, each with cells.
    field_area_px : float, optional
        Counted area of their fields.

    Returns
    -------
    SiteFactor
        With Student's interval of the mean of logarithms; its ``spread`` is what remains of the variance between smears
        when that of the fields' counts is taken off.

    Raises
    ------
    LabelError
        The smears disagree so far that the interval has no useful end.

    Examples
    --------
    >>> fields = ([10, 12, 11], 220_000), ([20, 19, 21], 400_000), ([5, 4, 6], 100_000)
    >>> smears = [CountedSmear(*each) for each in fields]
    >>> round(fit_factor(smears).factor)
    20000

    """
    n = len(smears)
    logs = np.array([math.log(smear.per_ul) - math.log(np.mean(smear.counts)) for smear in smears])
    variance = float(logs.var(ddof=1))
    by_chance = float(np.mean([_variance_of_log_mean(smear.counts) for smear in smears]))
    reach = student_quantile(n - 1) * math.sqrt(variance / n)
    middle = float(logs.mean())
    spread = math.sqrt(max(variance - by_chance, 0.0))
    if abs(middle) + reach > math.log(LARGEST_FACTOR) or spread > LARGEST_SPREAD:
        raise LabelError(
            "the smears disagree too much for a factor",
            came=f"per field and microlitre from {math.exp(logs.min()):.3g} to {math.exp(logs.max()):.3g}",
            allowed=f"an interval of the factor within 1 in {LARGEST_FACTOR:g} and {LARGEST_FACTOR:g}",
            do="check the counts per microlitre, or calibrate with more smears",
        )
    return SiteFactor(
        factor=_rounded(math.exp(middle)),
        low=_rounded(math.exp(middle - reach)),
        high=_rounded(math.exp(middle + reach)),
        spread=round(spread, 4),
        n_smears=n,
        field_area_px=field_area_px,
    )


def site_table(site: Site) -> str:
    """Say the factors in words, a line for each type."""
    lines = [
        f"{CELL_NAMES[kind]}: one per field stands for {each.factor:,.0f} per µl (95 % interval {each.low:,.0f} to "
        f"{each.high:,.0f}, {each.n_smears} smears, {each.spread:.0%} between smears)"
        for kind, each in site.items()
    ]
    return "\n".join(lines)


def _variance_of_log_mean(counts: Sequence[int]) -> float:
    total, n = sum(counts), len(counts)
    if n == 1:
        return 1 / total
    return float(np.var(counts, ddof=1)) / n / (total / n) ** 2


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


def _fit(smears: dict[str, CountedSmear], area: float | None, kind: CellType) -> SiteFactor:
    if len(smears) < FEWEST_SMEARS:
        raise LabelError(
            f"too few smears for a factor of {CELL_NAMES[kind]}",
            came=f"{len(smears)} with counts that were not rejected, and {kind}_per_ul",
            allowed=f"at least {FEWEST_SMEARS}; 20 are better",
            do="photograph more smears whose blood was counted",
        )
    for name, smear in smears.items():
        if not sum(smear.counts):
            raise LabelError(
                f"no {CELL_NAMES[kind]} were counted on a smear",
                came=quoted(name),
                allowed="smears with cells of each calibrated type",
                do=f"take more fields of it, or leave its {kind}_per_ul empty",
            )
    return fit_factor(list(smears.values()), area)


def _smears(rows: Sequence[Row], kind: CellType) -> dict[str, CountedSmear]:
    """Gather the fields of each smear whose blood was counted."""
    counts: dict[str, list[int]] = {}
    per_ul: dict[str, float] = {}
    for row in rows:
        name = row.texts["smear"]
        if not row.texts[f"{kind}_frame"]:
            continue
        if not name:
            raise LabelError(f"{row.where} names no smear", came="''", allowed="a name in the column smear", do=_DO)
        if not _is_rejected(row):
            counts.setdefault(name, []).append(_whole(row, f"{kind}_frame"))
        if row.texts[f"{kind}_per_ul"]:
            value = _within(row, f"{kind}_per_ul", MOST_PER_UL)
            if per_ul.setdefault(name, value) != value:
                came = f"{per_ul[name]:g} and {value:g} for {quoted(name)}"
                raise LabelError(f"{row.where} has another {kind}_per_ul", came=came, allowed="one value", do=_DO)
    return {name: CountedSmear(counts[name], value) for name, value in per_ul.items() if name in counts}


def _is_rejected(row: Row) -> bool:
    return row.texts.get("quality") == "reject"


def _whole(row: Row, column: str) -> int:
    value = row.number(column)
    if not 0 <= value <= MAX_COUNT or value != int(value):
        allowed = f"0, 1, 2, … {MAX_COUNT}"
        raise LabelError(f"{column} in {row.where} is not a count", came=f"{value:g}", allowed=allowed, do=_DO)
    return int(value)


def _within(row: Row, column: str, most: float) -> float:
    value = row.number(column)
    if not 0 < value <= most:
        allowed = f"more than 0, at most {most:g}"
        raise LabelError(f"{column} in {row.where} is out of range", came=f"{value:g}", allowed=allowed, do=_DO)
    return value


def _field_area(rows: Sequence[Row]) -> float | None:
    areas = [
        _within(row, "frame_area_px", 1e12) for row in rows if row.texts["frame_area_px"] and not _is_rejected(row)
    ]
    if not areas:
        return None
    if max(areas) > _LARGEST_AREA_RATIO * min(areas):
        raise LabelError(
            "the fields differ in size",
            came=f"frame_area_px from {min(areas):g} to {max(areas):g}",
            allowed="photographs of one camera, counted in one region",
            do="calibrate with photographs of one size",
        )
    return float(np.mean(areas))
