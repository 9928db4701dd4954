"""What a classifier is trained on, and how, as data."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hemolens.cell_types import WhiteCellClass
from hemolens.errors import TrainingError, quoted
from hemolens.measurements.colours import StandardColours
from hemolens.training.config import SmearAugmentation


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ClassifiedSource(_Frozen):
    """A folder of photographs of which a table names the class of the one white cell on each."""

    name: str
    what: str
    terms: str
    folder: str
    """Relative to the data folder."""
    images: str = "images"
    """Folder of the photographs, relative to ``folder``."""
    table: str
    """With a column ``image``, relative to ``folder``."""
    column: str
    """The column with the class."""
    classes: dict[str, WhiteCellClass]
    """What the column says → the class; rows that say anything else are left out."""
    in_middle: bool = False
    """The classified cell is in the middle of its photograph; otherwise it is the only white cell that is found."""
    diameter_px: float | None = Field(None, gt=0)
    """Width of a red cell where it is known; otherwise it is measured on each photograph."""
    measured_on_only: bool = False
    """The classifier is not trained on it."""
    one_stain: bool = False
    """Colours are measured over all photographs together: each shows too few red cells to measure them on."""


class ClassifierConfig(_Frozen):
    """How a classifier is trained."""

    name: str
    classes: tuple[WhiteCellClass, ...] = Field(min_length=2)
    red_cell_diameter_px: float = Field(gt=0)
    side_px: int = Field(gt=0, multiple_of=16)
    """Side of the square that the classifier sees."""
    crop_px: int = Field(gt=0)
    """Side of the square that is kept of each cell, so that it can be turned and shifted."""
    colours: StandardColours
    seed: int = 1
    steps: int = Field(gt=0)
    batch: int = Field(64, gt=0)
    learning_rate: float = Field(2e-3, gt=0)
    weight_decay: float = Field(2e-2, ge=0)
    average: float = Field(0.995, gt=0, lt=1)
    """Decay of the running mean of the weights."""
    label_smoothing: float = Field(0.05, ge=0, lt=1)
    made: float = Field(0.12, ge=0, lt=1)
    """Share of a batch that is made into ``other``: two cells in one, halves, red cells, blots."""
    least_probability: float = Field(0.5, ge=0, le=1)
    """A cell whose likeliest class is less likely is ``unsure``."""
    validation_every: int = Field(8, gt=1)
    """Of each source every so-manieth photograph is left out, to calibrate probabilities on."""
    augmentation: SmearAugmentation = SmearAugmentation()
    sources: tuple[ClassifiedSource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> ClassifierConfig:
        if self.crop_px < self.side_px:
            raise ValueError("crop_px is less than side_px")
        named = {each for source in self.sources for each in source.classes.values()}
        if unknown := sorted(named - set(self.classes)):
            raise ValueError(f"sources name classes that are not told apart: {', '.join(unknown)}")
        return self


def read_classifier_config(name_or_path: str) -> ClassifierConfig:
    """Read a shipped configuration by name, or one from a TOML file.

    Raises
    ------
    TrainingError
        There is no such configuration, or the file is not one.

    """
    shipped = resources.files("hemolens.training.differential") / "configs" / f"{name_or_path}.toml"
    try:
        text = shipped.read_text("utf-8") if shipped.is_file() else Path(name_or_path).read_text("utf-8")
        return ClassifierConfig.model_validate(tomllib.loads(text))
    except (OSError, ValueError, RecursionError) as error:
        first = error.errors(include_url=False, include_input=False)[0] if isinstance(error, ValidationError) else None
        came = str(error) if first is None else f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise TrainingError(
            f"configuration {quoted(name_or_path)} of a classifier is not usable",
            came=came,
            allowed="the fields of hemolens.training.differential.config.ClassifierConfig",
            do="check the name or the path, and correct the file",
        ) from error
