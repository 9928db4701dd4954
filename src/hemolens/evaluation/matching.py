"""Predicted cells and true cells → hits, false finds, misses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CellType


class MatchingRule(NamedTuple):
    """When a find is the cell that a label means.

    Attributes
    ----------
    iou : float
        Smallest intersection over union of the two boxes, 0 … 1.
    or_centre_inside : bool
        True where a find whose centre lies inside the label's box is enough.

    """

    iou: float
    or_centre_inside: bool = False


MATCHING_RULES: dict[CellType, MatchingRule] = {
    "rbc": MatchingRule(0.5),
    "wbc": MatchingRule(0.5),
    # a box of few pixels differs much between two careful people
    "plt": MatchingRule(0.3, or_centre_inside=True),
}
"""How the cells of each type are matched with boxes of a folder with labels."""


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
    return _match(centres_inside(truth, found))


def possible_pairs(truth: ArrayLike, found: ArrayLike, centres: ArrayLike, rule: MatchingRule) -> NDArray[np.bool_]:
    """Say which finds could be which labelled cells, shape (N, M).

    Parameters
    ----------
    truth, found : array_like, shapes (N, 4) and (M, 4)
        Half-open boxes (row0, col0, row1, col1) in pixels; either may be empty.
    centres : array_like, shape (M, 2)
        Centres (row, col) of the finds; the centre of the first pixel is (0, 0).
    rule : MatchingRule

    Examples
    --------
    >>> small, large = [4, 4, 7, 7], [0, 0, 10, 10]
    >>> possible_pairs([large], [small], [[5, 5]], MATCHING_RULES["rbc"]).tolist()
    [[False]]
    >>> possible_pairs([large], [small], [[5, 5]], MATCHING_RULES["plt"]).tolist()
    [[True]]

    """
    possible = np.asarray(box_iou(truth, found) >= rule.iou)
    return possible | centres_inside(truth, centres) if rule.or_centre_inside else possible


def match_pairs(possible: ArrayLike) -> NDArray[np.intp]:
    """Match one to one so that there are as many pairs as possible.

    Parameters
    ----------
    possible : array_like of bool, shape (N, M)
        Which of M finds could be which of N labelled cells.

    Returns
    -------
    ndarray of int, shape (N,)
        The find of each labelled cell, or −1.

    Examples
    --------
    >>> match_pairs([[True, True], [True, False], [False, False]]).tolist()
    [1, 0, -1]

    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    table = np.atleast_2d(np.asarray(possible, bool))
    if not table.any():
        return np.full(table.shape[0], -1, np.intp)
    return np.asarray(maximum_bipartite_matching(csr_array(table), perm_type="column"), np.intp)


def centres_inside(boxes: ArrayLike, centres: ArrayLike) -> NDArray[np.bool_]:
    """Say which of M centres (row, col) lie in which of N half-open boxes, shape (N, M).

    Examples
    --------
    >>> centres_inside([[0, 0, 10, 10]], [[4, 4], [12, 5]]).tolist()
    [[True, False]]

    """
    corners = np.asarray(boxes, np.float64).reshape(-1, 1, 4)
    points = np.asarray(centres, np.float64).reshape(1, -1, 2)
    inside = (points >= corners[..., :2] - 0.5) & (points < corners[..., 2:] - 0.5)
    return np.asarray(inside.all(axis=-1))


def _match(possible: NDArray[np.bool_]) -> Detection:
    """Largest one-to-one matching of rows (truth) and columns (found) among the possible pairs."""
    n_true, n_found = possible.shape
    n_hits = int((match_pairs(possible) >= 0).sum())
    return Detection(n_hits, n_found - n_hits, n_true - n_hits)
