"""What is known about a classifier of white cells: its card, beside its weights as that of every model.

It says which classes the classifier tells apart, at which scale and in which colours it sees a cell, when it is too
unsure to name one, what it was trained on, and how well it did on laboratories that it had not seen.
"""

from __future__ import annotations

import tomllib

from pydantic import Field, model_validator

from hemolens.cell_types import WhiteCellClass
from hemolens.errors import ModelError, quoted
from hemolens.measurements.colours import StandardColours
from hemolens.measurements.scale import RANGE_PX
from hemolens.models.card import CardPart, DataSource, MeasuredFigure, first_fault, toml_of


class ClassifierCard(CardPart):
    """What is known about a classifier.

    Attributes
    ----------
    name : str
    reference : str
        Authors, place and year of the publication that describes its network.
    classes : tuple of str
        What its outputs stand for, in their order; all but ``unsure``.
    red_cell_diameter_px : float
        The scale at which it sees a cell.
    side_px : int
        Side of the square that it sees.
    colours : StandardColours
        The standard that colours are brought to.
    temperature : float
        What its outputs are divided by before they become probabilities (Guo et al., ICML 2017).
    least_probability : float
        A cell whose likeliest class is less likely is ``unsure``, 0 … 1.
    sha256 : str
        Of the ONNX file.
    terms : str
        Under which it may be used.
    seed : int
    trained_steps : int
    trained_cpu_seconds : int or None
    sources : tuple of DataSource
        What it was trained on, with their terms.
    figures : tuple of MeasuredFigure
    adapted_from : str or None
        sha256 of the classifier that it was adapted from to a laboratory's own cells.

    """

    name: str
    reference: str
    classes: tuple[WhiteCellClass, ...] = Field(min_length=2)
    red_cell_diameter_px: float = Field(gt=0, le=RANGE_PX[1])
    side_px: int = Field(gt=0, le=512)
    colours: StandardColours
    temperature: float = Field(gt=0, allow_inf_nan=False)
    least_probability: float = Field(ge=0, le=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    terms: str
    seed: int
    trained_steps: int
    trained_cpu_seconds: int | None = None
    sources: tuple[DataSource, ...]
    figures: tuple[MeasuredFigure, ...] = ()
    adapted_from: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _classes_are_told_apart(self) -> ClassifierCard:
        if "unsure" in self.classes or len(set(self.classes)) < len(self.classes):
            raise ValueError("classes are named once each, and unsure is none of them")
        return self

    @property
    def toml(self) -> str:
        """The card as TOML, in the order of its fields."""
        return toml_of(self.model_dump(mode="json", exclude_none=True))


def parse_classifier_card(text: str, name: str) -> ClassifierCard:
    """Read the card of a classifier from its TOML.

    Parameters
    ----------
    text : str
    name : str
        What the classifier is called in a message.

    Raises
    ------
    ModelError
        It is not TOML, a field is unknown, missing or out of range.

    """
    try:
        return ClassifierCard.model_validate(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"card of classifier {quoted(name)} is malformed",
            came=first_fault(error),
            allowed="the fields of hemolens.models.classifier_card.ClassifierCard",
            do="train the classifier again",
        ) from error
