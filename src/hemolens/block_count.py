"""What one block of an image adds to it: blocks may be counted in any order, and anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, from_window, resolve_types, to_photograph
from hemolens.cells.counters import count_pixels, find_cells
from hemolens.differential.classifier import classify_cells, load_classifier
from hemolens.images.box import Box
from hemolens.images.resampling import ScaledImage, scale_image
from hemolens.images.tiles import Part
from hemolens.measurements.red_cells import measure_red_cells
from hemolens.models.method import Method
from hemolens.plan.blocks import Block, scaled_window
from hemolens.plan.plan import Plan
from hemolens.probability_maps import CellMaps, DensityMap
from hemolens.segmentation.classical_maps import compute_classical_maps
from hemolens.segmentation.network_maps import compute_window_maps, load_model, window_step


class BlockCount(NamedTuple):
    """What a block adds to its image: cells, and of types whose cells are not located only how many there are."""

    cells: list[Cell]
    unlocated: dict[CellType, float]


def count_block(plan: Plan, block: Block) -> BlockCount:
    """Find the cells whose centre lies in a block, in pixels of the image."""
    maps = compute_maps(plan, block.window)
    among = resolve_types(block.possible(find_bodies(plan, maps)))
    return BlockCount(classify(plan, measure_shapes(plan, block, among)), sum_densities(plan, block, maps))


def compute_maps(plan: Plan, window: Box) -> dict[CellType, CellMaps]:
    """Draw the maps of a window of the image, with each model once, whatever cell types it draws."""
    image, drawn = plan.counted_image, {}
    for method in {each.model: each for each in plan.methods.values()}.values():
        scaled = scale_image(image, plan.diameter.px, method.card.red_cell_diameter_px)
        place = scaled_window(window, image.shape, scaled.shape, window_step(method.card))
        drawn[method.model] = _draw_window(plan, method, scaled, place)
    return {kind: drawn[method.model][kind] for kind, method in plan.methods.items()}


def _draw_window(plan: Plan, method: Method, scaled: ScaledImage, window: Box) -> dict[CellType, CellMaps]:
    """Draw the maps of a window of the scaled image as the card of a model says: with its network, or without one."""
    diameter_px, colours = plan.diameter.px, plan.colours
    if method.card.segmentation:
        levels = plan.levels[method.model]
        return compute_classical_maps(
            scaled, window, method.card, levels, red_cell_diameter_px=diameter_px, measured=colours
        )
    model = load_model(method.model, method.card.sha256)
    return compute_window_maps(scaled, window, model, red_cell_diameter_px=diameter_px, measured=colours)


def find_bodies(plan: Plan, maps: Mapping[CellType, CellMaps]) -> list[Cell]:
    """Count on each map and bring the cells to the image; a body may still be of several types."""
    found: list[Cell] = []
    for kind, each in maps.items():
        if isinstance(each, DensityMap):
            continue
        cells = find_cells(each, plan.methods[kind].counter, plan.methods[kind].settings)
        part = each.part or Part(0, 0, (each.mask.shape[0], each.mask.shape[1]))
        found += to_photograph(from_window(cells, part.row, part.col, part.of), part.of, plan.image.shape)
    return found


def sum_densities(plan: Plan, block: Block, maps: Mapping[CellType, CellMaps]) -> dict[CellType, float]:
    """Say how many cells a block has of each type that is counted without locating them; all blocks add up."""
    sums: dict[CellType, float] = {}
    for kind, each in maps.items():
        if isinstance(each, DensityMap):
            shape = (each.density.shape[0], each.density.shape[1])
            own = block.pixels_of_map(shape, each.part or Part(0, 0, shape), plan.image.shape, plan.region)
            method = plan.methods[kind]
            sums[kind] = float(count_pixels(each, method.counter, method.settings)[own].sum())
    return sums


def classify(plan: Plan, cells: list[Cell]) -> list[Cell]:
    """Name the class of each white cell, where the options name a classifier."""
    options = plan.options
    if options.classifier is None or options.classifier_card is None:
        return cells
    return classify_cells(
        plan.counted_image,
        cells,
        load_classifier(options.classifier, options.classifier_card.sha256),
        red_cell_diameter_px=plan.diameter.px,
        measured=plan.colours,
    )


def measure_shapes(plan: Plan, block: Block, among: Sequence[Cell]) -> list[Cell]:
    """Choose the cells of a block among those of its window, and measure its red cells where the options say so."""
    cells = block.owned(among)
    if not plan.options.red_cell_shapes:
        return cells
    return measure_red_cells(cells, among, plan.counted_image.read(block.window), block.window, plan.colours)
