"""Counters: probability maps to cells, or a density to a number.

The contract: ``find_cells(maps, settings)`` returns the cells of one type as a list of
:class:`~hemolens.cells.cell.Cell` in pixels of the maps and in reading order, empty when nothing is found. A counter
that locates no cells has ``count_pixels(density, settings)`` instead, which says how many cells each pixel stands for.

A counter is a file in this folder with a settings model and that function, and a line in :data:`COUNTERS`. Its settings
for what a model draws stand in the card of that model (:mod:`hemolens.models.card`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell
from hemolens.cells.counters import circle_hough, connected_components, density_sum, peaks, watershed
from hemolens.cells.counters.source import CounterSettings
from hemolens.errors import UsageError
from hemolens.probability_maps import DensityMap, ProbabilityMaps


@dataclass(frozen=True)
class Counter:
    """One way of counting.

    Attributes
    ----------
    name : str
        As on the command line.
    settings_model : type of CounterSettings
        Model of its settings.
    find_cells : callable or None
        ``find_cells(maps, settings) -> list[Cell]``, with settings of that model; None where it locates no cells.
    count_pixels : callable or None
        ``count_pixels(density, settings)``, of such a counter: how many cells each pixel stands for.

    """

    name: str
    settings_model: type[CounterSettings]
    find_cells: Callable[[ProbabilityMaps, Any], list[Cell]] | None = None
    count_pixels: Callable[[DensityMap, Any], NDArray[np.float64]] | None = None

    @property
    def locates_cells(self) -> bool:
        """Whether it says where each cell is, not only how many there are."""
        return self.find_cells is not None


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
        Counter("density-sum", density_sum.DensitySumSettings, count_pixels=density_sum.count_pixels),
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
    counter = _with_its_settings(counter_name, settings)
    if counter.find_cells is None:
        raise _unreadable(counter_name, "probability maps", "a density")
    return counter.find_cells(maps, settings)


def count_pixels(density: DensityMap, counter_name: str, settings: CounterSettings) -> NDArray[np.float64]:
    """Count the cells of one type without locating them, with a counter given by name.

    Parameters
    ----------
    density : DensityMap
    counter_name : str
        One of :data:`COUNTERS`.
    settings : CounterSettings
        Of the model of that counter.

    Returns
    -------
    ndarray of float64, shape (H, W)
        How many cells each pixel stands for: the sum over an area is their number there.

    Raises
    ------
    UsageError
        For an unknown counter, settings of another counter, or one that reads no density.
    ModelError
        The density is no density.

    """
    counter = _with_its_settings(counter_name, settings)
    if counter.count_pixels is None:
        raise _unreadable(counter_name, "a density", "probability maps")
    return counter.count_pixels(density, settings)


def _with_its_settings(name: str, settings: CounterSettings) -> Counter:
    counter = counter_named(name)
    if not isinstance(settings, counter.settings_model):
        raise UsageError(
            f"settings that do not belong to the counter {name!r}",
            came=type(settings).__name__,
            allowed=counter.settings_model.__name__,
            do="take those of this counter from the card of the model",
        )
    return counter


def _unreadable(name: str, came: str, allowed: str) -> UsageError:
    return UsageError(
        f"counter {name!r} cannot read what the model draws",
        came=came,
        allowed=allowed,
        do="choose another counter",
        option="counter",
    )


def counter_named(name: str) -> Counter:
    """Look a counter up in :data:`COUNTERS`; UsageError when there is none of that name."""
    if name not in COUNTERS:
        allowed = ", ".join(COUNTERS)
        raise UsageError(
            "unknown counter", came=repr(name), allowed=allowed, do="choose one of these", option="counter"
        )
    return COUNTERS[name]
