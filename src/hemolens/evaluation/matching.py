"""Predicted cells and true cells → hits, false finds, misses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Detection(NamedTuple):
    """Counts of hits, false finds and misses; they add up over photographs.

    Examples
    --------
    >>> Detection(8, 2, 0).f1
    0.8888888888888888
    >>> Detection(0, 0, 0).f1
    1.0

    """

    n_hits: int
    n_false: int
    n_missed: int

    @property
    def precision(self) -> float:
        """Share of the finds that are hits; 1 when nothing was found."""
        n_found = self.n_hits + self.n_false
        return self.n_hits / n_found if n_found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true cells that were found; 1 when there are none."""
        n_true = self.n_hits + self.n_missed
        return self.n_hits / n_true if n_true else 1.0

    @property
    def f1(self) -> float:
        """Hits over the mean of finds and true cells; 1 when there is neither."""
        total = 2 * self.n_hits + self.n_false + self.n_missed
        return 2 * self.n_hits / total if total else 1.0


def add_up(detections: list[Detection]) -> Detection:
    """Sum over photographs.

    Examples
    --------
    >>> add_up([Detection(1, 0, 2), Detection(3, 1, 0)])
    Detection(n_hits=4, n_false=1, n_missed=2)

    """
    return Detection(*(sum(each) for each in zip(*detections, strict=True))) if detections else Detection(0, 0, 0)


def box_iou(first: ArrayLike, second: ArrayLike) -> NDArray[np.float64]:
    """Intersection over union of every pair of half-open boxes (row0, col0, row1, col1), shape (N, M).

    Examples
    --------
    >>> box_iou([[0, 0, 2, 2]], [[0, 0, 2, 2], [0, 1, 2, 3], [5, 5, 6, 6]]).round(2).tolist()
    [[1.0, 0.33, 0.0]]

    """
    a = np.asarray(first, np.float64).reshape(-1, 1, 4)
    b = np.asarray(second, np.float64).reshape(1, -1, 4)
    sides = np.clip(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0, None)
    overlap = sides.prod(axis=-1)
    union = (a[..., 2:] - a[..., :2]).prod(axis=-1) + (b[..., 2:] - b[..., :2]).prod(axis=-1) - overlap
    iou: NDArray[np.float64] = np.divide(overlap, union, out=np.zeros_like(overlap), where=union > 0)
    return iou


def match_boxes(truth: ArrayLike, found: ArrayLike, *, iou: float = 0.5) -> Detection:
    """Match boxes one to one so that as many pairs as possible reach ``iou``.

    Parameters
    ----------
    truth, found : array_like, shapes (N, 4) and (M, 4)
        Half-open boxes (row0, col0, row1, col1) in pixels; either may be empty.

    Examples
    --------
    >>> match_boxes([[0, 0, 10, 10], [20, 20, 30, 30]], [[0, 0, 10, 9]])
    Detection(n_hits=1, n_false=0, n_missed=1)

    """
    return _match(np.asarray(box_iou(truth, found) >= iou))


def match_centres(truth: ArrayLike, found: ArrayLike) -> Detection:
    """Match centres (row, col) one to one with the half-open boxes that they lie in.

    Examples
    --------
    >>> match_centres([[0, 0, 10, 10]], [[4, 4], [5, 5]])
    Detection(n_hits=1, n_false=1, n_missed=0)

    """
    boxes = np.asarray(truth, np.float64).reshape(-1, 1, 4)
    centres = np.asarray(found, np.float64).reshape(1, -1, 2)
    inside = (centres >= boxes[..., :2] - 0.5) & (centres < boxes[..., 2:] - 0.5)
    return _match(np.asarray(inside.all(axis=-1)))


def _match(possible: NDArray[np.bool_]) -> Detection:
    """Largest one-to-one matching of rows (truth) and columns (found) among the possible pairs."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    n_true, n_found = possible.shape
    n_hits = 0
    if possible.any():
        n_hits = int((maximum_bipartite_matching(csr_array(possible), perm_type="column") >= 0).sum())
    return Detection(n_hits, n_found - n_hits, n_true - n_hits)
