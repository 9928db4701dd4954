"""Peaks of what the one-pass network draws: its own picture of where cells are apart.

The network draws, beside the mask, how deep a pixel lies in its cell and where the middles of cells are. The sum of
these, less the edge, is a relief with one hill for a cell, in piles too; every hill that stands out is a cell. Of a
type that the network draws only as a mask, the mask is the relief.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.cells.cell import Cell, cells_from_labels
from hemolens.cells.counters.flooding import flood_from, flood_shared
from hemolens.cells.counters.source import (
    BodySettings,
    Diameters,
    Discs,
    Probability,
    fill_mask,
    large_and_sure,
    red_cell_disc_px,
)
from hemolens.cells.counters.watershed import find_seeds, merge_shallow
from hemolens.errors import UsageError
from hemolens.probability_maps import ProbabilityMaps


class PeaksSettings(BodySettings):
    """Settings of :func:`find_cells`."""

    centre_weight: float = Field(default=1.0, ge=0, le=10, description="share of the centres in the relief")
    distance_weight: float = Field(default=1.0, ge=0, le=10, description="share of the depth in the relief")
    mask_weight: float = Field(default=0.0, ge=0, le=10, description="share of the mask in the relief")
    edge_weight: float = Field(default=0.0, ge=0, le=10, description="how much the edge lowers the relief")
    smoothing: Diameters = Field(default=0.0, description="sigma of the blur of the relief")
    min_height: Probability = Field(default=0.3, description="a peak is at least this high")
    min_distance: Diameters = Field(default=0.2, description="of peaks closer than this, only the highest stays")
    min_depth: Probability = Field(
        default=0.1, description="two cells are one unless the pass between their peaks is this much lower than both"
    )
    large_area: Discs = Field(
        default=100, description="two hills that together are larger than this are two cells more readily"
    )
    large_depth: Probability = Field(default=0.0, description="value of min_depth for them")


def find_cells(maps: ProbabilityMaps, settings: PeaksSettings) -> list[Cell]:
    """Count the hills of the relief within the mask.

    Parameters
    ----------
    maps : ProbabilityMaps
    settings : PeaksSettings

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found.

    Raises
    ------
    UsageError
        When the maps have nothing that the settings ask for.

    Examples
    --------
    >>> mask = np.ones((9, 20), np.float32)
    >>> col = np.arange(20)
    >>> hills = np.maximum(1 - np.abs(col - 4) / 8, 1 - np.abs(col - 15) / 8)
    >>> centre = np.tile(hills.astype(np.float32), (9, 1))
    >>> maps = ProbabilityMaps("rbc", mask, None, red_cell_diameter_px=9, centre=centre)
    >>> [(cell.row, cell.area_px) for cell in find_cells(maps, PeaksSettings(distance_weight=0))]
    [(4.0, 90.0), (4.0, 90.0)]

    """
    body = fill_mask(maps, settings) > settings.body_threshold
    height = np.where(body, relief(maps, settings), np.float32(0))
    reach_px = settings.min_distance * maps.red_cell_diameter_px
    seeds = find_seeds(height, min_height=settings.min_height, reach_px=reach_px)
    hills = merge_shallow(
        flood_shared(flood_from, height, seeds, body),
        height,
        settings.min_depth,
        large_px=settings.large_area * red_cell_disc_px(maps),
        large_depth=settings.large_depth,
    )
    cells = cells_from_labels(hills, cell_type=maps.cell_type, score_map=maps.mask)
    return large_and_sure(cells, maps, settings)


def relief(maps: ProbabilityMaps, settings: PeaksSettings) -> NDArray[np.float32]:
    """Weighted mean of distance, centres and mask less the weighted edge, blurred; at most 1, float32, shape (H, W)."""
    import cv2

    total = np.float32(settings.mask_weight) * maps.mask
    for name, weight in (("centre", settings.centre_weight), ("distance", settings.distance_weight)):
        picture = getattr(maps, name)
        if weight and picture is None:
            raise UsageError(
                f"no {name} map of {maps.cell_type} to count with",
                came=f"a model without it, and {name}_weight {weight:g}",
                allowed="a model that predicts it, or a weight of 0",
                do="choose another counter",
            )
        if weight:
            total += np.float32(weight) * picture
    total /= max(settings.centre_weight + settings.distance_weight + settings.mask_weight, 1e-6)
    if settings.edge_weight and maps.edge is not None:
        total -= np.float32(settings.edge_weight) * maps.edge
    if settings.smoothing > 0:
        sigma = settings.smoothing * maps.red_cell_diameter_px
        total = np.asarray(cv2.GaussianBlur(total, (0, 0), sigma), np.float32)
    # Steps of 1/4096: heights that are equal but for rounding errors must stay equal when the picture is turned.
    # Below 0 it goes on falling: on level ground a pixel would not know where to flow.
    return np.asarray(np.round(np.minimum(total, 1) * 4096) / 4096, np.float32)
