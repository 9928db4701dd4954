"""A study → one record for each figure, with its interval and how many photographs it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hemolens.cell_types import CellType
from hemolens.evaluation.agreement import (
    Estimate,
    bland_altman,
    bootstrap_ratio_interval,
    concordance,
    correlation,
    proportional_bias,
    relative_bias,
)
from hemolens.evaluation.passing_bablok import passing_bablok
from hemolens.evaluation.record import Record, RecordTable, make_record
from hemolens.evaluation.study.pairs import Pairs, Study


def make_records(study: Study) -> list[Record]:
    """Turn a study into records, type by type and table by table."""
    return [
        make_record(table, kind, metric, len(pairs.names), figure)
        for kind, pairs in study.pairs.items()
        for table, metric, figure in _figures(pairs)
    ]


def _figures(pairs: Pairs) -> Iterator[tuple[RecordTable, str, Estimate]]:
    reference, counts = pairs.reference, pairs.counts
    low, high = bootstrap_ratio_interval(counts, reference)
    yield "counts", "reference cells", Estimate(sum(reference))
    yield "counts", "counted cells", Estimate(sum(counts))
    yield "counts", "bias", Estimate(relative_bias(reference, counts), low - 1, high - 1)
    yield "counts", "correlation", correlation(reference, counts)
    yield "counts", "concordance", concordance(reference, counts)
    agreement = bland_altman(reference, counts)
    yield "bland-altman", "mean difference", agreement.mean_difference
    yield "bland-altman", "lower limit", agreement.lower_limit
    yield "bland-altman", "upper limit", agreement.upper_limit
    yield "bland-altman", "standard deviation", Estimate(agreement.standard_deviation)
    yield "bland-altman", "proportional bias", proportional_bias(reference, counts)
    line = passing_bablok(reference, counts)
    yield "passing-bablok", "slope", line.slope
    yield "passing-bablok", "intercept", line.intercept
    yield "passing-bablok", "linearity p", Estimate(line.linearity)


def missing_figures(records: Sequence[Record], kind: CellType) -> list[str]:
    """Name the figures of one type that could not be computed, and those without the interval that they should have.

    Examples
    --------
    >>> missing_figures([make_record("counts", "rbc", "correlation", 3, Estimate(0.9))], "rbc")
    ['interval of the correlation']

    """
    without_interval = {"reference cells", "counted cells", "standard deviation", "linearity p"}
    names = []
    for record in records:
        if record.cell == kind and record.value is None:
            names.append(record.metric)
        elif record.cell == kind and record.low is None and record.metric not in without_interval:
            names.append(f"interval of the {record.metric}")
    return names
