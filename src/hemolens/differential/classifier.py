"""White cells → the class of each, and how sure the classifier is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import WhiteCellClass
from hemolens.cells.cell import Cell
from hemolens.differential.crops import cut_crops
from hemolens.errors import ModelError
from hemolens.images.image import SmearImage
from hemolens.measurements.colours import MeasuredColours
from hemolens.models.classifier_card import ClassifierCard
from hemolens.models.store import read_classifier
from hemolens.segmentation.onnx_runtime import start_session

if TYPE_CHECKING:
    import onnxruntime

MOST_ELONGATED = 1.7
"""What is so many times as long as wide is two cells, a smear, or what the frame left of a cell: it gets no name."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A loaded classifier and its card."""

    card: ClassifierCard
    session: onnxruntime.InferenceSession


def load_classifier(name_or_path: str, sha256: str) -> Classifier:
    """Load a classifier once and keep it.

    Parameters
    ----------
    name_or_path : str
        As in :func:`hemolens.models.store.read_classifier_card`.
    sha256 : str
        Of the weights, as its card says.

    Raises
    ------
    ModelError
        Weights or card are missing, damaged, do not belong together, or were replaced in between.

    """
    classifier = _load(name_or_path, sha256)
    if classifier.card.sha256 != sha256:
        raise ModelError(
            f"classifier {name_or_path!r} was replaced while it was in use",
            came=f"sha256 {classifier.card.sha256[:12]}…",
            allowed=f"sha256 {sha256[:12]}…",
            do="count again",
        )
    return classifier


@cache
def _load(name_or_path: str, sha256: str) -> Classifier:
    """Load what is there now; ``sha256`` only keeps apart what has had the same name."""
    file = read_classifier(name_or_path)
    session = start_session(file.onnx, name_or_path)
    shapes = {each.name: each.shape[1:] for each in (*session.get_inputs(), *session.get_outputs())}
    wanted = {"crops": [file.card.side_px, file.card.side_px, 4], "logits": [len(file.card.classes)]}
    if shapes != wanted:
        raise ModelError(
            f"the weights of classifier {name_or_path!r} are not those of its card",
            came=str(shapes),
            allowed=str(wanted),
            do="train the classifier again",
        )
    return Classifier(file.card, session)


def classify_cells(
    image: SmearImage,
    cells: Sequence[Cell],
    classifier: Classifier,
    *,
    red_cell_diameter_px: float,
    measured: MeasuredColours,
) -> list[Cell]:
    """Name the class of each white cell.

    Parameters
    ----------
    image : SmearImage
    cells : sequence of Cell
        Of any types, in pixels of the image.
    classifier : Classifier
    red_cell_diameter_px : float
        Usual diameter of a red cell in the image, in pixels, > 0.
    measured : MeasuredColours
        Colours of the image.

    Returns
    -------
    list of Cell
        In the same order. White cells have a class: ``unsure`` where none is likely enough, or where what was found is
        too long for one whole cell (:data:`MOST_ELONGATED`).

    """
    card = classifier.card
    zoom = card.red_cell_diameter_px / red_cell_diameter_px
    named = []
    for cell in cells:
        if cell.type != "wbc":
            named.append(cell)
            continue
        crop = cut_crops(image, [cell], zoom=zoom, side_px=card.side_px, standard=card.colours, measured=measured)
        # One crop at a time: in larger batches its last digits would depend on the others.
        (logits,) = classifier.session.run(["logits"], {"crops": crop})
        white_cell_class, probability = choose_class(logits[0], card)
        if is_too_long(cell.outline):
            white_cell_class = "unsure"
        named.append(replace(cell, white_cell_class=white_cell_class, class_probability=probability))
    return named


def is_too_long(outline: NDArray[np.float32]) -> bool:
    """Whether an outline, shape (N, 2), is too long for its width to be that of one whole white cell.

    >>> square = np.array([[0, 0], [0, 9], [9, 9], [9, 0]], np.float32)
    >>> is_too_long(square), is_too_long(square * (1, 2))
    (False, True)
    """
    import cv2

    _, sides, _ = cv2.minAreaRect(outline.astype(np.float32))
    return max(sides) > MOST_ELONGATED * min(sides)


def withhold_classes(cells: Sequence[Cell]) -> list[Cell]:
    """Make every class ``unsure``: without the colours of a smear, what tells them apart is not to be seen."""
    return [cell if cell.white_cell_class is None else replace(cell, white_cell_class="unsure") for cell in cells]


def choose_class(logits: NDArray[np.floating], card: ClassifierCard) -> tuple[WhiteCellClass, float]:
    """Choose the class that the outputs of the classifier stand for.

    Parameters
    ----------
    logits : ndarray of float, shape (K,)
        In the order of the card's classes.
    card : ClassifierCard

    Returns
    -------
    class, probability
        Of the likeliest class; ``unsure`` with that probability where it is below the card's limit.

    """
    powers = np.exp((logits - logits.max()) / card.temperature)
    probabilities = powers / powers.sum()
    likeliest = int(probabilities.argmax())
    probability = round(float(probabilities[likeliest]), 4)
    return (card.classes[likeliest] if probability >= card.least_probability else "unsure"), probability
