"""The whole path of an image, on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, from_window, in_reading_order, resolve_types, to_photograph
from hemolens.cells.counters import find_cells
from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.resampling import ScaledImage, scale_image
from hemolens.images.tiles import Part
from hemolens.models.method import Method
from hemolens.options import CountOptions
from hemolens.plan.blocks import Block, scaled_window
from hemolens.plan.fields import judge_fields
from hemolens.plan.plan import Plan, make_plan
from hemolens.probability_maps import ProbabilityMaps
from hemolens.result import Result
from hemolens.segmentation.classical_maps import compute_classical_maps
from hemolens.segmentation.network_maps import compute_window_maps, load_model, window_step
from hemolens.statistics.counts import count_cells

CountBlocks = Callable[[Plan], Sequence[Sequence[Cell]]]
"""Gives the cells of each block of a plan, in pixels of the image."""


def count_blocks(plan: Plan) -> list[list[Cell]]:
    """Count the blocks of a plan here, one after the other."""
    return [count_block(plan, block) for block in plan.blocks]


def count_image(
    image: SmearImage, options: CountOptions | None = None, count_blocks: CountBlocks = count_blocks
) -> Result:
    """Count the red cells, white cells and platelets of one photograph or slide.

    image → plan (scale, colours, blocks) → probability maps → cells → counts → quality

    Parameters
    ----------
    image : SmearImage
    options : CountOptions, optional
        The default ones, if not given.
    count_blocks : callable, optional
        Counts the blocks somewhere else than in this process.

    Returns
    -------
    Result

    Raises
    ------
    ModelError
        If the trained weights are missing or damaged.
    PhotographError
        If the region holds no pixel of the image.
    """
    started = time.perf_counter()
    plan = make_plan(image, options or CountOptions())
    return conclude(plan, count_blocks(plan), started)


def count_block(plan: Plan, block: Block) -> list[Cell]:
    """Find the cells whose centre lies in a block, in pixels of the image; blocks may be counted in any order."""
    bodies = find_bodies(plan, compute_maps(plan, block.window))
    return block.owned(resolve_types(block.possible(bodies)))


def compute_maps(plan: Plan, window: Box) -> dict[CellType, ProbabilityMaps]:
    """Draw the maps of a window of the image, with each model once, whatever cell types it draws."""
    image, drawn = plan.counted_image, {}
    for method in {each.model: each for each in plan.methods.values()}.values():
        scaled = scale_image(image, plan.diameter.px, method.card.red_cell_diameter_px)
        place = scaled_window(window, image.shape, scaled.shape, window_step(method.card))
        drawn[method.model] = _draw_window(plan, method, scaled, place)
    return {kind: drawn[method.model][kind] for kind, method in plan.methods.items()}


def _draw_window(plan: Plan, method: Method, scaled: ScaledImage, window: Box) -> dict[CellType, ProbabilityMaps]:
    """Draw the maps of a window of the scaled image as the card of a model says: with its network, or without one."""
    diameter_px, colours = plan.diameter.px, plan.colours
    if method.card.segmentation:
        levels = plan.levels[method.model]
        return compute_classical_maps(
            scaled, window, method.card, levels, red_cell_diameter_px=diameter_px, measured=colours
        )
    model = load_model(method.model, method.card.sha256)
    return compute_window_maps(scaled, window, model, red_cell_diameter_px=diameter_px, measured=colours)


def find_bodies(plan: Plan, maps: Mapping[CellType, ProbabilityMaps]) -> list[Cell]:
    """Count on each map and bring the cells to the image; a body may still be of several types."""
    found: list[Cell] = []
    for kind, each in maps.items():
        cells = find_cells(each, plan.methods[kind].counter, plan.methods[kind].settings)
        part = each.part or Part(0, 0, (each.mask.shape[0], each.mask.shape[1]))
        found += to_photograph(from_window(cells, part.row, part.col, part.of), part.of, plan.image.shape)
    return found


def conclude(plan: Plan, by_block: Sequence[Sequence[Cell]], started: float) -> Result:
    """Put the cells of all blocks together, and judge the image by them."""
    found = in_reading_order(list(chain.from_iterable(by_block)))
    cells, region = found, plan.region
    if region is not None:
        reaching = [block.in_region(own, region) for block, own in zip(plan.blocks, by_block, strict=True)]
        cells = in_reading_order(list(chain.from_iterable(reaching)))
    if plan.field_of_view is not None:
        cells = plan.field_of_view.settle_cut(cells, plan.diameter.px)
    return Result(
        image=plan.image,
        options=plan.options,
        methods=plan.methods,
        field_of_view=plan.field_of_view,
        region=region,
        cells=cells,
        counts=count_cells(cells),
        red_cell_diameter=plan.diameter,
        colours=plan.colours,
        quality=judge_fields(plan.image, plan.fields, plan.blocks, plan.diameter, found, plan.colours),
        seconds=time.perf_counter() - started,
    )
