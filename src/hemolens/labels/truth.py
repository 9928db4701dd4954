"""What labels say of one photograph: a count of each type, with boxes where they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import LabelError

FRAME_TOLERANCE_PX = 2
"""How far a labelled box may reach out of its photograph; it is cut off there. Labels drawn by hand do."""


Paint = Callable[[tuple[int, int]], NDArray[np.int32]]
"""Rows and columns of a photograph → its cells of one type, (H, W): 0 where there is none, else another number."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What labels say of one type on one photograph.

    Attributes
    ----------
    count : int
    boxes : ndarray of float64, shape (N, 4), or None
        Half-open, (row0, col0, row1, col1) in pixels; None where cells were only counted.
    paint : Paint or None
        Gives every cell to the pixel; None where labels are boxes or counts. It is a function since the pictures of
        a whole folder would fill the memory.

    """

    count: int
    boxes: NDArray[np.float64] | None
    paint: Paint | None = None


Truths = Mapping[CellType, Truth]
"""What is known of one photograph. A type that is missing is unknown, not absent."""


@dataclass(frozen=True, eq=False)
class Labels:
    """All that a file or a folder of labels says.

    Attributes
    ----------
    truths : mapping of str to Truths
        By the name that the labels have for a photograph.
    sizes : mapping of str to (int, int)
        Rows and columns of the photograph, where the labels say them.
    notes : tuple of str
        What was left out in reading, in sentences.
    in_parts : bool
        True where boxes are parts of the height and width of their photograph; :func:`in_pixels` makes them pixels.

    """

    truths: Mapping[str, Truths]
    sizes: Mapping[str, tuple[int, int]]
    notes: tuple[str, ...] = ()
    in_parts: bool = False


def truth_of_boxes(boxes: list[tuple[float, float, float, float]]) -> Truth:
    """Count boxes (row0, col0, row1, col1).

    >>> truth_of_boxes([]).boxes.shape
    (0, 4)
    """
    return Truth(len(boxes), np.asarray(boxes, np.float64).reshape(-1, 4))


def in_pixels(truths: Truths, shape: tuple[int, int]) -> Truths:
    """Turn boxes that are parts of a photograph's height and width into pixels.

    Parameters
    ----------
    truths : Truths
    shape : (int, int)
        Rows and columns of the photograph.

    Examples
    --------
    >>> in_pixels({"rbc": truth_of_boxes([(0, 0.25, 0.5, 1)])}, (40, 60))["rbc"].boxes.tolist()
    [[0.0, 15.0, 20.0, 60.0]]

    """
    scale = np.array([*shape, *shape], float)
    return {
        kind: truth if truth.boxes is None else replace(truth, boxes=truth.boxes * scale)
        for kind, truth in truths.items()
    }


def fit_to_frame(name: str, truths: Truths, shape: tuple[int, int], labelled: tuple[int, int] | None = None) -> Truths:
    """Check that labels belong to a photograph of this size, and cut their boxes off at its frame.

    Parameters
    ----------
    name : str
        The photograph's name, for the message.
    truths : Truths
    shape : (int, int)
        Rows and columns of the photograph.
    labelled : (int, int), optional
        Rows and columns of the photograph as the labels say.

    Raises
    ------
    LabelError
        The labels are for a photograph of another size, or a box reaches more than
        :data:`FRAME_TOLERANCE_PX` out of it.

    Examples
    --------
    >>> cut = fit_to_frame("a.jpg", {"rbc": truth_of_boxes([(-1, 0, 10, 10)])}, (40, 60))
    >>> cut["rbc"].boxes.tolist()
    [[0.0, 0.0, 10.0, 10.0]]

    """
    if labelled is not None and labelled != shape:
        raise LabelError(
            f"the labels of '{name}' are for a photograph of another size",
            came=f"labels for {labelled[1]} × {labelled[0]} px, a photograph of {shape[1]} × {shape[0]} px",
            allowed="the same width and height",
            do="name the folder of the photographs that were labelled",
        )
    return {kind: _cut_off(name, kind, truth, shape) for kind, truth in truths.items()}


def _cut_off(name: str, kind: CellType, truth: Truth, shape: tuple[int, int]) -> Truth:
    if truth.boxes is None:
        return truth
    far = np.array([*shape, *shape], float)
    cut = np.clip(truth.boxes, 0, far)
    outside = (np.abs(cut - truth.boxes) > FRAME_TOLERANCE_PX).any(axis=1) | (cut[:, 2:] <= cut[:, :2]).any(axis=1)
    if outside.any():
        row0, col0, row1, col1 = truth.boxes[outside.argmax()].tolist()
        raise LabelError(
            f"a box of type {kind} reaches out of '{name}'",
            came=f"x {col0:g} to {col1:g}, y {row0:g} to {row1:g}",
            allowed=f"x 0 to {shape[1]}, y 0 to {shape[0]}, give or take {FRAME_TOLERANCE_PX} px",
            do="check that x and y are not exchanged and that the photograph was not resized after labelling",
        )
    return replace(truth, boxes=cut)
