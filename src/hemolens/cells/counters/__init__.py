"""Counters: probability maps to cells.

The contract: ``find_cells(maps, settings)`` returns the cells of one type as a list of
:class:`~hemolens.cells.cell.Cell` in pixels of the maps and in reading order, empty when nothing is found.

A counter is a file in this folder with a settings model and that function, and a line in :data:`COUNTERS`. Its settings
for what a model draws stand in the card of that model (:mod:`hemolens.models.card`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hemolens.cells.cell import Cell
from hemolens.cells.counters import circle_hough, connected_components, peaks, watershed
from hemolens.cells.counters.source import CounterSettings
from hemolens.errors import UsageError
from hemolens.probability_maps import ProbabilityMaps


@dataclass(frozen=True)
class Counter:
    """One way of counting.

    Attributes
    ----------
    name : str
        As on the command line.
    settings_model : type of CounterSettings
        Model of its settings.
    find_cells : callable
        ``find_cells(maps, settings) -> list[Cell]``, with settings of that model.

    """

    name: str
    settings_model: type[CounterSettings]
    find_cells: Callable[[ProbabilityMaps, Any], list[Cell]]


COUNTERS: dict[str, Counter] = {
    counter.name: counter
    for counter in (
        Counter("watershed", watershed.WatershedSettings, watershed.find_cells),
        Counter(
            "connected-components",
            connected_components.ConnectedComponentsSettings,
            connected_components.find_cells,
        ),
        Counter("circle-hough", circle_hough.CircleHoughSettings, circle_hough.find_cells),
        Counter("peaks", peaks.PeaksSettings, peaks.find_cells),
    )
}

PAPER_COUNTERS = ("watershed", "connected-components", "circle-hough")
"""Those of the paper; each can read what any network draws."""


def find_cells(maps: ProbabilityMaps, counter_name: str, settings: CounterSettings) -> list[Cell]:
    """Count the cells of one type with a counter given by name.

    Parameters
    ----------
    maps : ProbabilityMaps
    counter_name : str
        One of :data:`COUNTERS`.
    settings : CounterSettings
        Of the model of that counter.

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found.

    Raises
    ------
    UsageError
        For an unknown counter, settings of another counter, or an output that the maps do not have.

    """
    counter = counter_named(counter_name)
    if not isinstance(settings, counter.settings_model):
        raise UsageError(
            f"settings that do not belong to the counter {counter_name!r}",
            came=type(settings).__name__,
            allowed=counter.settings_model.__name__,
            do="take those of this counter from the card of the model",
        )
    return counter.find_cells(maps, settings)


def counter_named(name: str) -> Counter:
    """Look a counter up in :data:`COUNTERS`; UsageError when there is none of that name."""
    if name not in COUNTERS:
        allowed = ", ".join(COUNTERS)
        raise UsageError(
            "unknown counter", came=repr(name), allowed=allowed, do="choose one of these", option="counter"
        )
    return COUNTERS[name]
