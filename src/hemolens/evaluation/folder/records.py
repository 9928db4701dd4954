"""An evaluation → one record for each figure, with its interval and how many photographs it is of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from hemolens.cell_types import CELL_TYPES
from hemolens.evaluation.agreement import (
    Estimate,
    bland_altman,
    bootstrap_interval,
    bootstrap_ratio_interval,
    correlation,
    counting_accuracy_of_each,
    detection_figures,
    mean_absolute_error,
    relative_bias,
)
from hemolens.evaluation.comparison import Comparison
from hemolens.evaluation.folder.evaluate import Evaluation
from hemolens.evaluation.matching import OUTCOMES, add_up
from hemolens.evaluation.record import Record, make_record
from hemolens.evaluation.robustness import CHANGES, change_of_counts


def make_records(evaluation: Evaluation) -> list[Record]:
    """Turn an evaluation into records, table by table and type by type."""
    records: list[Record] = []
    for kind in evaluation.types:
        rows = evaluation.of_type(kind)
        records += [make_record("counts", kind, metric, n, figure) for metric, n, figure in count_figures(rows)]
        agreement = bland_altman([row.truth for row in rows], [row.count for row in rows])
        records += [
            make_record("bland-altman", kind, metric, len(rows), figure)
            for metric, figure in (
                ("mean difference", agreement.mean_difference),
                ("lower limit", agreement.lower_limit),
                ("upper limit", agreement.upper_limit),
                ("standard deviation", Estimate(agreement.standard_deviation)),
            )
        ]
        judged = [row.detection for row in rows if row.detection is not None]
        if judged:
            figures = dict(zip(OUTCOMES, map(Estimate, add_up(judged)), strict=True)) | detection_figures(judged)
            records += [make_record("cells", kind, metric, len(judged), figure) for metric, figure in figures.items()]
    return records + list(_robustness_records(evaluation))


def count_figures(rows: Sequence[Comparison]) -> list[tuple[str, int, Estimate]]:
    """Give the measures of one type's counts: name, number of photographs, figure.

    Parameters
    ----------
    rows : sequence of Comparison
        One for each photograph, at least one.

    """
    truths, counts = [row.truth for row in rows], [row.count for row in rows]
    with_cells = [(truth, count) for truth, count in zip(truths, counts, strict=True) if truth]
    each = counting_accuracy_of_each([truth for truth, _ in with_cells], [count for _, count in with_cells])
    errors = np.abs(np.subtract(counts, truths)).astype(float).tolist()
    exact = [float(truth == count) for truth, count in zip(truths, counts, strict=True)]
    without = [count for truth, count in zip(truths, counts, strict=True) if not truth]
    low, high = bootstrap_ratio_interval(counts, truths)
    mean = Estimate(sum(each) / len(each), *bootstrap_interval(each)) if each else Estimate(math.nan)
    return [
        ("true cells", len(rows), Estimate(sum(truths))),
        ("counted cells", len(rows), Estimate(sum(counts))),
        ("counting accuracy", len(each), mean),
        ("mean absolute error", len(rows), Estimate(mean_absolute_error(truths, counts), *bootstrap_interval(errors))),
        ("bias", len(rows), Estimate(relative_bias(truths, counts), low - 1, high - 1)),
        ("exact counts", len(rows), Estimate(sum(exact) / len(exact), *bootstrap_interval(exact))),
        ("correlation", len(rows), correlation(truths, counts)),
        ("exact counts where the truth is 0", len(without), Estimate(float(sum(count == 0 for count in without)))),
        ("counted cells where the truth is 0", len(without), Estimate(float(sum(without)))),
    ]


def _robustness_records(evaluation: Evaluation) -> Iterable[Record]:
    changed = [each for each in evaluation.photographs if each.changed_counts]
    for change in CHANGES if changed else ():
        for kind in CELL_TYPES:
            result = change_of_counts(
                [getattr(each.counts, kind) for each in changed],
                [getattr(each.changed_counts[change], kind) for each in changed],
            )
            for metric, n, figure in (
                ("mean absolute change", result.n_with_cells, result.mean_absolute),
                ("pooled change", len(changed), result.pooled),
                ("cells found where there were none", result.n_without_cells, Estimate(float(result.cells_there))),
            ):
                yield make_record("robustness", kind, metric, n, figure, change)
