"""What is known about a model: its card, a TOML file, beside the weights where it has any.

The card says what the network does and at which scale it works, what it was trained on and under which terms, the
sha256 of its weights, how its maps are counted, how far its counts are from the truth, and what it was measured to
reach. A model without a network names a segmentation of :mod:`hemolens.segmentation` instead. Nothing about a model
stands anywhere else.
"""

from __future__ import annotations

import hashlib
import re
import textwrap
import tomllib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, ValidationError, field_validator, model_validator

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.counters import COUNTERS, counter_named
from hemolens.cells.counters.connected_components import ConnectedComponentsSettings
from hemolens.cells.counters.source import CounterSettings
from hemolens.errors import ModelError, UsageError, quoted
from hemolens.measurements.colours import StandardColours
from hemolens.measurements.scale import RANGE_PX
from hemolens.statistics.uncertainty import CountError

LARGEST_TILE_PX = 1344
"""For networks of the paper's width."""


class CardPart(BaseModel):
    """What a card is made of: frozen, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DataSource(CardPart):
    """Data that the weights were trained on, and its terms."""

    name: str
    what: str
    terms: str


class MeasuredFigure(CardPart):
    """One measured figure: what, on which photographs, and the value."""

    metric: str
    photographs: str
    value: float


class CountersOfType(CardPart):
    """How what a model draws of one cell type is counted.

    Attributes
    ----------
    default : str
        Name of the counter that measured best; one of those with settings.
    settings : dict
        Name of a counter → its settings for these maps.
    chosen_on : str
        The photographs that the settings were chosen on, in words; empty where it is not recorded.
    joins : dict
        Way to join mask and edge → settings of connected components that suit it. Only networks whose joins are
        compared have any (:mod:`hemolens.paper`).

    """

    default: str
    settings: dict[str, SerializeAsAny[CounterSettings]] = Field(min_length=1)
    chosen_on: str = ""
    joins: dict[str, ConnectedComponentsSettings] = {}

    @field_validator("settings", mode="before")
    @classmethod
    def _of_their_counters(cls, tables: Mapping[str, Any]) -> dict[str, CounterSettings]:
        unknown = sorted(set(tables) - set(COUNTERS))
        if unknown:
            raise ValueError(f"no counter is called {', '.join(unknown)}; there are {', '.join(COUNTERS)}")
        return {name: COUNTERS[name].settings_model.model_validate(table) for name, table in tables.items()}

    @model_validator(mode="after")
    def _default_has_settings(self) -> CountersOfType:
        if self.default not in self.settings:
            raise ValueError(f"the default counter {self.default} has no settings")
        return self


_OF_A_NETWORK = (
    "margin_px", "grid_px", "extra_px", "sha256", "trained_steps", "trained_on", "sources",
)  # fmt: skip
"""Fields that a card must have where the model has a network."""


class ModelCard(CardPart):
    """What is known about a model.

    Attributes
    ----------
    name : str
    cell_type : {"rbc", "wbc", "plt"} or None
        The type it draws; None for one that draws several types.
    adapted_from : str
        Digest of the model that it was adapted from; empty where it was trained from the beginning.
    reference : str
        Authors, place and year of the publication that describes it; empty where it is not recorded.
    network, segmentation : str
        The architecture of its network, or, of a classical model, the name of its segmentation; the other is empty.
    outputs : tuple of str
        What it writes for each pixel: ``rbc.mask``, or ``mask`` alone where `cell_type` is given. Of a type it writes
        a mask and what may go with it, or else a ``density``, in cells per squared red-cell diameter.
    red_cell_diameter_px : float
        The scale at which it works: at most as wide as red cells of a photograph may be.
    margin_px, grid_px, extra_px : int
        How much smaller its maps are than its input on each side; its pooling grid; what an input needs beyond
        twice the margin and a multiple of the grid.
    reach_px : int
        How far around a tile it must look, without a margin.
    tile_px : int or None
        Side of the block that a tile writes, for networks whose maps depend on where a tile ends; without it, any
        side gives the same maps.
    largest_tile_px : int
        Largest side of the block that a tile writes, where any gives the same maps: larger ones cost more memory, and
        less of what is around them is drawn twice.
    colours : StandardColours or None
        The standard that the colours of a photograph are normalised to (:mod:`hemolens.measurements.colours`); None
        leaves them.
    sha256 : str
        Of the ONNX file; empty without a network.
    counters : dict
        Cell type → how its maps are counted; empty in a model that cannot be counted with yet.
    count_error : dict
        Cell type → the error of its counts with the default counter.

    """

    name: str
    cell_type: CellType | None = None
    adapted_from: str = ""
    reference: str = ""
    network: str = ""
    segmentation: str = ""
    outputs: tuple[str, ...] = Field(min_length=1)
    red_cell_diameter_px: float = Field(gt=0, le=RANGE_PX[1])
    margin_px: int = Field(0, ge=0)
    grid_px: int = Field(1, gt=0)
    extra_px: int = Field(0, ge=0)
    reach_px: int = Field(0, ge=0)
    tile_px: int | None = Field(None, gt=0)
    largest_tile_px: int = Field(LARGEST_TILE_PX, gt=0)
    colours: StandardColours | None = None
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    terms: str
    trained_steps: int = 0
    trained_cpu_seconds: int | None = None
    seed: int | None = None
    trained_on: tuple[str, ...] = ()
    sources: tuple[DataSource, ...] = ()
    figures: tuple[MeasuredFigure, ...] = ()
    count_error: dict[CellType, CountError] = {}
    counters: dict[CellType, CountersOfType] = {}

    @model_validator(mode="after")
    def _network_or_segmentation(self) -> ModelCard:
        if bool(self.network) == bool(self.segmentation):
            raise ValueError("a card names either a network or a segmentation")
        missing = [name for name in _OF_A_NETWORK if name not in self.model_fields_set]
        if self.network and missing:
            raise ValueError(f"the card of a network also says {', '.join(missing)}")
        return self

    @model_validator(mode="after")
    def _counters_read_what_it_draws(self) -> ModelCard:
        for kind in self.cell_types:
            if self.draws_density(kind) and len(self._outputs_of(kind)) > 1:
                raise ValueError(f"of {kind} a model draws a density or maps, not both")
            own = self.counters[kind].settings if kind in self.counters else {}
            unfit = [name for name in own if COUNTERS[name].locates_cells == self.draws_density(kind)]
            if unfit:
                raise ValueError(f"counter {unfit[0]} cannot read what the model draws of {kind}")
        return self

    @property
    def digest(self) -> str:
        """What tells the model from every other: the sha256 of its weights, or of its card where it has none."""
        return self.sha256 or hashlib.sha256(card_text(self).encode()).hexdigest()

    @property
    def cell_types(self) -> tuple[CellType, ...]:
        """The types that the model draws."""
        if self.cell_type is not None:
            return (self.cell_type,)
        return tuple(kind for kind in CELL_TYPES if any(name.startswith(f"{kind}.") for name in self.outputs))

    def _outputs_of(self, cell_type: CellType) -> list[str]:
        prefix = "" if self.cell_type else f"{cell_type}."
        return [name.removeprefix(prefix) for name in self.outputs if name.startswith(prefix)]

    def draws_density(self, cell_type: CellType) -> bool:
        """Whether the model says how many cells of a type there are, and not where."""
        return "density" in self._outputs_of(cell_type)

    def default_counter(self, cell_type: CellType) -> str:
        """Name of the counter that measured best on what this model draws of a type.

        Raises
        ------
        UsageError
            The model does not draw such cells.
        ModelError
            The card has no settings for them.

        """
        return self._counters_of(cell_type).default

    def settings_for(self, cell_type: CellType, counter: str) -> CounterSettings:
        """Settings of a counter for what this model draws of a type.

        Raises
        ------
        UsageError
            There is no such counter, it cannot read these maps, or the model does not draw such cells.
        ModelError
            The card has no settings for such cells.

        """
        name, own = counter_named(counter).name, self._counters_of(cell_type).settings
        if name not in own:
            raise UsageError(
                f"counter {counter!r} cannot read the maps of model {self.name!r} for {cell_type}",
                came=counter,
                allowed=", ".join(own),
                do="choose one of these",
                option="counter",
            )
        return own[name]

    def _counters_of(self, cell_type: CellType) -> CountersOfType:
        if cell_type not in self.cell_types:
            raise UsageError(
                f"model {self.name!r} does not predict this cell type",
                came=repr(cell_type),
                allowed=", ".join(self.cell_types),
                do="choose one of these",
            )
        if cell_type not in self.counters:
            raise ModelError(
                f"the card of model {self.name!r} does not say how its maps are counted",
                came=f"no settings for {cell_type}",
                allowed=f"a table counters.{cell_type} with the settings of at least one counter",
                do="train the model again with photographs left out, so that settings can be chosen",
            )
        return self.counters[cell_type]


def parse_card(text: str, name: str) -> ModelCard:
    """Read a card from its TOML.

    Parameters
    ----------
    text : str
    name : str
        What the model is called in a message.

    Raises
    ------
    ModelError
        It is not TOML, a field or a setting is unknown, missing or out of range.

    """
    try:
        return ModelCard.model_validate(tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is a plain ValueError
        raise ModelError(
            f"card of model {quoted(name)} is malformed",
            came=first_fault(error),
            allowed="the fields of hemolens.models.card.ModelCard",
            do="export the model again with hemolens train",
        ) from error


def first_fault(error: Exception) -> str:
    """Say in one line what is wrong first with a card."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def card_text(card: ModelCard) -> str:
    """The card as TOML, in the order of its fields."""
    fields = card.model_dump(mode="json", exclude_none=True)
    for name in ModelCard.model_fields if card.segmentation else ("adapted_from", "reference", "segmentation"):
        if name in fields and getattr(card, name) == ModelCard.model_fields[name].default:
            del fields[name]
    for own in fields.get("counters", {}).values():
        if not own["joins"]:
            del own["joins"]
        if not own["chosen_on"]:
            del own["chosen_on"]
    return toml_of(fields)


def toml_of(fields: Mapping[str, Any]) -> str:
    """Write the fields of a card as TOML, short arrays on one line."""
    import tomli_w

    text = tomli_w.dumps(fields)
    array = re.compile(r"\[\n\s*([^\[\]]*?),?\n\s*\]")
    text = array.sub(_on_one_line, text)  # the points of a curve first, then the curve
    return re.sub(r"= \[\n((?:\s+\[[^\[\]]*\],\n)+)\]", _curve_on_one_line, text)


def _on_one_line(array: re.Match[str]) -> str:
    joined = " ".join(array.group(1).split())
    if len(joined) <= 100:
        return f"[{joined}]"
    return "[\n" + textwrap.fill(joined, 116, initial_indent="    ", subsequent_indent="    ") + ",\n]"


def _curve_on_one_line(curve: re.Match[str]) -> str:
    joined = " ".join(curve.group(1).split()).rstrip(",")
    return "= [\n" + textwrap.fill(joined, 116, initial_indent="    ", subsequent_indent="    ") + ",\n]"
