"""Connected component labelling: a cell is a connected core."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from hemolens.cells import Cell, cells_from_labels
from hemolens.counters.source import (
    CoreSettings,
    Discs,
    find_cores,
    grow_back,
    large_and_sure,
    red_cell_disc_px,
)
from hemolens.probability_maps import ProbabilityMaps


class ConnectedComponentsSettings(CoreSettings):
    """Settings of :func:`find_cells`."""

    min_core_area: Discs = Field(default=0.0, description="smaller cores are given to their neighbours")


def find_cells(maps: ProbabilityMaps, settings: ConnectedComponentsSettings) -> list[Cell]:
    """Count every connected core as a cell.

    Parameters
    ----------
    maps : ProbabilityMaps
    settings : ConnectedComponentsSettings

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found. Cores are connected through
        their four sides, so that an edge one pixel wide separates them on a diagonal, too.

    Raises
    ------
    UsageError
        When the settings ask for an edge that the maps do not have.

    Examples
    --------
    >>> mask = np.float32([[1, 1, 0, 0], [1, 1, 0, 1]])
    >>> maps = ProbabilityMaps("plt", mask, edge=None, red_cell_diameter_px=10)
    >>> len(find_cells(maps, ConnectedComponentsSettings()))
    2

    """
    import cv2

    core, body = find_cores(maps, settings)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(core.astype(np.uint8), connectivity=4)
    is_cell = stats[:, cv2.CC_STAT_AREA] >= settings.min_core_area * red_cell_disc_px(maps)
    is_cell[0] = False  # the background is the first component, and never a cell
    cores = np.where(is_cell[labels], labels, 0).astype(np.int32)
    whole = grow_back(cores, body, maps, settings)
    cells = cells_from_labels(whole, cell_type=maps.cell_type, score_map=maps.mask)
    return large_and_sure(cells, maps, settings)
