"""Connected component labelling: a cell is a connected core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.cells.cell import Cell, cells_from_labels
from hemolens.cells.counters.source import (
    CoreSettings,
    Discs,
    Probability,
    find_cores,
    grow_back,
    large_and_sure,
    read_inside,
    red_cell_disc_px,
)
from hemolens.probability_maps import ProbabilityMaps

STEP = 0.1
"""Thresholds lie this far apart."""


class ConnectedComponentsSettings(CoreSettings):
    """Settings of :func:`find_cells`."""

    min_core_area: Discs = Field(default=0.0, description="smaller cores are given to their neighbours")
    highest_threshold: Probability = Field(
        default=0.0, description="a core that falls into several of that size below this threshold is several cells"
    )


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

    Notes
    -----
    Where cells overlap, the edge between them may be faint, and one threshold cannot suit all. So the threshold
    rises in steps to ``highest_threshold``, and a core that falls into several large ones on the way is replaced
    by them (components of a threshold decomposition; Jones, Comput. Vis. Image Underst. 75(3), 1999).

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
    core, body = find_cores(maps, settings)
    smallest_px = settings.min_core_area * red_cell_disc_px(maps)
    cores = _large_components(core, smallest_px)
    picture = read_inside(maps, settings)
    for threshold in np.arange(settings.threshold + STEP, settings.highest_threshold + STEP / 2, STEP):
        cores = _fall_apart(cores, _large_components((picture > threshold) & core, smallest_px))
    whole = grow_back(cores, body, maps, settings)
    cells = cells_from_labels(whole, cell_type=maps.cell_type, score_map=maps.mask)
    return large_and_sure(cells, maps, settings)


def _large_components(picture: NDArray[np.bool_], smallest_px: float) -> NDArray[np.int32]:
    """Number the connected regions of at least so many pixels from 1; int32, shape (H, W), 0 elsewhere."""
    import cv2

    _, labels, stats, _ = cv2.connectedComponentsWithStats(picture.astype(np.uint8), connectivity=4)
    is_large = stats[:, cv2.CC_STAT_AREA] >= smallest_px
    is_large[0] = False  # the background is the first component, and never a cell
    numbers = np.where(is_large, np.cumsum(is_large), 0).astype(np.int32)
    return np.asarray(numbers[labels])


def _fall_apart(cores: NDArray[np.int32], parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Replace every core that holds several parts by these.

    Parameters
    ----------
    cores, parts : ndarray of int32, shape (H, W)
        Numbered from 1, 0 elsewhere; no part reaches beyond its core.

    """
    holder = np.zeros(int(parts.max(initial=0)) + 1, np.int32)
    holder[parts.ravel()] = cores.ravel()
    falls = np.bincount(holder[1:], minlength=int(cores.max(initial=0)) + 1) > 1
    falls[0] = False
    numbers = np.where(falls[holder], np.arange(len(holder)) + len(falls), 0)
    numbers[0] = 0
    return np.where(falls[cores], numbers[parts], cores).astype(np.int32)
