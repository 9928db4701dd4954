"""Probability map and true mask → how well they cover each other.

Table II of the paper prints accuracy, mean IoU, Dice and Tversky as the authors' code defines them (``mean_iou``,
``dsc`` and ``tversky`` in ``src/model.py`` of https://github.com/nemo256/do-u-net). Beside them stand the plain IoU
and Dice of the map cut at 0.5. The authors' measures differ from the plain ones:

- Dice and Tversky are taken of the probabilities, not of a yes or no, and 1 is added above and below the line.
- Mean IoU is the mean over ten thresholds from 0.50 to 0.95, so a map that is right but unsure scores low. Where
  there is nothing to find and nothing was found it is 0; the plain IoU is 1.
- Their code averages over training tiles of 100 × 100 pixels (Dice and Tversky: over batches of eight tiles), so a
  tile without any cell pulls their mean IoU down. Here a photograph is scored as a whole, and a table prints the
  mean over photographs. :func:`mean_scores` takes the scores of tiles just as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.errors import UsageError

THRESHOLDS = tuple(percent / 100 for percent in range(50, 100, 5))
"""Where mean IoU cuts the probabilities: 0.50, 0.55 … 0.95. A pixel belongs to a cell when it is above."""


class Overlap(NamedTuple):
    """Sums over the pixels of two pictures with values 0 … 1.

    Attributes
    ----------
    both : float
        Of the product of prediction and truth: the number of true positive pixels when both are 0 or 1.
    predicted, true : float
        Of the prediction and of the truth.
    total : float
        Of the weights: the number of pixels without them.

    """

    both: float
    predicted: float
    true: float
    total: float


@dataclass(frozen=True)
class SegmentationScores:
    """What the paper's tables print about a map, 0 … 1 each, and the plain measures beside it.

    Attributes
    ----------
    accuracy, mean_iou, dice, tversky : float
        As the authors define them.
    plain_iou, plain_dice : float
        Of the map cut at 0.5.

    """

    accuracy: float
    mean_iou: float
    dice: float
    tversky: float
    plain_iou: float
    plain_dice: float


def measure_overlap(
    prediction: NDArray[np.generic], truth: NDArray[np.generic], weight: NDArray[np.generic] | None = None
) -> Overlap:
    """Sum over the pixels what the measures below are made of.

    Parameters
    ----------
    prediction, truth : ndarray of bool or float, shape (H, W)
        0 … 1.
    weight : ndarray, shape (H, W), optional
        How much each pixel counts, 0 for one whose label says nothing; 1 everywhere without it.

    Examples
    --------
    >>> measure_overlap(np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool))
    Overlap(both=1.0, predicted=2.0, true=2.0, total=3.0)

    """
    found, there = np.asarray(prediction, np.float32), np.asarray(truth, np.float32)
    counts = np.ones_like(there) if weight is None else np.asarray(weight, np.float32)
    pictures = (counts * there * found, counts * found, counts * there, counts)
    return Overlap(*(float(picture.sum(dtype=np.float64)) for picture in pictures))


def accuracy(overlap: Overlap) -> float:
    """Share of the pixels that are right; 1 when nothing is there and nothing was found, NaN without pixels.

    Examples
    --------
    >>> accuracy(Overlap(both=1, predicted=2, true=1, total=4))
    0.75

    """
    n_wrong = overlap.predicted + overlap.true - 2 * overlap.both
    return 1 - n_wrong / overlap.total if overlap.total else float("nan")


def iou(overlap: Overlap, *, when_empty: float = 1.0) -> float:
    """Intersection over union; ``when_empty`` (1) when nothing is there and nothing was found.

    Examples
    --------
    >>> iou(Overlap(both=1, predicted=2, true=1, total=4))
    0.5

    """
    union = overlap.predicted + overlap.true - overlap.both
    return overlap.both / union if union else when_empty


def dice(overlap: Overlap, *, smooth: float = 0.0) -> float:
    """Twice the overlap over the sum of both, ``smooth`` (0) added above and below; 1 when both are empty.

    Examples
    --------
    >>> dice(Overlap(both=1, predicted=2, true=2, total=4))
    0.5
    >>> dice(Overlap(both=1, predicted=2, true=2, total=4), smooth=1)
    0.6

    """
    both_sizes = overlap.predicted + overlap.true + smooth
    return (2 * overlap.both + smooth) / both_sizes if both_sizes else 1.0


def tversky(overlap: Overlap, *, alpha: float = 0.7, smooth: float = 1.0) -> float:
    """Overlap over itself plus ``alpha`` times the false negatives and ``1 - alpha`` times the false positives.

    Above and below the line ``smooth`` is added, so that it is 1 when nothing is there and nothing was found.

    Examples
    --------
    >>> tversky(Overlap(both=1, predicted=1, true=2, total=4))
    0.7407407407407407

    """
    false_negatives, false_positives = overlap.true - overlap.both, overlap.predicted - overlap.both
    below = overlap.both + alpha * false_negatives + (1 - alpha) * false_positives + smooth
    return (overlap.both + smooth) / below if below else 1.0


def score_map(
    probability: NDArray[np.floating], truth: NDArray[np.generic], weight: NDArray[np.generic] | None = None
) -> SegmentationScores:
    """Score a probability map of one photograph against its true mask.

    Parameters
    ----------
    probability : ndarray of float, shape (H, W)
        0 … 1.
    truth : ndarray of bool, shape (H, W)
        Where cells (or their edges) are; numbers are taken as "not 0".
    weight : ndarray, shape (H, W), optional
        How much each pixel counts, 0 for one whose label says nothing; 1 everywhere without it.

    Returns
    -------
    SegmentationScores
        When nothing is there and nothing was found: mean IoU 0, as in the authors' code, everything else 1.

    Raises
    ------
    UsageError
        When the pictures are not of one size.

    Examples
    --------
    >>> truth = np.array([[0, 0, 1, 1]])
    >>> score_map(np.array([[0.0, 0.6, 1.0, 1.0]]), truth).plain_iou
    0.6666666666666666

    """
    shapes = [picture.shape for picture in (probability, truth, weight) if picture is not None]
    if len(set(shapes)) > 1:
        raise UsageError(
            "map, truth and weight do not belong together",
            came=" and ".join(str(shape) for shape in shapes),
            allowed="pictures of one size",
            do="bring them to the size of the map first",
        )
    is_true = truth != 0
    soft = measure_overlap(probability, is_true, weight)
    cut = [measure_overlap(probability > threshold, is_true, weight) for threshold in THRESHOLDS]
    return SegmentationScores(
        accuracy=accuracy(cut[0]),
        mean_iou=float(np.mean([iou(overlap, when_empty=0.0) for overlap in cut])),
        dice=dice(soft, smooth=1.0),
        tversky=tversky(soft),
        plain_iou=iou(cut[0]),
        plain_dice=dice(cut[0]),
    )


def mean_scores(scores: Sequence[SegmentationScores]) -> SegmentationScores:
    """Mean of each measure over photographs, each counting once: what a table prints; NaN without photographs.

    Examples
    --------
    >>> nothing, one = (score_map(np.full((1, 1), value), np.ones((1, 1), bool)) for value in (0.0, 1.0))
    >>> mean_scores([nothing, one]).plain_iou
    0.5

    """
    if not scores:
        return SegmentationScores(*[float("nan")] * 6)
    return SegmentationScores(*np.mean([astuple(each) for each in scores], axis=0).tolist())
