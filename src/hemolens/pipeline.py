"""The whole path of a photograph, on one screen."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hemolens.cells import Cell, resolve_types, to_photograph
from hemolens.config import CellType
from hemolens.counters import default_counter, find_cells, settings_for
from hemolens.counters.source import CounterSettings
from hemolens.counts import count_cells
from hemolens.models import DEFAULT_MODELS
from hemolens.photograph import Photograph
from hemolens.probability_maps import ProbabilityMaps, compute_probability_maps, load_model
from hemolens.result import Result
from hemolens.scale import RedCellDiameter, check_given_scale, estimate_red_cell_diameter, set_ruler

Maps = Mapping[CellType, ProbabilityMaps]


def count_photograph(
    photograph: Photograph,
    *,
    counter: str = "auto",
    diameter_px: float | None = None,
    um_per_px: float | None = None,
) -> Result:
    """Count the red cells, white cells and platelets of one photograph.

    photograph → scale → tiles → networks → probability maps → counters → cells → counts

    Parameters
    ----------
    photograph : Photograph
    counter : str, optional
        Name of a counter for all three types, or ``"auto"``: for each type the one that measured best.
    diameter_px : float or None
        Diameter of a usual red cell in pixels, 15 to 500, in place of the estimate.
    um_per_px : float or None
        µm per pixel, 0.015 to 0.5, in place of the estimate; only one of the two.

    Returns
    -------
    Result

    Raises
    ------
    UsageError
        If there is no such counter, the ruler is out of range, or two are given.
    ModelError
        If the trained weights are missing or damaged.
    """
    started = time.perf_counter()
    counters = choose_counters(counter)
    settings = {kind: settings_for(DEFAULT_MODELS[kind], kind, name) for kind, name in counters.items()}
    check_given_scale(diameter_px, um_per_px)
    estimate = estimate_red_cell_diameter(photograph.pixels)
    diameter = set_ruler(estimate, diameter_px=diameter_px, um_per_px=um_per_px, file_um_per_px=photograph.um_per_px)
    maps = map_photograph(photograph, diameter)
    cells = find_all_cells(maps, counters, settings, photograph)
    return Result(
        photograph=photograph,
        cells=cells,
        counts=count_cells(cells),
        red_cell_diameter=diameter,
        counters=counters,
        settings=settings,
        models={kind: load_model(name).card.sha256 for kind, name in DEFAULT_MODELS.items()},
        seconds=time.perf_counter() - started,
    )


def choose_counters(counter: str) -> dict[CellType, str]:
    """Name the counter of each cell type; ``"auto"`` takes those that measured best."""
    if counter != "auto":
        return dict.fromkeys(DEFAULT_MODELS, counter)
    return {kind: default_counter(name, kind) for kind, name in DEFAULT_MODELS.items()}


def map_photograph(photograph: Photograph, diameter: RedCellDiameter) -> Maps:
    """Apply the networks to a photograph, each once, whatever cell types it draws."""
    drawn = {
        name: compute_probability_maps(photograph.pixels, diameter.px, load_model(name))
        for name in dict.fromkeys(DEFAULT_MODELS.values())
    }
    return {kind: drawn[name][kind] for kind, name in DEFAULT_MODELS.items()}


def find_all_cells(
    maps: Maps,
    counters: Mapping[CellType, str],
    settings: Mapping[CellType, CounterSettings],
    photograph: Photograph,
) -> list[Cell]:
    """Count on each map, bring the cells to the photograph and settle which type each body is."""
    found: list[Cell] = []
    for kind, each in maps.items():
        cells = find_cells(each, counters[kind], settings[kind])
        n_rows, n_cols = photograph.pixels.shape[:2]
        found += to_photograph(cells, (each.mask.shape[0], each.mask.shape[1]), (n_rows, n_cols))
    return resolve_types(found)
