"""The whole path of a photograph, on one screen."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, from_window, in_reading_order, resolve_types, to_photograph
from hemolens.cells.counters import default_counter, find_cells, settings_for
from hemolens.cells.counters.source import CounterSettings
from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.resampling import scale_image
from hemolens.images.tiles import Part
from hemolens.measurements.colours import MeasuredColours, StandardColours
from hemolens.measurements.scale import RedCellDiameter, check_given_scale, set_ruler
from hemolens.models import DEFAULT_MODELS
from hemolens.plan.blocks import Block, plan_blocks, scaled_window
from hemolens.plan.fields import choose_fields, judge_fields, measure_diameter, measure_field_colours
from hemolens.probability_maps import ProbabilityMaps
from hemolens.result import Result
from hemolens.segmentation.network_maps import compute_window_maps, load_model, window_step
from hemolens.statistics.counts import count_cells
from hemolens.statistics.uncertainty import CountError

if TYPE_CHECKING:
    from hemolens.images.region import Region

Maps = Mapping[CellType, ProbabilityMaps]


@dataclass(frozen=True)
class Method:
    """How a cell type is counted: the model that draws it, the counter that reads the maps, and its settings."""

    model: str
    counter: str
    settings: CounterSettings


Methods = Mapping[CellType, Method]


def count_photograph(
    photograph: SmearImage,
    *,
    counter: str = "auto",
    diameter_px: float | None = None,
    um_per_px: float | None = None,
    region: Region | None = None,
) -> Result:
    """Count the red cells, white cells and platelets of one photograph or slide.

    photograph → scale → blocks → tiles → networks → probability maps → counters → cells → counts → quality

    Parameters
    ----------
    photograph : SmearImage
    counter : str, optional
        Name of a counter for all three types, or ``"auto"``: for each type the one that measured best.
    diameter_px, um_per_px : float or None
        Diameter of a usual red cell in pixels, 15 to 500, or µm per pixel, 0.015 to 0.5, in place of the estimate;
        only one of the two.
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
    fields = choose_fields(photograph, region)
    estimate = measure_diameter(photograph, fields)
    diameter = set_ruler(estimate, diameter_px=diameter_px, um_per_px=um_per_px, file_um_per_px=photograph.um_per_px)
    blocks = plan_blocks(photograph.shape, diameter.px, region)
    colours = measure_field_colours(photograph, fields, diameter.px)
    by_block = [count_block(photograph, block, diameter, methods, colours) for block in blocks]
    found = in_reading_order(list(chain.from_iterable(by_block)))
    cells = found if region is None else reaching_into(region, blocks, by_block)
    return Result(
        photograph=photograph,
        cells=cells,
        counts=count_cells(cells),
        red_cell_diameter=diameter,
        quality=judge_fields(photograph, fields, blocks, diameter, found, colours),
        counters={kind: method.counter for kind, method in methods.items()},
        settings={kind: method.settings for kind, method in methods.items()},
        models={kind: load_model(method.model).card.sha256 for kind, method in methods.items()},
        seconds=time.perf_counter() - started,
        region=region,
        count_errors=count_errors(methods),
        colours=colours,
        standards=standard_colours(methods),
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


def standard_colours(methods: Methods) -> dict[CellType, StandardColours]:
    """Look up what the colours are brought to for each cell type, where its model asks for it."""
    cards = {kind: load_model(method.model).card for kind, method in methods.items()}
    return {kind: card.colours for kind, card in cards.items() if card.colours is not None}


def reaching_into(region: Region, blocks: Sequence[Block], by_block: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Choose the cells of which a part lies in a region, in reading order; it is drawn block by block."""
    chosen = (block.in_region(own, region) for block, own in zip(blocks, by_block, strict=True))
    return in_reading_order(list(chain.from_iterable(chosen)))


def count_block(
    photograph: SmearImage,
    block: Block,
    diameter: RedCellDiameter,
    methods: Methods,
    colours: MeasuredColours | None = None,
) -> list[Cell]:
    """Find the cells whose centre lies in a block, in pixels of the photograph."""
    return find_own_cells(
        map_photograph(photograph, diameter, methods, block.window, colours), methods, photograph, block
    )


def map_photograph(
    photograph: SmearImage,
    diameter: RedCellDiameter,
    methods: Methods,
    window: Box | None = None,
    colours: MeasuredColours | None = None,
) -> Maps:
    """Apply the networks to a window of a photograph or all of it, each once, whatever cell types it draws."""
    drawn = {}
    for name in dict.fromkeys(method.model for method in methods.values()):
        model = load_model(name)
        scaled = scale_image(photograph, diameter.px, model.card.red_cell_diameter_px)
        place = scaled.whole
        if window is not None:
            place = scaled_window(window, photograph.shape, scaled.shape, window_step(model.card))
        drawn[name] = compute_window_maps(scaled, place, model, red_cell_diameter_px=diameter.px, measured=colours)
    return {kind: drawn[method.model][kind] for kind, method in methods.items()}


def find_all_cells(maps: Maps, methods: Methods, photograph: SmearImage) -> list[Cell]:
    """Count on each map, bring the cells to the photograph and settle which type each body is."""
    return resolve_types(find_bodies(maps, methods, photograph))


def find_own_cells(maps: Maps, methods: Methods, photograph: SmearImage, block: Block) -> list[Cell]:
    """Find all cells in the window of a block, and keep those that belong to the block."""
    return block.owned(resolve_types(block.possible(find_bodies(maps, methods, photograph))))


def find_bodies(maps: Maps, methods: Methods, photograph: SmearImage) -> list[Cell]:
    """Count on each map and bring the cells to the photograph; a body may still be of several types."""
    found: list[Cell] = []
    for kind, each in maps.items():
        cells = find_cells(each, methods[kind].counter, methods[kind].settings)
        part = each.part or Part(0, 0, (each.mask.shape[0], each.mask.shape[1]))
        found += to_photograph(from_window(cells, part.row, part.col, part.of), part.of, photograph.shape)
    return found
