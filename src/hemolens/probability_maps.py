"""What segmentation hands to the counters: how likely each pixel belongs to a cell, or how many cells it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import UsageError
from hemolens.images.tiles import Part


@dataclass(frozen=True, eq=False)
class ProbabilityMaps:
    """How likely each pixel belongs to a cell of one type, and to the rim of one.

    Attributes
    ----------
    cell_type : {"rbc", "wbc", "plt"}
    mask : ndarray of float32, shape (H, W)
        0 … 1: the pixel belongs to a cell of this type.
    edge : ndarray of float32, shape (H, W), or None
        0 … 1: the pixel lies on the outline of a cell. ``None`` for a network without this output.
    red_cell_diameter_px : float
        Usual red-cell diameter in pixels of these maps, > 0: the scale of every size in the counters.
    distance : ndarray of float32, shape (H, W), or None
        0 … 1: distance to the border of the cell as a share of the greatest in that cell.
    centre : ndarray of float32, shape (H, W), or None
        0 … 1: high on the middle of a cell.
    part : Part or None
        Where these maps lie in those of the whole photograph; None where they are of the whole.

    """

    cell_type: CellType
    mask: NDArray[np.float32]
    edge: NDArray[np.float32] | None
    red_cell_diameter_px: float
    distance: NDArray[np.float32] | None = None
    centre: NDArray[np.float32] | None = None
    part: Part | None = None


@dataclass(frozen=True, eq=False)
class DensityMap:
    """How many cells of one type there are, without saying where each of them is.

    Attributes
    ----------
    cell_type : {"rbc", "wbc", "plt"}
    density : ndarray of float32, shape (H, W)
        Cells per pixel: the sum over an area is the number of cells whose centre lies in it.
    red_cell_diameter_px : float
        Usual red-cell diameter in pixels of the map, > 0.
    part : Part or None
        Where the map lies in that of the whole photograph; None where it is of the whole.

    """

    cell_type: CellType
    density: NDArray[np.float32]
    red_cell_diameter_px: float
    part: Part | None = None


CellMaps = ProbabilityMaps | DensityMap
"""What a model draws of one cell type."""


def average_maps(maps: Sequence[ProbabilityMaps]) -> ProbabilityMaps:
    """Average the maps that several networks made of one photograph, each counting alike.

    Parameters
    ----------
    maps : sequence of ProbabilityMaps
        At least one; all of one cell type, shape and red-cell diameter.

    Returns
    -------
    ProbabilityMaps
        The mean mask; the mean edge of those that have one, ``None`` when none has.

    Raises
    ------
    UsageError
        If there are no maps, or they are not of the same photograph at the same scale.

    Examples
    --------
    >>> sure, unsure = (ProbabilityMaps("wbc", np.full((1, 2), p, np.float32), None, 48) for p in (1, 0.5))
    >>> average_maps([sure, unsure]).mask.tolist()
    [[0.75, 0.75]]

    """
    kinds = {(each.cell_type, each.mask.shape, each.red_cell_diameter_px) for each in maps}
    if len(kinds) != 1:
        raise UsageError(
            "maps that cannot be averaged",
            came=" and ".join(f"{kind} {shape} at {px:g} px" for kind, shape, px in sorted(kinds)) or "no maps",
            allowed="one or more of the same cell type, shape and red-cell diameter",
            do="average maps of one photograph, made by networks that work at one scale",
        )
    edges = [each.edge for each in maps if each.edge is not None]
    mask = _mean([each.mask for each in maps])
    return ProbabilityMaps(maps[0].cell_type, mask, _mean(edges) if edges else None, maps[0].red_cell_diameter_px)


def _mean(pictures: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.asarray(np.mean(pictures, axis=0, dtype=np.float64), np.float32)
