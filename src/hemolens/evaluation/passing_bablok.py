"""Counts against reference counts → the straight line between two methods that both err."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.evaluation.agreement import Estimate

_NORMAL_95 = 1.959964
"""Half of the width that holds 95 % of a normal distribution, in standard deviations."""

_ON_THE_LINE = 1e-9
"""Points that are not farther off the line, in cells and as a share of the count, lie on it."""


class PassingBablok(NamedTuple):
    """The line count = intercept + slope × reference.

    Attributes
    ----------
    slope, intercept : Estimate
        With their 95 % intervals; the intercept is in cells.
    linearity : float
        p of the Cusum test: the chance of so long a run of points on one side of the line if it is straight.

    """

    slope: Estimate
    intercept: Estimate
    linearity: float


NO_LINE = PassingBablok(Estimate(math.nan), Estimate(math.nan), math.nan)


def passing_bablok(reference: Sequence[int], counts: Sequence[int]) -> PassingBablok:
    """Fit a line to two counts of the same photographs when neither is free of error.

    The slope is the shifted median of the slopes between all pairs of photographs, the intercept the median of
    count − slope × reference; no distribution is assumed and outliers pull little. Exchanging both methods gives
    the same line. The method, its intervals and the Cusum test of linearity are those of Passing & Bablok, *A new
    biometrical procedure for testing the equality of measurements from two different analytical methods*, Journal
    of Clinical Chemistry and Clinical Biochemistry 21 (1983), 709-720. Of an even number of slopes the middle two
    are averaged as angles, as in the R package mcr, which keeps the symmetry. The intervals and the test are
    approximations for many photographs: the test rejects a straight line a little more often than its p says, and
    with fewer than some 20 photographs it hardly rejects anything.

    Parameters
    ----------
    reference, counts : sequence of int
        One of each for every photograph. Time and memory grow with the square of their number.

    Returns
    -------
    PassingBablok
        All NaN with fewer than three photographs, or where there is no finite slope in the middle, as when all
        reference counts are equal. The intervals are NaN where they are unbounded, as with fewer than five; the
        linearity is NaN unless points lie both above and below the line.

    Examples
    --------
    >>> line = passing_bablok([10, 20, 30, 40, 50], [12, 22, 32, 42, 50])
    >>> line.slope.value, line.intercept.value
    (1.0, 2.0)

    """
    x, y = np.asarray(reference, np.float64), np.asarray(counts, np.float64)
    if x.size < 3:
        return NO_LINE
    slopes = _ordered_slopes(x, y)
    if not slopes.size:
        return NO_LINE
    slope = _middle(slopes)
    if not _is_bound(slope):
        return NO_LINE
    low, high = _slope_interval(slopes, x.size)
    intercept = Estimate(*(float(np.median(y - each * x)) for each in (slope, high, low)))
    return PassingBablok(Estimate(slope, low, high), intercept, _cusum_p(x, y, slope, intercept.value))


def _ordered_slopes(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sort the slopes between all pairs of points in the order in which a line from −1 turns upwards.

    ::

        −1  →  0  →  1  →  ∞ = −∞  →  −1

    Slopes below −1 come last: in this order the shifted median is the median. Equal points have no slope, and one
    of −1 is on neither side.
    """
    first, second = np.triu_indices(x.size, 1)
    across, up = x[second] - x[first], y[second] - y[first]
    some = ((across != 0) | (up != 0)) & (up != -across)
    across, up = across[some], up[some]
    slopes = np.full(across.size, np.inf)
    np.divide(up, across, out=slopes, where=across != 0)
    return np.concatenate([np.sort(slopes[slopes > -1]), np.sort(slopes[slopes < -1])])


def _middle(slopes: NDArray[np.float64]) -> float:
    below, above = float(slopes[(slopes.size - 1) // 2]), float(slopes[slopes.size // 2])
    if below == above:
        return below
    return math.tan((_angle(below) + _angle(above)) / 2)


def _angle(slope: float) -> float:
    return math.atan(slope) + (math.pi if slope < -1 else 0)


def _is_bound(slope: float) -> bool:
    """Say whether a slope is neither vertical nor beyond."""
    return math.isfinite(slope) and slope > -1


def _slope_interval(slopes: NDArray[np.float64], n: int) -> tuple[float, float]:
    wide = _NORMAL_95 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    rank = math.floor((slopes.size - wide) / 2 + 0.5)
    if rank < 1:
        return math.nan, math.nan
    low, high = float(slopes[rank - 1]), float(slopes[-rank])
    return (low, high) if _is_bound(low) and _is_bound(high) else (math.nan, math.nan)


def _cusum_p(x: NDArray[np.float64], y: NDArray[np.float64], slope: float, intercept: float) -> float:
    """Walk along the line and add up, for each point, on which side of it the point lies.

    The greatest sum is divided by the root of the points below the line plus 1, as Passing and Bablok do. For a line
    that is known, Kolmogorov's distribution would ask for the root of all points; for one that is fitted, through the
    middle of them, that would reject next to nothing.
    """
    from scipy.special import kolmogorov

    fitted = intercept + slope * x
    side = np.where(np.isclose(y, fitted, rtol=_ON_THE_LINE, atol=_ON_THE_LINE), 0.0, np.sign(y - fitted))
    n_above, n_below = int((side > 0).sum()), int((side < 0).sum())
    if not n_above or not n_below:
        return math.nan
    score = np.where(side > 0, math.sqrt(n_below / n_above), -math.sqrt(n_above / n_below)) * np.abs(side)
    along = x + slope * y
    order = np.argsort(along, kind="stable")
    is_last = np.append(np.diff(along[order]) > 0, True)  # points at one place come together, whatever their rows
    longest = float(np.abs(np.cumsum(score[order])[is_last]).max())
    return float(kolmogorov(longest / math.sqrt(n_below + 1)))
