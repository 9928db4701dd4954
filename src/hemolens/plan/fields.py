"""What a smear is measured on before and after it is counted: all of it, or fields of it where it is too large.

A slide has thick parts, thin parts and empty glass. So the fields are those of which a middling part is stained, as
its overview shows, and the numbers of the slide are medians over them: a field that went wrong moves none of them
far. ``docs/decisions/0010-slides-are-measured-on-fields.md`` says why.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell, moved
from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.resampling import ScaledImage, scale_image
from hemolens.measurements.colours import (
    MEASURED_DIAMETER_PX,
    MeasuredColours,
    background_colour,
    join_colours,
    measure_colours,
)
from hemolens.measurements.quality import Quality, judge_measures, measure_photograph
from hemolens.measurements.scale import LARGEST_DISAGREEMENT, RedCellDiameter, estimate_red_cell_diameter
from hemolens.models.card import ModelCard
from hemolens.plan.blocks import Block
from hemolens.segmentation.classical_maps import Levels, measure_window_levels

if TYPE_CHECKING:
    from hemolens.images.region import Region

LARGEST_FIELD_PX = 36_000_000
"""A smear of no more pixels is measured on all of it."""

FIELD_SIDE_PX = 1536
N_FIELDS = 9

_STAINED = 0.85
"""A place is stained where its green light is below this share of the background's."""
_LEAST_STAINED = 0.02
"""A field of which less is stained is empty glass."""
_GREEN = 1


def choose_fields(image: SmearImage, region: Region | None = None, inside: Sequence[Box] = ()) -> list[Box]:
    """Choose where a smear is measured.

    Parameters
    ----------
    image : SmearImage
    region : Region, optional
        Fields of a large smear lie around it.
    inside : sequence of Box
        Rectangles within the field of view, where it does not fill the image.

    Returns
    -------
    list of Box
        The whole smear as the only one, or up to :data:`N_FIELDS` in reading order.

    """
    n_rows, n_cols = image.shape
    if n_rows * n_cols <= LARGEST_FIELD_PX:
        return list(inside[:N_FIELDS]) or [Box(0, 0, n_rows, n_cols)]
    fields = _grid(image, region)
    if region is not None:
        within = [field for field in fields if region.within(field).any()]
        fields = [field for field in within if region.within(field).all()] or within or fields
    shares = _stained_shares(image, fields)
    stained = [n for n in np.argsort(shares, kind="stable").tolist() if shares[n] >= _LEAST_STAINED]
    quarter = len(stained) // 4 if len(stained) >= 2 * N_FIELDS else 0
    middling = stained[quarter : len(stained) - quarter] or list(range(len(fields)))
    spread = np.linspace(0, len(middling) - 1, min(N_FIELDS, len(middling))).round().astype(int)
    return sorted(fields[middling[n]] for n in spread)


def _grid(image: SmearImage, region: Region | None) -> list[Box]:
    """Squares side by side, from the middle of the smear or of the region's bounds outwards."""
    n_rows, n_cols = image.shape
    x0, y0, x1, y1 = (0.0, 0.0, float(n_cols), float(n_rows)) if region is None else region.bounds
    rows, cols = _starts(max(0.0, y0), min(n_rows, y1), n_rows), _starts(max(0.0, x0), min(n_cols, x1), n_cols)
    height, width = min(FIELD_SIDE_PX, n_rows), min(FIELD_SIDE_PX, n_cols)
    return [Box(row, col, row + height, col + width) for row in rows for col in cols]


def _starts(low: float, high: float, length: int) -> list[int]:
    """First pixels of the squares along one axis."""
    side = min(FIELD_SIDE_PX, length)
    n_sides = max(1, int((high - low) // side))
    first = min(max(0, int((low + high - n_sides * side) / 2)), length - n_sides * side)
    return [first + n * side for n in range(n_sides)]


def _stained_shares(image: SmearImage, fields: Sequence[Box]) -> NDArray[np.float64]:
    """How much of each field is stained, 0 … 1, as the overview shows it."""
    overview = image.overview()
    dark = overview[..., _GREEN] < _STAINED * background_colour(overview)[_GREEN]
    scale = np.array(dark.shape) / np.array(image.shape)
    shares = []
    for field in fields:
        row0, col0, row1, col1 = (np.array(field) * np.tile(scale, 2)).astype(int).tolist()
        shares.append(dark[row0 : max(row0 + 1, row1), col0 : max(col0 + 1, col1)].mean())
    return np.array(shares)


def measure_diameter(image: SmearImage, fields: Sequence[Box]) -> RedCellDiameter:
    """Measure the red-cell diameter on fields of a smear.

    Parameters
    ----------
    image : SmearImage
    fields : sequence of Box
        At least one.

    Returns
    -------
    RedCellDiameter
        As :func:`hemolens.measurements.scale.estimate_red_cell_diameter` gives it; :func:`consensus` of several.

    """
    return consensus([estimate_red_cell_diameter(image.read(field)) for field in fields])


def consensus(estimates: Sequence[RedCellDiameter]) -> RedCellDiameter:
    """Join the estimates of several fields of one slide.

    Parameters
    ----------
    estimates : sequence of RedCellDiameter
        At least one.

    Returns
    -------
    RedCellDiameter
        The median weighted by confidence. Its confidence is the median over all fields, where a field that found
        nothing or disagrees by more than :data:`~hemolens.measurements.scale.LARGEST_DISAGREEMENT` counts as 0.

    Examples
    --------
    >>> consensus([RedCellDiameter(px, 0.75) for px in (40, 41, 80)])
    RedCellDiameter(px=41, confidence=0.75, origin='estimate', estimate=None, refused_um_per_px=None)

    """
    found = sorted((each for each in estimates if each.origin == "estimate"), key=lambda each: each.px)
    if not found:
        return estimates[0]
    upto = np.cumsum([each.confidence for each in found])
    middle = found[int(np.searchsorted(upto, upto[-1] / 2))].px
    agreeing = [each.confidence for each in found if abs(np.log(each.px / middle)) <= np.log(LARGEST_DISAGREEMENT)]
    votes = agreeing + [0.0] * (len(estimates) - len(agreeing))
    return replace(found[0], px=middle, confidence=float(np.median(votes)))


def measure_field_colours(image: SmearImage, fields: Sequence[Box], red_cell_diameter_px: float) -> MeasuredColours:
    """Measure the colours of a smear on fields of it.

    Parameters
    ----------
    image : SmearImage
    fields : sequence of Box
        At least one.
    red_cell_diameter_px : float
        In pixels of the image, > 0.

    Returns
    -------
    MeasuredColours
        Those of the fields, as by :func:`hemolens.measurements.colours.join_colours`.

    """
    measured_px = min(red_cell_diameter_px, MEASURED_DIAMETER_PX)
    scaled = scale_image(image, red_cell_diameter_px, measured_px)
    return join_colours([measure_colours(scaled.read(box), measured_px) for box in _scaled_fields(fields, scaled)])


def measure_field_levels(
    image: SmearImage, fields: Sequence[Box], red_cell_diameter_px: float, card: ModelCard, colours: MeasuredColours
) -> Levels:
    """Measure the levels of a segmentation without a network on fields of a smear.

    Parameters
    ----------
    image : SmearImage
    fields : sequence of Box
        At least one.
    red_cell_diameter_px : float
        In pixels of the image, > 0.
    card : ModelCard
        Of a model without a network.
    colours : MeasuredColours
        Those of the smear.

    Returns
    -------
    tuple of float
        As by :func:`hemolens.segmentation.classical_maps.measure_window_levels`.

    """
    scaled = scale_image(image, red_cell_diameter_px, card.red_cell_diameter_px)
    return measure_window_levels(scaled, _scaled_fields(fields, scaled), card, colours)


def _scaled_fields(fields: Sequence[Box], scaled: ScaledImage) -> list[Box]:
    """The fields in pixels of a scaled smear, at least one pixel large."""
    scale = np.tile(np.array(scaled.shape) / np.array(scaled.image.shape), 2)
    boxes = [np.round(np.array(field) * scale).astype(int).tolist() for field in fields]
    return [Box(row0, col0, max(row0 + 1, row1), max(col0 + 1, col1)) for row0, col0, row1, col1 in boxes]


def judge_fields(
    image: SmearImage,
    fields: Sequence[Box],
    blocks: Sequence[Block],
    diameter: RedCellDiameter,
    cells: Sequence[Cell],
    colours: MeasuredColours,
    unlocated: Collection[CellType] = (),
) -> Quality:
    """Judge whether a smear is fit to be counted, after counting it.

    Parameters
    ----------
    image : SmearImage
    fields : sequence of Box
        At least one.
    blocks : sequence of Block
        What was counted; of a field that reaches out of them, the part inside one of them is looked at.
    diameter : RedCellDiameter
        The scale that it was counted at.
    cells : sequence of Cell
        What was counted, in pixels of the smear.
    colours : MeasuredColours
        Those of the smear.
    unlocated : collection of {"rbc", "wbc", "plt"}
        Types that were counted without locating their cells.

    Returns
    -------
    Quality
        By the median over the fields of each measure.

    """
    seen = list(dict.fromkeys(part for field in fields for part in _counted_parts(field, blocks)))
    measured = []
    for part in seen or [blocks[0].own]:
        inside = [moved(cell, -part.row0, -part.col0) for cell in cells if _meet(cell.box, part)]
        measured.append(measure_photograph(image.read(part), diameter.px, inside, colours))
    measures = {name: float(np.median([each[name] for each in measured])) for name in measured[0]}
    return judge_measures(measures, diameter, cells, colours, unlocated)


def _counted_parts(field: Box, blocks: Sequence[Block]) -> list[Box]:
    """The field itself where all of it was counted, else its part in the block that holds most of it, if any."""
    parts = [common for block in blocks if (common := _common(field, block.own)) is not None]
    if sum(map(_area, parts)) == _area(field):
        return [field]
    return [max(parts, key=_area)] if parts else []


def _common(one: Box, other: Box) -> Box | None:
    both = Box(
        max(one.row0, other.row0), max(one.col0, other.col0), min(one.row1, other.row1), min(one.col1, other.col1)
    )
    return both if both.row0 < both.row1 and both.col0 < both.col1 else None


def _area(box: Box) -> int:
    return (box.row1 - box.row0) * (box.col1 - box.col0)


def _meet(one: Box, other: Box) -> bool:
    return _common(one, other) is not None
