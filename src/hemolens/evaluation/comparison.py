"""The cells found on one photograph, compared with its labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.evaluation.matching import MATCHING_RULES, Detection, centres_inside, match_pairs
from hemolens.labels.truth import Truth


@dataclass(frozen=True, eq=False)
class Comparison:
    """One cell type on one photograph.

    Attributes
    ----------
    truth, count : int
        Labelled and found cells; without those near the frame where they are left out.
    true_positives, false_positives, unjudged : list of Cell
        Found cells that match a label, that match none, and that are not judged: those near the frame, those that may
        be a cell without a label and, where the truth is a count only, all.
    false_negatives : ndarray, shape (N, 4)
        Boxes (row0, col0, row1, col1) of labels that no found cell matches.
    detection : Detection or None
        How many of each; None where the truth is a count only.

    """

    truth: int
    count: int
    true_positives: list[Cell]
    false_positives: list[Cell]
    unjudged: list[Cell]
    false_negatives: NDArray[np.float64]
    detection: Detection | None

    @property
    def n_errors(self) -> int:
        """False positives and false negatives; |count − truth| where the truth is a count only."""
        if self.detection is None:
            return abs(self.count - self.truth)
        return self.detection.n_false_positives + self.detection.n_false_negatives


def compare(
    cells: Sequence[Cell],
    truth: Truth,
    kind: CellType,
    shape: tuple[int, int],
    frame_margin_px: float | None = None,
    unsure: NDArray[np.float64] | None = None,
) -> Comparison:
    """Compare the cells of one type with their truth, by the rule of :data:`~.matching.MATCHING_RULES`.

    Parameters
    ----------
    cells : sequence of Cell
        Of all types, in pixels of the photograph.
    truth : Truth
    kind : CellType
    shape : (int, int)
        Rows and columns of the photograph.
    frame_margin_px : float, optional
        Labels and found cells whose box lies within this many pixels of the frame are left out of both counts. A label
        without a found cell is a false negative, and a found cell without a label a false positive, only if it is not
        left out itself. Of a pair the label decides: if it is left out, the found cell is neither a true nor a false
        positive.
    unsure : ndarray, shape (N, 4), optional
        Half-open boxes (row0, col0, row1, col1) of what may be a cell that has no label. A found cell without a label
        whose centre lies in one is neither a false positive nor counted.

    Returns
    -------
    Comparison

    """
    own = [cell for cell in cells if cell.type == kind]
    if truth.boxes is None:
        return Comparison(truth.count, len(own), [], [], own, np.zeros((0, 4)), None)
    found = np.asarray([cell.box for cell in own], np.float64).reshape(-1, 4)
    centres = [(cell.row, cell.col) for cell in own]
    label_kept = is_off_frame(truth.boxes, shape, frame_margin_px)
    found_kept = is_off_frame(found, shape, frame_margin_px)
    possible = MATCHING_RULES[kind].possible_pairs(truth.boxes, found, centres)
    kept_pairs = match_pairs(possible[label_kept])
    is_true = _chosen(kept_pairs, len(own))
    # only what the kept labels leave over may go to those that are left out
    is_near = _chosen(match_pairs(possible[~label_kept] & ~is_true), len(own))
    if unsure is not None:
        found_kept &= is_true | is_near | ~centres_inside(unsure, centres).any(axis=0)
    is_false = ~is_true & ~is_near & found_kept
    false_negatives = truth.boxes[label_kept][kept_pairs < 0]
    return Comparison(
        truth=int(label_kept.sum()),
        count=int(found_kept.sum()),
        true_positives=_select(own, is_true),
        false_positives=_select(own, is_false),
        unjudged=_select(own, ~is_true & ~is_false),
        false_negatives=false_negatives,
        detection=Detection(int(is_true.sum()), int(is_false.sum()), len(false_negatives)),
    )


def is_off_frame(boxes: ArrayLike, shape: tuple[int, int], margin_px: float | None) -> NDArray[np.bool_]:
    """Say which boxes lie farther from the frame than a margin; without a margin, all.

    Examples
    --------
    >>> is_off_frame([[3, 10, 9, 20], [4, 10, 9, 20]], (40, 60), 3).tolist()
    [False, True]

    """
    rows = np.asarray(boxes, np.float64).reshape(-1, 4)
    if margin_px is None:
        return np.ones(len(rows), bool)
    distances = np.column_stack([rows[:, :2], np.array(shape) - rows[:, 2:]])
    return np.asarray(distances.min(axis=1, initial=np.inf) > margin_px)


def _chosen(pairs: NDArray[np.intp], n_found: int) -> NDArray[np.bool_]:
    chosen = np.zeros(n_found, bool)
    chosen[pairs[pairs >= 0]] = True
    return chosen


def _select(cells: Sequence[Cell], wanted: NDArray[np.bool_]) -> list[Cell]:
    return [cell for cell, is_wanted in zip(cells, wanted, strict=True) if is_wanted]
