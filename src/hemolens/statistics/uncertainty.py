"""Counts → intervals: how far sampling and the model's error could have moved a number.

Two different questions have two different intervals, all of 95 %:

- How many cells are on *this photograph*? The count differs from the truth by the model's error alone
  (:func:`corrected_count`).
- How many cells does a field of this size have in *the mean of the smear*? The fields that were looked at have
  more or fewer cells by chance (:func:`mean_per_field`), and the model's error adds to that (:func:`with_model_error`).

The quantiles are computed here: SciPy has them, but to import it takes longer than to read a photograph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

_TAIL = 0.025
"""Beyond each limit of a 95 % interval."""

_NORMAL_QUANTILE = 1.959963984540054
"""How many standard deviations a 95 % interval of a normal distribution reaches to each side."""

_LARGE_SHAPE = 2000
"""From here on a gamma distribution is almost a normal one."""

_ROUNDING_VARIANCE = 1 / 12
"""Of whole numbers: two equal counts do not show that fields never differ."""


class CountError(BaseModel):
    """How far the counts of one cell type are from the truth, on photographs that the model was not fitted to.

    A photograph with `t` true cells is counted ``(1 + bias) t``, with a standard deviation of ``sqrt(scatter t +
    (spread t)²)``: each cell is missed or found twice by chance, and a whole photograph comes out high or low.
    `bias_error` is the standard error of `bias`. ``hemolens.evaluation.count_error`` measures all four.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    bias: float = Field(gt=-1)
    bias_error: float = Field(ge=0)
    spread: float = Field(ge=0)
    scatter: float = Field(ge=0)
    n_photographs: int = Field(ge=2)
    photographs: str


class Interval(NamedTuple):
    """A value and its 95 % interval; `high` is infinite where nothing limits it."""

    value: float
    low: float
    high: float


def poisson_interval(count: float) -> Interval:
    """Exact interval of a Poisson mean of which one count is known (Garwood, *Biometrika* 28 (1936), 437-442).

    Parameters
    ----------
    count : float
        0 or more; fractions are allowed.

    Returns
    -------
    Interval
        The 95 % interval holds the mean at least as often as it says; more often for a few cells.

    Examples
    --------
    >>> [tuple(round(limit, 1) for limit in poisson_interval(count)[1:]) for count in (0, 10, 200)]
    [(0.0, 3.7), (4.8, 18.4), (173.2, 229.7)]

    """
    low = _gamma_quantile(float(count), _TAIL) if count else 0.0
    return Interval(float(count), low, _gamma_quantile(count + 1.0, 1 - _TAIL))


def share_interval(count: int, total: int) -> Interval:
    """Exact interval of a share (Clopper and Pearson, *Biometrika* 26 (1934), 404-413).

    Rümke (*Triangle* 4 (1960), 154-158) tabulated it for the differential count of white cells.

    Parameters
    ----------
    count, total : int
        0 ≤ `count` ≤ `total`, at least one in total.

    Returns
    -------
    Interval
        0 … 1. It holds the true share at least as often as it says.

    Examples
    --------
    >>> [round(100 * share) for share in share_interval(50, 100)]
    [50, 40, 60]

    """
    low = _beta_quantile(count, total - count + 1, _TAIL) if count else 0.0
    high = _beta_quantile(count + 1, total - count, 1 - _TAIL) if count < total else 1.0
    return Interval(count / total, low, high)


def deviation_interval(deviation: float, n: int) -> Interval:
    """Interval of a standard deviation of normal numbers (chi-squared).

    Parameters
    ----------
    deviation : float
        Measured on `n` numbers, with n − 1 degrees of freedom.
    n : int
        At least two.

    Examples
    --------
    >>> [round(limit, 2) for limit in deviation_interval(1, 20)]
    [1, 0.76, 1.46]

    """
    shape = (n - 1) / 2
    low, high = (deviation * math.sqrt(shape / _gamma_quantile(shape, tail)) for tail in (1 - _TAIL, _TAIL))
    return Interval(deviation, low, high)


def mean_per_field(counts: Sequence[int], areas: Sequence[float] | None = None) -> Interval:
    """Mean number of cells per field of a smear, and its interval.

    Of one field the exact Poisson interval. Of several, how much they differ is taken from the fields themselves:
    quasi-Poisson, the exact interval for a total whose variance is so many times that of a Poisson number as the fields
    show, widened as Student's t is over the normal distribution. A bootstrap over fields is too narrow for less than
    some 20 of them (``benchmarks/interval-coverage.md``).

    Fields of different size are joined by the ratio estimator: cells per area, times the mean area of the fields
    (Cochran, *Sampling Techniques*, 3rd edition (1977), chapter 6). A count is then far from the mean only where it
    does not fit the area of its field.

    Parameters
    ----------
    counts : sequence of int
        One for each field of one smear, at least one.
    areas : sequence of float, optional
        Counted area of each field, all in one unit; without them all fields have the same size.

    Returns
    -------
    Interval
        In cells per field of the mean area.

    Examples
    --------
    >>> [round(number, 1) for number in mean_per_field([100])]
    [100.0, 81.4, 121.6]
    >>> [round(number, 1) for number in mean_per_field([80, 120, 100, 60, 140])]
    [100.0, 64.7, 147.7]
    >>> [round(number, 1) for number in mean_per_field([624, 11], [570, 10])]
    [317.5, 307.3, 327.9]

    """
    n = len(counts)
    total = float(sum(counts))
    if n == 1 or not total:
        return Interval(*(limit / n for limit in poisson_interval(total)))
    widening = (student_quantile(n - 1) / _NORMAL_QUANTILE) ** 2
    areas = areas or [1] * n
    area = sum(areas)
    # (count − expected)² ÷ (area of the field ÷ mean area), over a common divisor: fields that fit give 0, not nearly 0
    squares = (
        (count * area - sum(counts) * each) ** 2 / each for count, each in zip(counts, areas, strict=True) if each
    )
    variance = sum(squares) / (area * n * (n - 1))
    rounding = _ROUNDING_VARIANCE * sum(area / (n * each) for each in areas if each) / n
    dispersion = (variance + rounding) / (total / n) * widening
    return Interval(*(limit * dispersion / n for limit in poisson_interval(total / dispersion)))


def corrected_count(count: int, error: CountError) -> Interval:
    """True number of cells on a photograph, from its count and what the model's error is.

    Those true numbers are in the interval whose expected count is not further from the count than Student's t with
    ``n_photographs − 1`` degrees of freedom allows, give or take the half cell that whole numbers leave open (Fieller's
    way; the limits solve a quadratic equation).

    Parameters
    ----------
    count : int
        All counted cells of the photograph, as labels would name them.
    error : CountError

    Returns
    -------
    Interval
        The value is the count without the bias. `high` is infinite where the model was so unreliable, or measured on so
        few photographs, that no number is too large.

    Examples
    --------
    >>> error = CountError(bias=-0.1, bias_error=0.0, spread=0.0, scatter=0.2, n_photographs=1000, photographs="drawn")
    >>> [round(number) for number in corrected_count(90, error)]
    [100, 90, 111]

    """
    rate, reach = 1 + error.bias, student_quantile(error.n_photographs - 1)
    square = rate**2 - reach**2 * (error.spread**2 + error.bias_error**2)

    def half_and_root(count: float) -> tuple[float, float]:
        # (count − rate t)² = reach² (scatter t + (spread² + bias_error²) t²) is square t² − 2 half t + count² = 0.
        half = count * rate + reach**2 * error.scatter / 2
        return half, math.sqrt(max(half**2 - square * count**2, 0.0))

    half, root = half_and_root(max(count - 0.5, 0.0))
    low = max(count - 0.5, 0.0) ** 2 / (half + root) if count else 0.0
    half, root = half_and_root(count + 0.5)
    return Interval(count / rate, low, (half + root) / square if square > 0 else math.inf)


def with_model_error(interval: Interval, error: CountError) -> Interval:
    """Correct a mean per field for the model's bias, and widen its interval by the model's own error.

    The fields of one smear are taken to share what a whole photograph comes out high or low by, so that more fields do
    not make it smaller. The two errors are joined by :func:`times`.

    Parameters
    ----------
    interval : Interval
        Of counts, from :func:`mean_per_field`.
    error : CountError

    Returns
    -------
    Interval

    Examples
    --------
    >>> error = CountError(bias=0.25, bias_error=0.0, spread=0.1, scatter=0.0, n_photographs=30, photographs="drawn")
    >>> [round(number, 1) for number in with_model_error(Interval(100, 81.4, 121.6), error)]
    [80.0, 62.0, 104.3]

    """
    rate = 1 + error.bias
    reach = student_quantile(error.n_photographs - 1) * math.hypot(error.spread, error.bias_error)
    return times(interval, Interval(1 / rate, 1 / (rate + reach), 1 / (rate - reach) if rate > reach else math.inf))


def times(first: Interval, second: Interval) -> Interval:
    """Product of two numbers that were measured apart from each other, with its interval.

    The distances of the limits are joined as hypotenuses on a logarithmic scale (variance recovery: Zou, Huang and
    Zhang, *Computational Statistics & Data Analysis* 53 (2009), 3755-3764).

    Parameters
    ----------
    first, second : Interval
        Limits of 0 or more.

    Returns
    -------
    Interval
        Where a value is 0, the upper limits are multiplied.

    Examples
    --------
    >>> times(Interval(10, 5, 20), Interval(3, 3, 3))
    Interval(value=30.0, low=15.0, high=60.0)

    """
    value = float(first.value * second.value)
    if not value:
        return Interval(0.0, 0.0, first.high * second.high)
    pairs = (first, second)
    below = math.hypot(*(math.log(each.value / each.low) if each.low else math.inf for each in pairs))
    above = math.hypot(*(math.log(each.high / each.value) for each in pairs))
    return Interval(value, value * math.exp(-below), value * math.exp(above))


@cache
def student_quantile(n_degrees: int) -> float:
    """How many standard errors a 95 % interval reaches to each side (Student's t).

    >>> round(student_quantile(2), 2), round(student_quantile(1000), 2)
    (4.3, 1.96)
    """
    low, high = 0.0, math.pi / 2
    while low < (angle := (low + high) / 2) < high:
        low, high = (angle, high) if _student_within(angle, n_degrees) < 1 - 2 * _TAIL else (low, angle)
    return math.sqrt(n_degrees) * math.tan(angle)


def _student_within(angle: float, n_degrees: int) -> float:
    """Probability that Student's t is within ± √n_degrees · tan(angle): Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    cosine_squared = math.cos(angle) ** 2
    is_odd = n_degrees % 2
    term = math.cos(angle) if is_odd else 1.0
    terms = []
    for n in range(is_odd, n_degrees - 1, 2):
        terms.append(term)
        term *= cosine_squared * (n + 1) / (n + 2)
    within = math.sin(angle) * math.fsum(terms)
    return (angle + within) * 2 / math.pi if is_odd else within


def _gamma_quantile(shape: float, probability: float) -> float:
    """Value below which a gamma variable of scale 1 and a shape > 0 lies with a probability of 2.5 or 97.5 %."""
    if shape < _LARGE_SHAPE:
        return _gamma_quantile_by_steps(shape, probability)
    # Cornish and Fisher's expansion around the normal distribution (26.2.49 there): what follows is below 1e-11 of it.
    z, root = math.copysign(_NORMAL_QUANTILE, probability - 0.5), math.sqrt(shape)
    terms = (
        z * root,
        (z**2 - 1) / 3,
        (z**3 - 7 * z) / 36 / root,
        -(3 * z**4 + 7 * z**2 - 16) / 810 / shape,
        (9 * z**5 + 256 * z**3 - 433 * z) / 38_880 / root**3,
    )
    return shape + math.fsum(terms)


def _gamma_quantile_by_steps(shape: float, probability: float) -> float:
    """Solve for the same by Newton's steps, halving the interval in which it lies where a step leads out of that."""
    low, value, high = 0.0, shape, shape + 10 * math.sqrt(shape) + 10
    while low < value < high:
        rise = math.exp(shape * math.log(value) - value - math.lgamma(shape))  # density × value, which is finite
        beyond = rise * _gamma_series(value, shape) - probability
        low, high = (low, value) if beyond > 0 else (value, high)
        step = beyond / rise * value
        if abs(step) < 1e-8 * value:  # the next one would be as its square
            return value - step
        value = value - step if low < value - step < high else (low + high) / 2
    return value


def _gamma_series(value: float, shape: float) -> float:
    """Probability of less than a value, of a gamma variable, ÷ its density there ÷ the value (6.5.29 there)."""
    term = total = 1 / shape
    n = shape
    while term > 1e-17 * total:  # all are positive: nothing cancels
        n += 1
        term *= value / n
        total += term
    return total


def _beta_quantile(first: int, second: int, probability: float) -> float:
    """Value below which a beta variable of two parameters of 1 or more lies with a probability, by halving."""
    low, high = 0.0, 1.0
    while low < (value := (low + high) / 2) < high:
        low, high = (value, high) if _beta_below(value, first, second) < probability else (low, value)
        if high - low < 1e-12:
            break
    return value


def _beta_below(value: float, first: float, second: float) -> float:
    """Probability of less than a value, of a beta variable: its continued fraction (26.5.8 there), by Lentz's way."""
    if value > (first + 1) / (first + second + 2):
        return 1 - _beta_below(1 - value, second, first)
    logarithm = math.lgamma(first + second) - math.lgamma(first) - math.lgamma(second)
    front = math.exp(logarithm + first * math.log(value) + second * math.log1p(-value)) / first
    ratio, fraction = 1.0, 1 / (1 - (first + second) * value / (first + 1))
    total, m = fraction, 0
    while abs(1 - ratio * fraction) > 1e-14 or m == 0:
        m += 1
        even = m * (second - m) * value / ((first + 2 * m - 1) * (first + 2 * m))
        odd = -(first + m) * (first + second + m) * value / ((first + 2 * m) * (first + 2 * m + 1))
        for step in (even, odd):
            fraction, ratio = 1 / (1 + step * fraction), 1 + step / ratio
            total *= fraction * ratio
    return front * total
