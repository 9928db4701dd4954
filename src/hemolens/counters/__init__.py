"""Counters: probability maps to cells.

The contract: ``find_cells(maps, settings)`` returns the cells of one type as a list of
:class:`~hemolens.cells.Cell` in pixels of the maps and in reading order, empty when nothing is found.

A counter is a file in this folder with a settings model and that function, a line in :data:`COUNTERS`, and a
table for each cell type in ``settings.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from hemolens.cells import Cell
from hemolens.config import CELL_TYPES, CellType
from hemolens.counters import circle_hough, connected_components, watershed
from hemolens.counters.source import SourceSettings
from hemolens.errors import UsageError
from hemolens.probability_maps import ProbabilityMaps


@dataclass(frozen=True)
class Counter:
    """One way of counting.

    Attributes
    ----------
    name : str
        As on the command line.
    settings_model : type of SourceSettings
        What it can be told.
    find_cells : callable
        ``find_cells(maps, settings) -> list[Cell]``, with settings of that model.

    """

    name: str
    settings_model: type[SourceSettings]
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
    )
}


def find_cells(
    maps: ProbabilityMaps, counter_name: str | None = None, settings: SourceSettings | None = None
) -> list[Cell]:
    """Count the cells of one type with a counter given by name.

    Parameters
    ----------
    maps : ProbabilityMaps
    counter_name : str, optional
        One of :data:`COUNTERS`; by default the one that measures best for this type.
    settings : SourceSettings, optional
        Of the model of that counter; by default those of ``settings.toml``.

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found.

    Raises
    ------
    UsageError
        For an unknown counter, settings of another counter, or an edge that the maps do not have.

    """
    name = default_counter(maps.cell_type) if counter_name is None else counter_name
    counter = counter_named(name)
    if settings is None:
        settings = settings_for(maps.cell_type, name)
    if not isinstance(settings, counter.settings_model):
        raise UsageError(
            f"settings that do not belong to the counter {name!r}",
            came=type(settings).__name__,
            allowed=counter.settings_model.__name__,
            do=f"take them from settings_for({maps.cell_type!r}, {name!r})",
        )
    return counter.find_cells(maps, settings)


def counter_named(name: str) -> Counter:
    """Look a counter up in :data:`COUNTERS`; UsageError when there is none of that name."""
    if name not in COUNTERS:
        raise UsageError("unknown counter", came=repr(name), allowed=", ".join(COUNTERS), do="choose one of these")
    return COUNTERS[name]


def settings_for(cell_type: CellType, counter_name: str) -> SourceSettings:
    """Settings of a counter for a cell type, as shipped in ``settings.toml``.

    >>> settings_for("wbc", "watershed").source
    'mask'
    """
    counter = counter_named(counter_name)
    return counter.settings_model.model_validate(_shipped(cell_type)[counter_name])


def default_counter(cell_type: CellType) -> str:
    """Name of the counter that ``settings.toml`` recommends for a cell type."""
    return str(_shipped(cell_type)["default_counter"])


def _shipped(cell_type: CellType) -> dict[str, Any]:
    if cell_type not in CELL_TYPES:
        raise UsageError(
            "unknown cell type", came=repr(cell_type), allowed=", ".join(CELL_TYPES), do="choose one of these"
        )
    table: dict[str, Any] = _settings_file()[cell_type]
    return table


@cache
def _settings_file() -> dict[str, Any]:
    text = resources.files(__name__).joinpath("settings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
