"""Fields of a smear → what they say of it together: means, intervals, densities, ratios."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.statistics.counts import Counts, FrameCounts
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
        Cell type → the model's error, where it was measured.

    """

    counts: Counts
    frame: FrameCounts
    um_per_px: float | None
    um_is_assumed: bool
    errors: Mapping[CellType, CountError]

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
    total : int
        All cells on the fields.
    in_frame : int
        Those that the counting frames hold.
    per_field : float
        Mean of the latter; NaN without fields.
    expected : Interval
        Mean number per field of the smear, corrected for the model's bias where that was measured.
    holds_model_error : bool
        Whether that interval includes the model's error, or the sampling error only.
    per_mm2 : float or None
        Cells per mm² of the counted area; None where the scale of a field is not known.
    per_1000_rbc : float or None
        Cells per 1000 red cells; None for red cells, and where there are no red cells.
    per_ul : Interval or None
        Estimated cells per microlitre of blood; None without a factor of the site.

    """

    n_fields: int
    total: int
    in_frame: int
    per_field: float
    expected: Interval
    holds_model_error: bool
    per_mm2: float | None
    per_1000_rbc: float | None
    per_ul: Interval | None


_NO_INTERVAL = Interval(math.nan, math.nan, math.nan)


def summarise(fields: Sequence[CountedField], site: Site | None = None) -> dict[CellType, TypeSummary]:
    """Join the numbers of the fields of one smear.

    Parameters
    ----------
    fields : sequence of CountedField
        Counted by the same models, of about the same size where there are several.
    site : Site, optional
        Factors of the microscope.

    Returns
    -------
    dict
        One summary for each cell type.

    """
    return {kind: _summarise_type(fields, kind, site or {}) for kind in CELL_TYPES}


def _summarise_type(fields: Sequence[CountedField], kind: CellType, site: Site) -> TypeSummary:
    counts: list[int] = [getattr(field.frame.counts, kind) for field in fields]
    in_frame, n_rbc = sum(counts), sum(field.frame.counts.rbc for field in fields)
    areas = [field.area_mm2 for field in fields]
    area_mm2 = sum(area for area in areas if area is not None)
    sampled = mean_per_field(counts) if fields else _NO_INTERVAL
    error = fields[0].errors.get(kind) if fields else None
    return TypeSummary(
        n_fields=len(fields),
        total=sum(getattr(field.counts, kind) for field in fields),
        in_frame=in_frame,
        per_field=sampled.value,
        expected=sampled if error is None else with_model_error(sampled, error),
        holds_model_error=error is not None,
        per_mm2=in_frame / area_mm2 if area_mm2 and None not in areas else None,
        per_1000_rbc=1000 * in_frame / n_rbc if n_rbc and kind != "rbc" else None,
        per_ul=_per_ul(sampled, fields, site[kind]) if fields and kind in site else None,
    )


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
