"""Fields of a smear → what they say of it together: means, intervals, densities, ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.measurements.quality import Verdict
from hemolens.statistics.counts import Counts, FrameCounts
from hemolens.statistics.differential import Differential, join_differentials
from hemolens.statistics.red_cells import RedCells, join_red_cells
from hemolens.statistics.uncertainty import (
    CountError,
    Interval,
    mean_per_field,
    student_quantile,
    times,
    with_model_error,
)

if TYPE_CHECKING:
    from hemolens.statistics.site import Site, SiteFactor


@dataclass(frozen=True)
class CountedField:
    """The numbers of one photograph.

    Attributes
    ----------
    counts : Counts
        All cells.
    frame : FrameCounts
        Those that the counting frame holds, and its area.
    um_per_px : float or None
        None where the scale is not known.
    um_is_assumed : bool
        Whether it only rests on the usual width of a red cell.
    errors : mapping
        Cell type → the model's error, where it was measured and the counts carry it. What several fields do not share
        is left out.
    verdict : {"accept", "warn", "reject"}
        Whether the photograph is fit to be counted.
    vouched_for : tuple of str
        Cell types whose count a person vouches for; where others are not, the model's error in those is in the mean.
    unlocated : tuple of str
        Cell types that were counted without locating their cells: the counting frame says nothing of them.
    differential : Differential or None
        White cells by class; None where nobody asked for it.
    red_cells : RedCells or None
        Measured red cells; None where nobody asked for their shape.

    """

    counts: Counts
    frame: FrameCounts
    um_per_px: float | None
    um_is_assumed: bool
    errors: Mapping[CellType, CountError]
    verdict: Verdict
    vouched_for: tuple[CellType, ...] = ()
    unlocated: tuple[CellType, ...] = ()
    differential: Differential | None = None
    red_cells: RedCells | None = None

    @property
    def area_mm2(self) -> float | None:
        """Counted area in mm²; None where the scale is not known."""
        return None if self.um_per_px is None else self.frame.area_px * (self.um_per_px / 1000) ** 2


@dataclass(frozen=True)
class TypeSummary:
    """What fields say of one cell type.

    Attributes
    ----------
    n_fields : int
        Those that the numbers below rest on.
    n_rejected : int
        Fields that are left out because their photographs were rejected.
    total : int
        All cells on the fields.
    in_frame : int or None
        Those that the counting frames hold; None where cells were counted without being located, and then nothing below
        is known.
    per_field : float
        Mean of the latter; NaN without fields.
    expected : Interval
        Mean number per field of the smear, corrected for the model's bias where that was measured. Where the fields
        differ in size, per field of their mean size.
    includes_model_error : bool
        Whether that interval includes the model's error, or the sampling error only.
    per_mm2 : float or None
        Cells per mm² of the counted area, over the fields whose scale is known; None without one.
    per_1000_rbc : float or None
        Cells per 1000 red cells; None for red cells, and where there are no red cells.
    per_ul : Interval or None
        Estimated cells per microlitre of blood; None without a factor of the site.

    """

    n_fields: int
    n_rejected: int
    total: int
    in_frame: int | None
    per_field: float
    expected: Interval
    includes_model_error: bool
    per_mm2: float | None
    per_1000_rbc: float | None
    per_ul: Interval | None


Summary = Mapping[CellType, TypeSummary]
"""What fields say together, type by type."""

_NO_INTERVAL = Interval(math.nan, math.nan, math.nan)


def summarise(fields: Sequence[CountedField], site: Site | None = None) -> dict[CellType, TypeSummary]:
    """Join the numbers of the fields of one smear; those of rejected photographs are left out.

    Parameters
    ----------
    fields : sequence of CountedField
        Counted by the same models.
    site : Site, optional
        Factors of the microscope.

    Returns
    -------
    dict
        One summary for each cell type; without numbers where all photographs were rejected.

    """
    used = [field for field in fields if field.verdict != "reject"]
    n_rejected = len(fields) - len(used)
    return {kind: _summarise_type(used, kind, site or {}, n_rejected) for kind in CELL_TYPES}


def join_classes(fields: Sequence[CountedField]) -> Differential | None:
    """Join the differentials of the fields of one smear; those of rejected photographs are left out.

    Returns
    -------
    Differential or None
        None where nobody asked for it.

    """
    asked = [field for field in fields if field.differential is not None]
    used = [
        field.differential.counts for field in asked if field.differential is not None and field.verdict != "reject"
    ]
    return join_differentials(used) if asked else None


def join_shapes(fields: Sequence[CountedField]) -> RedCells | None:
    """Join the measured red cells of the fields of one smear; those of rejected photographs are left out.

    Returns
    -------
    RedCells or None
        None where nobody asked for their shape.

    """
    asked = [field for field in fields if field.red_cells is not None]
    used = [field.red_cells for field in asked if field.red_cells is not None and field.verdict != "reject"]
    return join_red_cells(used) if asked else None


def summarise_field(field: CountedField) -> dict[CellType, TypeSummary]:
    """Say what one field tells of its smear by itself, whatever its verdict, which is to stand beside it.

    Parameters
    ----------
    field : CountedField

    Returns
    -------
    dict
        One summary for each cell type.

    """
    return {kind: _summarise_type([field], kind, {}, 0) for kind in CELL_TYPES}


def _summarise_type(fields: Sequence[CountedField], kind: CellType, site: Site, n_rejected: int) -> TypeSummary:
    if any(kind in field.unlocated for field in fields):
        return _summarise_unlocated(fields, kind, n_rejected)
    counts: list[int] = [getattr(field.frame.counts, kind) for field in fields]
    in_frame, n_rbc = sum(counts), 0
    if not any("rbc" in field.unlocated for field in fields):
        n_rbc = sum(field.frame.counts.rbc for field in fields)
    measured = [(count, area) for count, field in zip(counts, fields, strict=True) if (area := field.area_mm2)]
    sampled = mean_per_field(counts, _areas(fields)) if fields else _NO_INTERVAL
    errors = {field.errors.get(kind) for field in fields if kind not in field.vouched_for}
    error = errors.pop() if len(errors) == 1 else None
    return TypeSummary(
        n_fields=len(fields),
        n_rejected=n_rejected,
        total=sum(getattr(field.counts, kind) for field in fields),
        in_frame=in_frame,
        per_field=sampled.value,
        expected=sampled if error is None else with_model_error(sampled, error),
        includes_model_error=error is not None,
        per_mm2=sum(count for count, _ in measured) / sum(area for _, area in measured) if measured else None,
        per_1000_rbc=1000 * in_frame / n_rbc if n_rbc and kind != "rbc" else None,
        per_ul=_per_ul(sampled, fields, site[kind]) if fields and kind in site else None,
    )


def _summarise_unlocated(fields: Sequence[CountedField], kind: CellType, n_rejected: int) -> TypeSummary:
    """Say how many cells there are, and nothing that needs to know where they are."""
    return TypeSummary(
        n_fields=len(fields),
        n_rejected=n_rejected,
        total=sum(getattr(field.counts, kind) for field in fields),
        in_frame=None,
        per_field=math.nan,
        expected=_NO_INTERVAL,
        includes_model_error=False,
        per_mm2=None,
        per_1000_rbc=None,
        per_ul=None,
    )


def _areas(fields: Sequence[CountedField]) -> list[float]:
    """Give the areas by which fields are joined: in mm² where every scale was given, else in square pixels.

    An estimated scale is off by some percent from one photograph to the next, which would make equal fields differ.
    """
    areas_mm2 = [area for field in fields if (area := field.area_mm2) is not None and not field.um_is_assumed]
    return areas_mm2 if len(areas_mm2) == len(fields) else [field.frame.area_px for field in fields]


def _per_ul(sampled: Interval, fields: Sequence[CountedField], factor: SiteFactor) -> Interval:
    """Estimate cells per microlitre from counts as they are: a measured factor holds the model's bias already."""
    area_px = sum(field.frame.area_px for field in fields) / len(fields)
    scale = factor.factor * (factor.field_area_px / area_px if factor.field_area_px and area_px else 1)
    return times(sampled, Interval(scale, scale / _reach(factor), scale * _reach(factor)))


def _reach(factor: SiteFactor) -> float:
    """How many times too large or too small a factor may be for one more smear."""
    if factor.low is None or factor.high is None or factor.spread is None or factor.n_smears is None:
        return 1.0
    between = student_quantile(factor.n_smears - 1) * factor.spread
    return math.exp(math.hypot(math.log(factor.high / factor.low) / 2, between))
