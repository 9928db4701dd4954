"""Trained weights on the shelf: an ONNX file and a card in TOML for each.

The card says what the network does, at which scale it works, what it was trained on and under which terms, its
sha256, and what it was measured to reach.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.errors import ModelError
from hemolens.measurements.colours import StandardColours
from hemolens.statistics.uncertainty import CountError

PAPER_MODELS: dict[CellType, str] = {"rbc": "rbc-do-unet", "wbc": "wbc-unet", "plt": "plt-unet"}
"""The paper's networks, one for each cell type."""

DEFAULT_MODELS: dict[CellType, str] = dict.fromkeys(CELL_TYPES, "one-pass")
"""The model that draws each cell type unless another one is given."""


class DataSource(BaseModel):
    """Data that the weights were trained on, and its terms."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    what: str
    terms: str


class MeasuredFigure(BaseModel):
    """One measured figure: what, on which photographs, and the value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    photographs: str
    value: float


class ModelCard(BaseModel):
    """What is known about a model.

    ``red_cell_diameter_px`` is the scale at which it works; ``margin_px`` is how much smaller its maps are
    than its input on each side, ``grid_px`` its pooling grid, and ``extra_px`` what an input needs beyond a
    multiple of it. ``reach_px`` is how far around a tile it must look, without a margin. ``tile_px`` is the side of
    the block that a tile writes, for networks whose maps depend on where a tile ends; without it, any side gives the
    same maps. ``colours`` are what those of a photograph are brought to first (:mod:`hemolens.measurements.colours`);
    without them, the photograph stays as it is. ``count_error`` holds for the default
    counter.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    cell_type: CellType | None = None
    network: str
    outputs: tuple[str, ...] = Field(min_length=1)
    red_cell_diameter_px: float = Field(gt=0)
    margin_px: int = Field(ge=0)
    grid_px: int = Field(gt=0)
    extra_px: int = Field(ge=0)
    reach_px: int = Field(0, ge=0)
    tile_px: int | None = Field(None, gt=0)
    colours: StandardColours | None = None
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    terms: str
    trained_steps: int
    trained_cpu_seconds: int | None = None
    seed: int | None = None
    trained_on: tuple[str, ...]
    sources: tuple[DataSource, ...]
    figures: tuple[MeasuredFigure, ...] = ()
    count_error: dict[CellType, CountError] = {}


@dataclass(frozen=True, eq=False)
class ModelFile:
    """A card and the bytes of the ONNX file that it describes."""

    card: ModelCard
    onnx: bytes


def shipped_models() -> list[str]:
    """Names of the models that come with hemolens."""
    folder = resources.files("hemolens.models")
    return sorted(entry.name.removesuffix(".onnx") for entry in folder.iterdir() if entry.name.endswith(".onnx"))


def read_model(name_or_path: str) -> ModelFile:
    """Read a shipped model by name, or one from the path of its ``.onnx`` file with the card beside it.

    Raises
    ------
    ModelError
        If the weights or the card are missing, the card is malformed, or the weights are not those that the
        card describes (sha256).

    """
    weights, card_file = _files(name_or_path)
    try:
        data = weights.read_bytes()
        card = ModelCard.model_validate(tomllib.loads(card_file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(
            "model cannot be read",
            came=f"{name_or_path!r} ({type(error).__name__})",
            allowed=f"{', '.join(shipped_models()) or 'no model is installed'}, or an .onnx file with its card beside",
            do="check the name, or install hemolens again",
        ) from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ModelError(
            f"card of model {name_or_path!r} is malformed",
            came=str(error).splitlines()[0],
            allowed="the fields of hemolens.models.ModelCard",
            do="export the model again with hemolens train",
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise ModelError(
            f"weights of model {name_or_path!r} are not those of its card",
            came=f"sha256 {found[:12]}…",
            allowed=f"sha256 {card.sha256[:12]}…",
            do="install hemolens again, or export the model again with hemolens train",
        )
    return ModelFile(card, data)


def _files(name_or_path: str) -> tuple[Traversable, Traversable]:
    if name_or_path.endswith(".onnx"):
        path = Path(name_or_path)
        return path, path.with_suffix(".toml")
    folder = resources.files("hemolens.models")
    return folder / f"{name_or_path}.onnx", folder / f"{name_or_path}.toml"


def card_text(card: ModelCard) -> str:
    """The card as TOML, in the order of its fields."""
    import tomli_w

    return tomli_w.dumps(card.model_dump(mode="json", exclude_none=True))
