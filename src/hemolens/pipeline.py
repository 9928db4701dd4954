"""The whole path of an image, on one screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import chain

from hemolens.block_count import BlockCount, count_block
from hemolens.cells.cell import in_reading_order
from hemolens.differential.classifier import withhold_classes
from hemolens.images.image import SmearImage
from hemolens.options import CountOptions
from hemolens.plan.fields import judge_fields
from hemolens.plan.plan import Plan, make_plan
from hemolens.result import Result
from hemolens.statistics.counts import count_cells

CountBlocks = Callable[[Plan], Sequence[BlockCount]]
"""Gives what each block of a plan adds, in pixels of the image."""


def count_blocks(plan: Plan) -> list[BlockCount]:
    """Count the blocks of a plan here, one after the other."""
    return [count_block(plan, block) for block in plan.blocks]


def count_image(
    image: SmearImage, options: CountOptions | None = None, count_blocks: CountBlocks = count_blocks
) -> Result:
    """Count the red cells, white cells and platelets of one photograph or slide.

    image → plan (scale, colours, blocks) → probability maps → cells → classes and shapes → counts → quality

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


def conclude(plan: Plan, by_block: Sequence[BlockCount], started: float) -> Result:
    """Put the cells of all blocks together, and judge the image by them."""
    found = in_reading_order(list(chain.from_iterable(own.cells for own in by_block)))
    kinds = [kind for kind, method in plan.methods.items() if not method.locates_cells]
    unlocated = {kind: round(sum(own.unlocated[kind] for own in by_block)) for kind in kinds}
    cells, region = found, plan.region
    if region is not None:
        reaching = [block.in_region(own.cells, region) for block, own in zip(plan.blocks, by_block, strict=True)]
        cells = in_reading_order(list(chain.from_iterable(reaching)))
    if plan.field_of_view is not None:
        cells = plan.field_of_view.settle_cut(cells, plan.diameter.px)
    quality = judge_fields(plan.image, plan.fields, plan.blocks, plan.diameter, found, plan.colours, kinds)
    if not quality.colours_are_natural:
        cells = withhold_classes(cells)
    return Result(
        image=plan.image,
        options=plan.options,
        methods=plan.methods,
        field_of_view=plan.field_of_view,
        region=region,
        cells=cells,
        counts=count_cells(cells, unlocated),
        red_cell_diameter=plan.diameter,
        colours=plan.colours,
        quality=quality,
        seconds=time.perf_counter() - started,
    )
