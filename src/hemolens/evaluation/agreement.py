"""Counted numbers and true numbers → how well they agree, and how far chance could have moved that figure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.evaluation.matching import Detection


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
    each = counting_accuracy_of_each(true_counts, counts)
    return float(np.mean(each)) if each else float("nan")


def counting_accuracy_of_each(true_counts: Sequence[int], counts: Sequence[int]) -> list[float]:
    """1 − |count − truth| / truth of every photograph: what :func:`counting_accuracy` is the mean of.

    Examples
    --------
    >>> counting_accuracy_of_each([100, 10, 0], [90, 10, 0])
    [0.9, 1.0, 1.0]

    """
    return [
        1 - abs(count - truth) / truth if truth else float(count == 0)
        for truth, count in zip(true_counts, counts, strict=True)
    ]


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


def bootstrap_interval(
    values: Sequence[float], statistic: Callable[..., Any] = np.mean, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a statistic of one value for each photograph.

    Parameters
    ----------
    values : sequence of float
        One for each photograph; the photographs are drawn anew, 9999 times.
    statistic : callable, optional
        Array of values → number; the mean by default.
    seed : int, optional
        The same values and seed give the same interval.

    Returns
    -------
    low, high : float
        NaN both with fewer than two photographs, or when the statistic is not a number: nothing can be said then.

    Examples
    --------
    >>> bootstrap_interval([1.0, 2.0, 3.0, 5.0])
    (1.5, 4.25)
    >>> bootstrap_interval([1.0])
    (nan, nan)

    """
    return _bootstrap((values,), statistic, seed)


def bootstrap_ratio_interval(
    parts: Sequence[float], wholes: Sequence[float], *, when_empty: float = float("nan"), seed: int = 0
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a sum over a sum, both over photographs.

    Parameters
    ----------
    parts, wholes : sequence of float
        One of each for each photograph, drawn together. The bias is the ratio of counts to true counts, minus 1.
    when_empty : float, optional
        The ratio where all wholes drawn are 0.

    Returns
    -------
    low, high : float
        NaN both with fewer than two photographs.

    Examples
    --------
    >>> bootstrap_ratio_interval([1, 2, 3], [2, 4, 6])
    (0.5, 0.5)

    """

    def ratio(part: NDArray[np.float64], whole: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        above, below = part.sum(axis=axis), whole.sum(axis=axis)
        quotient: NDArray[np.float64] = np.full(np.shape(above), when_empty)
        np.divide(above, below, out=quotient, where=below != 0)
        return quotient

    return _bootstrap((parts, wholes), ratio, seed)


def bootstrap_f1_interval(detections: Sequence[Detection], seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the F1 of all photographs together.

    Parameters
    ----------
    detections : sequence of Detection
        One for each photograph; the photographs are drawn anew, hits, false finds and misses together.

    Returns
    -------
    low, high : float
        NaN both with fewer than two photographs; 1 both when there was nothing to find and nothing was found.

    Examples
    --------
    >>> bootstrap_f1_interval([Detection(8, 2, 0), Detection(8, 2, 0)])
    (0.8888888888888888, 0.8888888888888888)

    """
    twice_hits = [2.0 * each.n_hits for each in detections]
    finds_and_cells = [2.0 * each.n_hits + each.n_false + each.n_missed for each in detections]
    return bootstrap_ratio_interval(twice_hits, finds_and_cells, when_empty=1.0, seed=seed)


def _bootstrap(columns: Sequence[ArrayLike], statistic: Callable[..., Any], seed: int) -> tuple[float, float]:
    """Percentile interval of a statistic of columns with one row for each photograph."""
    from scipy.stats import DegenerateDataWarning, bootstrap

    data = tuple(np.asarray(column, np.float64) for column in columns)
    if data[0].size < 2:
        return float("nan"), float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # it says that the interval is NaN
        interval = bootstrap(
            data, statistic, paired=True, method="percentile", random_state=np.random.default_rng(seed)
        ).confidence_interval
    return float(interval.low), float(interval.high)
