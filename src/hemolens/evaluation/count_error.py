"""True numbers and counts of photographs → the error that a model's card states."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import UsageError
from hemolens.statistics.uncertainty import CountError


def measure_count_error(
    true_counts: Sequence[int], counts: Sequence[int], photographs: str, laboratories: Sequence[str] | None = None
) -> CountError:
    """Measure how far counts are from the truth: bias, and what a single photograph adds to it.

    The bias is that of the sums; of several laboratories, the mean of their biases, whose standard error is then what
    they differ by: the next photograph is from yet another. What is left of each count, squared, is split by
    non-negative least squares into a part that grows with the true number (single cells: `scatter`) and one that grows
    with its square (whole photographs: `spread`).

    Parameters
    ----------
    true_counts, counts : sequence of int
        One of each for every photograph; none of them in training or in the choice of settings.
    photographs : str
        Which ones these are.
    laboratories : sequence of str, optional
        Where each photograph is from; all from one without it.

    Returns
    -------
    CountError

    Raises
    ------
    UsageError
        With fewer than two photographs, no true cell or no counted one there is nothing to measure.

    Examples
    --------
    >>> error = measure_count_error([100, 200, 300], [90, 180, 270], "three drawn smears")
    >>> round(error.bias, 3), round(error.spread, 3), error.n_photographs
    (-0.1, 0.0, 3)

    """
    from scipy.optimize import nnls

    truth, counted = np.asarray(true_counts, float), np.asarray(counts, float)
    _refuse_too_few(truth, counted)
    n = len(truth)
    names = np.asarray(laboratories or [""] * n)
    rates = [counted[own].sum() / truth[own].sum() for name in np.unique(names) if truth[own := names == name].any()]
    rate = float(np.mean(rates))
    squares = (counted - rate * truth) ** 2 * n / (n - 1)
    size = np.maximum(truth, 1)  # as large as the expected square where single cells err
    (scatter, spread_squared), _ = nnls(np.stack([truth / size, truth**2 / size], axis=1), squares / size)
    if len(rates) > 1:
        bias_error = float(np.std(rates, ddof=1)) / len(rates) ** 0.5
    else:
        bias_error = float(np.sqrt(squares.sum()) / truth.sum())
    return CountError(
        bias=round(rate - 1, 4),
        bias_error=round(bias_error, 4),
        spread=round(float(np.sqrt(spread_squared)), 4),
        scatter=round(float(scatter), 4),
        n_photographs=n,
        photographs=photographs,
    )


def _refuse_too_few(truth: NDArray[np.float64], counted: NDArray[np.float64]) -> None:
    if len(truth) < 2 or not truth.sum() or not counted.sum():
        raise UsageError(
            "no error of counts can be measured",
            came=f"{len(truth)} photographs with {truth.sum():.0f} true and {counted.sum():.0f} counted cells",
            allowed="at least two photographs with cells, some of them counted",
            do="label more photographs",
        )
