"""The whole path of a photograph, on one screen."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from hemolens.cells import Cell, resolve_types, to_photograph
from hemolens.config import CellType
from hemolens.counters import default_counter, find_cells, settings_for
from hemolens.counters.source import CounterSettings
from hemolens.counts import cells_in_region, count_cells
from hemolens.models import DEFAULT_MODELS, CountError
from hemolens.photograph import Photograph
from hemolens.probability_maps import ProbabilityMaps, compute_probability_maps, load_model
from hemolens.quality import judge_photograph
from hemolens.region import Region
from hemolens.result import Result
from hemolens.scale import RedCellDiameter, check_given_scale, estimate_red_cell_diameter, set_ruler

Maps = Mapping[CellType, ProbabilityMaps]


@dataclass(frozen=True)
class Method:
    """How a cell type is counted: the model that draws it, the counter that reads the maps, and its settings."""

    model: str
    counter: str
    settings: CounterSettings


Methods = Mapping[CellType, Method]


def count_photograph(
    photograph: Photograph,
    *,
    counter: str = "auto",
    diameter_px: float | None = None,
    um_per_px: float | None = None,
    region: Region | None = None,
) -> Result:
    """Count the red cells, white cells and platelets of one photograph.

    photograph → scale → tiles → networks → probability maps → counters → cells → counts → quality

    Parameters
    ----------
    photograph : Photograph
    counter : str, optional
        Name of a counter for all three types, or ``"auto"``: for each type the one that measured best.
    diameter_px : float or None
        Diameter of a usual red cell in pixels, 15 to 500, in place of the estimate.
    um_per_px : float or None
        µm per pixel, 0.015 to 0.5, in place of the estimate; only one of the two.
    region : Region or None
        Where cells are counted; the whole photograph without it.

    Returns
    -------
    Result

    Raises
    ------
    UsageError
        If there is no such counter, the ruler is out of range, or two are given.
    ModelError
        If the trained weights are missing or damaged.
    PhotographError
        If the region holds no pixel of the photograph.
    """
    started = time.perf_counter()
    methods = choose_methods(counter)
    check_given_scale(diameter_px, um_per_px)
    n_rows, n_cols = photograph.pixels.shape[:2]
    inside = None if region is None else region.mask((n_rows, n_cols))
    estimate = estimate_red_cell_diameter(photograph.pixels)
    diameter = set_ruler(estimate, diameter_px=diameter_px, um_per_px=um_per_px, file_um_per_px=photograph.um_per_px)
    maps = map_photograph(photograph, diameter, methods)
    found = find_all_cells(maps, methods, photograph)
    cells = found if inside is None else cells_in_region(found, inside)
    return Result(
        photograph=photograph,
        cells=cells,
        counts=count_cells(cells),
        red_cell_diameter=diameter,
        quality=judge_photograph(photograph.pixels, diameter, found),
        counters={kind: method.counter for kind, method in methods.items()},
        settings={kind: method.settings for kind, method in methods.items()},
        models={kind: load_model(method.model).card.sha256 for kind, method in methods.items()},
        seconds=time.perf_counter() - started,
        region=region,
        count_errors=count_errors(methods),
    )


def choose_methods(counter: str, models: Mapping[CellType, str] = DEFAULT_MODELS) -> Methods:
    """Choose how each cell type is counted; ``"auto"`` takes the counters that measured best."""
    methods: dict[CellType, Method] = {}
    for kind, model in models.items():
        name = default_counter(model, kind) if counter == "auto" else counter
        methods[kind] = Method(model, name, settings_for(model, kind, name))
    return methods


def count_errors(methods: Methods) -> dict[CellType, CountError]:
    """Look up the errors of counts that the models' cards state; they hold for the default counters only."""
    cards = {kind: load_model(method.model).card for kind, method in methods.items()}
    return {
        kind: cards[kind].count_error[kind]
        for kind, method in methods.items()
        if kind in cards[kind].count_error and method.counter == default_counter(method.model, kind)
    }


def map_photograph(photograph: Photograph, diameter: RedCellDiameter, methods: Methods) -> Maps:
    """Apply the networks to a photograph, each once, whatever cell types it draws."""
    drawn = {
        name: compute_probability_maps(photograph.pixels, diameter.px, load_model(name))
        for name in dict.fromkeys(method.model for method in methods.values())
    }
    return {kind: drawn[method.model][kind] for kind, method in methods.items()}


def find_all_cells(maps: Maps, methods: Methods, photograph: Photograph) -> list[Cell]:
    """Count on each map, bring the cells to the photograph and settle which type each body is."""
    found: list[Cell] = []
    for kind, each in maps.items():
        cells = find_cells(each, methods[kind].counter, methods[kind].settings)
        n_rows, n_cols = photograph.pixels.shape[:2]
        found += to_photograph(cells, (each.mask.shape[0], each.mask.shape[1]), (n_rows, n_cols))
    return resolve_types(found)
