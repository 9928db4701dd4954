"""The cells found on one photograph, compared with what is true there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.evaluation.matching import MATCHING_RULES, Detection, centres_inside, match_pairs, possible_pairs
from hemolens.labels.truth import Truth


@dataclass(frozen=True, eq=False)
class Comparison:
    """One cell type on one photograph.

    Attributes
    ----------
    truth, count : int
        Labelled and found cells; without those near the frame where they are left out.
    hits, false, unjudged : list of Cell
        Finds that match a label, that match none, and that are not judged: those near the frame, those that may be a
        cell without a label and, where the truth is a count only, all.
    missed : ndarray, shape (N, 4)
        Boxes (row0, col0, row1, col1) of labels without a find.
    detection : Detection or None
        How many of each; None where the truth is a count only.

    """

    truth: int
    count: int
    hits: list[Cell]
    false: list[Cell]
    unjudged: list[Cell]
    missed: NDArray[np.float64]
    detection: Detection | None

    @property
    def n_errors(self) -> int:
        """False finds and misses; |count − truth| where the truth is a count only."""
        if self.detection is None:
            return abs(self.count - self.truth)
        return self.detection.n_false + self.detection.n_missed


def compare(
    cells: Sequence[Cell],
    truth: Truth,
    kind: CellType,
    shape: tuple[int, int],
    frame_margin_px: float | None = None,
    unsure: NDArray[np.float64] | None = None,
) -> Comparison:
    """Compare the cells of one type with their truth.

    Parameters
    ----------
    cells : sequence of Cell
        Of all types, in pixels of the photograph.
    truth : Truth
    kind : CellType
    shape : (int, int)
        Rows and columns of the photograph.
    frame_margin_px : float, optional
        Labels and finds whose box is not more than so many pixels off the frame are left out of both counts. A
        label without a find is a miss, and a find without a label is false, only if it is not left out itself. Of a
        pair the label decides: with a left-out label the find is neither a hit nor false.
    unsure : ndarray, shape (N, 4), optional
        Half-open boxes (row0, col0, row1, col1) of what may be a cell that has no label. A find without a label whose
        centre lies in one is neither false nor counted.

    Returns
    -------
    Comparison

    """
    own = [cell for cell in cells if cell.type == kind]
    finds = np.asarray([cell.box for cell in own], np.float64).reshape(-1, 4)
    if truth.boxes is None:
        return Comparison(truth.count, len(own), [], [], own, np.zeros((0, 4)), None)
    label_kept, find_kept = (
        is_off_frame(truth.boxes, shape, frame_margin_px),
        is_off_frame(finds, shape, frame_margin_px),
    )
    centres = [(cell.row, cell.col) for cell in own]
    possible = possible_pairs(truth.boxes, finds, centres, MATCHING_RULES[kind])
    kept_pairs = match_pairs(possible[label_kept])
    is_hit = _chosen(kept_pairs, len(own))
    # only what the kept labels leave over may go to those that are left out
    near_pairs = match_pairs(possible[~label_kept] & ~is_hit)
    is_near = _chosen(near_pairs, len(own))
    if unsure is not None:
        find_kept &= is_hit | is_near | ~centres_inside(unsure, centres).any(axis=0)
    is_false = ~is_hit & ~is_near & find_kept
    missed = truth.boxes[label_kept][kept_pairs < 0]
    return Comparison(
        truth=int(label_kept.sum()),
        count=int(find_kept.sum()),
        hits=_select(own, is_hit),
        false=_select(own, is_false),
        unjudged=_select(own, ~is_hit & ~is_false),
        missed=missed,
        detection=Detection(int(is_hit.sum()), int(is_false.sum()), len(missed)),
    )


def is_off_frame(boxes: ArrayLike, shape: tuple[int, int], margin_px: float | None) -> NDArray[np.bool_]:
    """Say which boxes are more than so many pixels off the frame; without a margin, all.

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


def _chosen(pairs: NDArray[np.intp], n_finds: int) -> NDArray[np.bool_]:
    chosen = np.zeros(n_finds, bool)
    chosen[pairs[pairs >= 0]] = True
    return chosen


def _select(cells: Sequence[Cell], wanted: NDArray[np.bool_]) -> list[Cell]:
    return [cell for cell, is_wanted in zip(cells, wanted, strict=True) if is_wanted]
