"""Which of many places are near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def near_pairs(places: NDArray[np.float64], reach_px: float) -> NDArray[np.intp]:
    """List the pairs of places that are at most so far apart.

    Parameters
    ----------
    places : ndarray of float64, shape (N, 2)
        Row and column, in pixels.
    reach_px : float

    Returns
    -------
    ndarray of intp, shape (2, n)
        Their numbers, from 0; in each pair the lower number first, and the pairs in rising order.

    Examples
    --------
    >>> near_pairs(np.array([[0.0, 0.0], [0.0, 9.0], [3.0, 4.0]]), 5).tolist()
    [[0], [2]]

    """
    order = np.argsort(places[:, 1], kind="stable")
    along = places[order]
    found = [np.zeros((2, 0), np.intp)]
    for step in range(1, len(along)):
        near = np.flatnonzero(along[step:, 1] - along[:-step, 1] <= reach_px)
        if near.size == 0:
            break
        apart = along[near + step] - along[near]
        near = near[np.hypot(apart[:, 0], apart[:, 1]) <= reach_px]
        found.append(np.stack([order[near], order[near + step]]))
    pairs = np.sort(np.concatenate(found, axis=1), axis=0)
    return pairs[:, np.lexsort((pairs[1], pairs[0]))]
