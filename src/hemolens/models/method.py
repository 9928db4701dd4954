"""How a cell type is counted: the model that draws it, the counter that reads the maps, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.counters import COUNTERS, counter_named
from hemolens.cells.counters.source import CounterSettings
from hemolens.errors import UsageError
from hemolens.measurements.colours import StandardColours
from hemolens.models.card import ModelCard
from hemolens.models.store import DEFAULT_MODEL, default_model, read_card
from hemolens.statistics.uncertainty import CountError

AUTO = "auto"
"""In place of the name of a counter: for each cell type the one that measured best."""


@dataclass(frozen=True)
class Method:
    """How one cell type is counted.

    Attributes
    ----------
    model : str
        Name or path of the model that draws it.
    card : ModelCard
        What is known about that model.
    cell_type : {"rbc", "wbc", "plt"}
    counter : str
        Name of the counter that reads the maps.
    settings : CounterSettings
        Settings of that counter.

    """

    model: str
    card: ModelCard
    cell_type: CellType
    counter: str
    settings: CounterSettings

    @property
    def locates_cells(self) -> bool:
        """Whether its counter says where each cell is, not only how many there are."""
        return counter_named(self.counter).locates_cells

    @property
    def count_error(self) -> CountError | None:
        """The error of its counts, which is known for the default counter only."""
        if self.counter != self.card.default_counter(self.cell_type):
            return None
        return self.card.count_error.get(self.cell_type)

    @property
    def colours(self) -> StandardColours | None:
        """The standard that the colours of a photograph are normalised to for the model."""
        return self.card.colours


Methods = Mapping[CellType, Method]


def choose_methods(counter: str = AUTO, models: tuple[str, ...] = ()) -> Methods:
    """Choose how each cell type is counted.

    Parameters
    ----------
    counter : str
        Name of a counter for all three types, or ``"auto"``: for each type the one that measured best.
    models : tuple of str
        Names or paths of models. A type that none of them draws is counted with the user's default model, or else with
        that of hemolens; one that several draw with the last of those.

    Returns
    -------
    dict
        A method for each of the three types.

    Raises
    ------
    UsageError
        There is no such counter, or it cannot read what a model draws.
    ModelError
        A card is missing or malformed, or says of no counter how its maps are counted.

    """
    if counter not in (AUTO, *COUNTERS):
        allowed = ", ".join((AUTO, *COUNTERS))
        raise UsageError("unknown counter", came=repr(counter), allowed=allowed, do="choose one", option="counter")
    chosen: dict[CellType, tuple[str, ModelCard]] = {}
    for model in dict.fromkeys((DEFAULT_MODEL, default_model(), *models)):
        card = read_card(model)
        chosen |= dict.fromkeys(card.cell_types, (model, card))
    methods: dict[CellType, Method] = {}
    for kind in CELL_TYPES:
        model, card = chosen[kind]
        name = card.default_counter(kind) if counter == AUTO else counter
        methods[kind] = Method(model, card, kind, name, card.settings_for(kind, name))
    return methods


def left_to_default(methods: Methods, models: tuple[str, ...]) -> tuple[CellType, ...]:
    """List the types that a default model counts although the user has chosen others.

    Parameters
    ----------
    methods : mapping
        From :func:`choose_methods`.
    models : tuple of str
        What the user has chosen.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> left_to_default(choose_methods("auto", ("wbc-unet",)), ("wbc-unet",))
    ('rbc', 'plt')

    """
    if not models:
        return ()
    return tuple(kind for kind, method in methods.items() if method.model not in models)
