"""Scores that mean something: of the cells scored 0.9, nine in ten are right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

MAX_POINTS = 20


def fit_score_points(scores: ArrayLike, is_true_positive: ArrayLike) -> list[tuple[float, float]]:
    """Fit a rising line of straight pieces that turns a counter's own score into the share of cells that are right.

    Isotonic regression on cells of known truth (Zadrozny and Elkan, KDD 2002), on at most :data:`MAX_POINTS` groups
    of as many cells each.

    Parameters
    ----------
    scores : array_like of float, shape (N,)
        The counter's own scores, 0 … 1, of at least one cell.
    is_true_positive : array_like of bool, shape (N,)
        Whether each is a true positive.

    Returns
    -------
    list of (float, float)
        (own score, share of true positives), rising in both, at least one point.

    Examples
    --------
    >>> fit_score_points([0.2, 0.4, 0.4, 0.9], [False, True, False, True])
    [(0.2, 0.0), (0.4, 0.5), (0.9, 1.0)]

    """
    from scipy.optimize import isotonic_regression

    score, is_right = np.asarray(scores, float), np.asarray(is_true_positive, float)
    order = np.argsort(score, kind="stable")
    groups = [group for group in np.array_split(order, MAX_POINTS) if len(group)]
    values = np.array([score[group].mean() for group in groups])
    distinct, group_of = np.unique(values.round(4), return_inverse=True)
    sizes = np.bincount(group_of, weights=[len(group) for group in groups])
    shares = np.bincount(group_of, weights=[is_right[group].sum() for group in groups]) / sizes
    rising = isotonic_regression(shares, weights=sizes).x
    return [(float(value), round(float(share), 4)) for value, share in zip(distinct, rising, strict=True)]


def calibration_error(scores: ArrayLike, is_true_positive: ArrayLike, n_groups: int = 10) -> float:
    """Mean distance between score and share of true positives, over groups of as many cells each.

    Naeini, Cooper, Hauskrecht, AAAI 2015.

    Examples
    --------
    >>> round(calibration_error([0.9] * 10, [True] * 8 + [False] * 2, n_groups=1), 3)
    0.1

    """
    score, is_right = np.asarray(scores, float), np.asarray(is_true_positive, float)
    order = np.argsort(score, kind="stable")
    groups: Sequence[np.ndarray] = [group for group in np.array_split(order, n_groups) if len(group)]
    distances = [abs(score[group].mean() - is_right[group].mean()) for group in groups]
    return float(np.average(distances, weights=[len(group) for group in groups]))
