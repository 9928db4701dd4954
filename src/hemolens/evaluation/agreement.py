"""Counted numbers and true numbers → how well they agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def counting_accuracy(true_counts: Sequence[int], counts: Sequence[int]) -> float:
    """Mean over photographs of 1 − |count − truth| / truth: the paper's measure, as a fraction.

    A photograph with no true cell counts 1 when none was found and 0 otherwise. A count of more than twice
    the truth gives a negative value, as it should. Without photographs it is NaN.

    Examples
    --------
    >>> counting_accuracy([100, 10], [90, 10])
    0.95
    >>> counting_accuracy([1, 0, 0], [3, 0, 1])
    0.0

    """
    each = [
        1 - abs(count - truth) / truth if truth else float(count == 0)
        for truth, count in zip(true_counts, counts, strict=True)
    ]
    return float(np.mean(each)) if each else float("nan")


def mean_absolute_error(true_counts: Sequence[int], counts: Sequence[int]) -> float:
    """Mean of |count − truth|, in cells; NaN without photographs.

    Examples
    --------
    >>> mean_absolute_error([100, 10], [90, 12])
    6.0

    """
    differences = np.subtract(counts, true_counts, dtype=float)
    return float(np.abs(differences).mean()) if differences.size else float("nan")


def relative_bias(true_counts: Sequence[int], counts: Sequence[int]) -> float:
    """Sum of counts over sum of true counts, minus 1; NaN when there are no true cells.

    Examples
    --------
    >>> relative_bias([100, 100], [90, 100])
    -0.050000000000000044

    """
    total = sum(true_counts)
    return sum(counts) / total - 1 if total else float("nan")
