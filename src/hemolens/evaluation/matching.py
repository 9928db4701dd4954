"""Found cells and labelled cells → true positives, false positives, false negatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CellType


class MatchingRule(NamedTuple):
    """When a found cell may be the cell that a label means.

    Attributes
    ----------
    iou : float
        Smallest intersection over union of the two boxes, 0 … 1.
    or_centre_inside : bool
        Whether it is also enough that the centre of the found cell lies inside the labelled box.

    """

    iou: float
    or_centre_inside: bool = False

    def possible_pairs(self, labelled: ArrayLike, found: ArrayLike, centres: ArrayLike) -> NDArray[np.bool_]:
        """Say which found cells may be which labelled cells, shape (N, M).

        Parameters
        ----------
        labelled, found : array_like, shapes (N, 4) and (M, 4)
            Half-open boxes (row0, col0, row1, col1) in pixels; either may be empty.
        centres : array_like, shape (M, 2)
            Centres (row, col) of the found cells; the centre of the first pixel is (0, 0).

        Examples
        --------
        >>> small, large = [4, 4, 7, 7], [0, 0, 10, 10]
        >>> MATCHING_RULES["rbc"].possible_pairs([large], [small], [[5, 5]]).tolist()
        [[False]]
        >>> MATCHING_RULES["plt"].possible_pairs([large], [small], [[5, 5]]).tolist()
        [[True]]

        """
        possible = np.asarray(box_iou(labelled, found) >= self.iou)
        return possible | centres_inside(labelled, centres) if self.or_centre_inside else possible

    def in_words(self) -> str:
        """Complete the sentence 'a found cell matches a labelled one when …'.

        Examples
        --------
        >>> MATCHING_RULES["rbc"].in_words()
        'the intersection of their boxes is at least 0.5 of their union'

        """
        overlap = f"the intersection of their boxes is at least {self.iou:g} of their union"
        return f"{overlap}, or when its centre lies inside the labelled box" if self.or_centre_inside else overlap


MATCHING_RULES: dict[CellType, MatchingRule] = {
    "rbc": MatchingRule(0.5),
    "wbc": MatchingRule(0.5),
    # a box of few pixels differs much between two careful people
    "plt": MatchingRule(0.3, or_centre_inside=True),
}
"""The rule for each cell type, wherever found cells are compared with labels: tuning, evaluation, benchmarks."""


class Detection(NamedTuple):
    """How many found cells are right and wrong, and how many labelled ones were not found; added up over photographs.

    Examples
    --------
    >>> Detection(8, 2, 0).f1
    0.8888888888888888
    >>> Detection(0, 0, 0).f1
    1.0

    """

    n_true_positives: int
    n_false_positives: int
    n_false_negatives: int

    @property
    def precision(self) -> float:
        """True positives over found cells; 1 when nothing was found."""
        n_found = self.n_true_positives + self.n_false_positives
        return self.n_true_positives / n_found if n_found else 1.0

    @property
    def recall(self) -> float:
        """True positives over labelled cells; 1 when there are none."""
        n_labelled = self.n_true_positives + self.n_false_negatives
        return self.n_true_positives / n_labelled if n_labelled else 1.0

    @property
    def f1(self) -> float:
        """True positives over the mean of found and labelled cells; 1 when there is neither."""
        total = 2 * self.n_true_positives + self.n_false_positives + self.n_false_negatives
        return 2 * self.n_true_positives / total if total else 1.0


OUTCOMES = tuple(field.removeprefix("n_").replace("_", " ") for field in Detection._fields)
"""True positives, false positives, false negatives: what a :class:`Detection` counts, in its order."""


def add_up(detections: Sequence[Detection]) -> Detection:
    """Sum over photographs.

    Examples
    --------
    >>> add_up([Detection(1, 0, 2), Detection(3, 1, 0)])
    Detection(n_true_positives=4, n_false_positives=1, n_false_negatives=2)

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


def match_pairs(possible: ArrayLike) -> NDArray[np.intp]:
    """Match one to one so that there are as many pairs as possible.

    Parameters
    ----------
    possible : array_like of bool, shape (N, M)
        Which of M found cells may be which of N labelled cells.

    Returns
    -------
    ndarray of int, shape (N,)
        The found cell of each labelled cell, or −1.

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
