"""Counted numbers and true numbers → how well they agree, and how far chance could have moved that figure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.evaluation.matching import Detection, add_up

_NORMAL_95 = 1.96
"""Half of the width that holds 95 % of a normal distribution, in standard deviations."""


class Estimate(NamedTuple):
    """A value and its 95 % interval; NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


class BlandAltman(NamedTuple):
    """Differences count − truth, in cells: their mean, the limits of agreement, and the standard deviation."""

    mean_difference: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    standard_deviation: float


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


def bland_altman(true_counts: Sequence[int], counts: Sequence[int]) -> BlandAltman:
    """Mean difference of counts and truth, and the limits between which 95 % of the differences lie.

    The limits are the mean ± 1.96 standard deviations. Their intervals and that of the mean follow Bland & Altman,
    *Measuring agreement in method comparison studies*, Statistical Methods in Medical Research 8 (1999), 135-160:
    Student's t with n − 1 degrees of freedom, standard errors s / √n and s √(1/n + 1.96² / 2 (n − 1)).

    Parameters
    ----------
    true_counts, counts : sequence of int
        One of each for every photograph.

    Returns
    -------
    BlandAltman
        All NaN without photographs; of one photograph only the mean difference is a number.

    Examples
    --------
    >>> agreement = bland_altman([10, 20, 30], [9, 20, 31])
    >>> [round(limit.value, 2) for limit in (agreement.lower_limit, agreement.mean_difference, agreement.upper_limit)]
    [-1.96, 0.0, 1.96]

    """
    differences = np.subtract(counts, true_counts, dtype=float)
    n = differences.size
    if n < 2:
        nothing = Estimate(float("nan"))
        return BlandAltman(Estimate(float(differences[0])) if n else nothing, nothing, nothing, float("nan"))
    from scipy.stats import t

    mean, deviation = float(differences.mean()), float(differences.std(ddof=1))
    wide = float(t.ppf(0.975, n - 1)) * deviation

    def with_interval(value: float, share: float) -> Estimate:
        return Estimate(value, value - wide * share**0.5, value + wide * share**0.5)

    of_limit = 1 / n + _NORMAL_95**2 / (2 * (n - 1))
    return BlandAltman(
        with_interval(mean, 1 / n),
        with_interval(mean - _NORMAL_95 * deviation, of_limit),
        with_interval(mean + _NORMAL_95 * deviation, of_limit),
        deviation,
    )


def correlation(true_counts: Sequence[int], counts: Sequence[int]) -> Estimate:
    """Pearson's correlation of counts and truth with its 95 % interval (Fisher's transformation).

    Returns
    -------
    Estimate
        NaN with fewer than three photographs, or where all true counts or all counts are equal; the interval
        is NaN with fewer than four.

    Examples
    --------
    >>> round(correlation([1, 2, 3], [2, 4, 6]).value, 6)
    1.0
    >>> correlation([1, 1, 1], [2, 4, 6])
    Estimate(value=nan, low=nan, high=nan)

    """
    from scipy.stats import pearsonr

    if len(counts) < 3 or len(set(counts)) == 1 or len(set(true_counts)) == 1:
        return Estimate(float("nan"))
    result = pearsonr(np.asarray(true_counts, float), np.asarray(counts, float))
    if len(counts) < 4:
        return Estimate(float(result.statistic))
    interval = result.confidence_interval(0.95)
    return Estimate(float(result.statistic), float(interval.low), float(interval.high))


def proportional_bias(reference: Sequence[int], counts: Sequence[int]) -> Estimate:
    """Slope of the differences count − reference over the means of both: does the difference grow with the count.

    Least squares, with Student's t for the interval: the regression approach of Bland & Altman 1999. It is 0 where
    the difference is the same everywhere, and also moves off 0 when one count scatters more than the other.

    Returns
    -------
    Estimate
        NaN with fewer than three photographs, or where all means are equal.

    Examples
    --------
    >>> round(proportional_bias([10, 20, 30], [11, 22, 33]).value, 4)
    0.0952

    """
    differences = np.subtract(counts, reference, dtype=float)
    means = np.add(counts, reference, dtype=float) / 2
    if means.size < 3 or np.ptp(means) == 0:
        return Estimate(float("nan"))
    if np.ptp(differences) == 0:
        return Estimate(0.0, 0.0, 0.0)
    from scipy.stats import linregress, t

    line = linregress(means, differences)
    wide = float(t.ppf(0.975, means.size - 2)) * float(line.stderr)
    return Estimate(float(line.slope), float(line.slope) - wide, float(line.slope) + wide)


def concordance(reference: Sequence[int], counts: Sequence[int]) -> Estimate:
    """Lin's concordance correlation: how close the counts lie to the line on which both are equal.

    Correlation times a factor below 1 for a difference in mean or spread. Lin, *A concordance correlation
    coefficient to evaluate reproducibility*, Biometrics 45 (1989), 255-268; the interval is that of the inverse
    hyperbolic tangent, with the variance as corrected in Biometrics 56 (2000), 324-325.

    Returns
    -------
    Estimate
        NaN where :func:`correlation` is; the interval is NaN with fewer than four photographs, and where the
        correlation is 0.

    Examples
    --------
    >>> round(concordance([1, 2, 3, 5], [2, 4, 6, 10]).value, 3)
    0.473

    """
    own = correlation(reference, counts).value
    if np.isnan(own):
        return Estimate(own)
    x, y = np.asarray(reference, float), np.asarray(counts, float)
    spread = float(x.std() * y.std())
    shift = float(y.mean() - x.mean()) ** 2 / spread
    value = 2 * own * spread / (float(x.var() + y.var()) + shift * spread)
    if x.size < 4 or own == 0:
        return Estimate(value)
    if 1 - value**2 < 1e-12:
        return Estimate(value, value, value)
    rest = 1 - value**2
    variance = (
        (1 - own**2) * value**2 / (rest * own**2)
        + 2 * value**3 * (1 - value) * shift / (own * rest**2)
        - value**4 * shift**2 / (2 * own**2 * rest**2)
    ) / (x.size - 2)
    wide = _NORMAL_95 * max(0.0, variance) ** 0.5
    return Estimate(value, float(np.tanh(np.arctanh(value) - wide)), float(np.tanh(np.arctanh(value) + wide)))


def detection_figures(detections: Sequence[Detection]) -> dict[str, Estimate]:
    """Precision, recall and F1 of all photographs together, with bootstrap intervals over photographs.

    Parameters
    ----------
    detections : sequence of Detection
        One for each photograph, at least one.

    Examples
    --------
    >>> detection_figures([Detection(8, 2, 0), Detection(8, 2, 0)])["precision"]
    Estimate(value=0.8, low=0.8, high=0.8)

    """
    total = add_up(detections)
    right = [float(each.n_true_positives) for each in detections]
    found = [float(each.n_true_positives + each.n_false_positives) for each in detections]
    labelled = [float(each.n_true_positives + each.n_false_negatives) for each in detections]
    return {
        "precision": Estimate(total.precision, *bootstrap_ratio_interval(right, found, when_empty=1.0)),
        "recall": Estimate(total.recall, *bootstrap_ratio_interval(right, labelled, when_empty=1.0)),
        "F1": Estimate(total.f1, *bootstrap_f1_interval(detections)),
    }


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
        One for each photograph; the photographs are drawn anew, each with all its cells.

    Returns
    -------
    low, high : float
        NaN both with fewer than two photographs; 1 both when there was nothing to find and nothing was found.

    Examples
    --------
    >>> bootstrap_f1_interval([Detection(8, 2, 0), Detection(8, 2, 0)])
    (0.8888888888888888, 0.8888888888888888)

    """
    twice_right = [2.0 * each.n_true_positives for each in detections]
    found_and_labelled = [
        2.0 * each.n_true_positives + each.n_false_positives + each.n_false_negatives for each in detections
    ]
    return bootstrap_ratio_interval(twice_right, found_and_labelled, when_empty=1.0, seed=seed)


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
