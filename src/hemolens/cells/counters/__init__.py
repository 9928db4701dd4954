"""Counters: probability maps to cells.

The contract: ``find_cells(maps, settings)`` returns the cells of one type as a list of
:class:`~hemolens.cells.cell.Cell` in pixels of the maps and in reading order, empty when nothing is found.

A counter is a file in this folder with a settings model and that function, a line in :data:`COUNTERS`, and tables in
``settings.toml``: one for each model and cell type that it can read.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hemolens.cell_types import CellType
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
        What it can be told.
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
            do="take them from settings_for with the name of this counter",
        )
    return counter.find_cells(maps, settings)


def counter_named(name: str) -> Counter:
    """Look a counter up in :data:`COUNTERS`; UsageError when there is none of that name."""
    if name not in COUNTERS:
        raise UsageError("unknown counter", came=repr(name), allowed=", ".join(COUNTERS), do="choose one of these")
    return COUNTERS[name]


def settings_for(model_name: str, cell_type: CellType, counter_name: str) -> CounterSettings:
    """Settings of a counter for what a shipped model draws of a cell type, as in ``settings.toml``.

    >>> settings_for("wbc-unet", "wbc", "watershed").body_threshold
    0.6
    """
    counter, own = counter_named(counter_name), _shipped(model_name, cell_type)
    if counter_name not in own:
        raise UsageError(
            f"counter {counter_name!r} cannot read what model {model_name!r} draws of {cell_type}",
            came=counter_name,
            allowed=", ".join(name for name in COUNTERS if name in own),
            do="choose one of these",
        )
    return counter.settings_model.model_validate(own[counter_name])


def default_counter(model_name: str, cell_type: CellType) -> str:
    """Name of the counter that ``settings.toml`` recommends for a model and a cell type."""
    return str(_shipped(model_name, cell_type)["default_counter"])


def _shipped(model_name: str, cell_type: CellType) -> dict[str, Any]:
    models = _settings_file()
    if model_name not in models:
        raise UsageError(
            "no settings for the model", came=repr(model_name), allowed=", ".join(models), do="choose one of these"
        )
    if cell_type not in models[model_name]:
        raise UsageError(
            f"model {model_name!r} does not draw such cells",
            came=repr(cell_type),
            allowed=", ".join(models[model_name]),
            do="choose one of these",
        )
    table: dict[str, Any] = models[model_name][cell_type]
    return table


@cache
def _settings_file() -> dict[str, Any]:
    text = resources.files(__name__).joinpath("settings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
