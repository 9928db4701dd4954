"""Watershed on the distance transform, seeded by its local maxima.

The paper takes the Euclidean distance and says that its reference [10] applies four metrics: Tran, Binh Minh, Lee,
Kwon, 'Blood Cell Count Using Deep Learning Semantic Segmentation', Preprints 2019, 2019090075,
https://doi.org/10.20944/preprints201909.0075.v1. The four here are those of ``bwdist`` in MATLAB; the abstract of [10]
names the Euclidean one only.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.cells.cell import Cell, cells_from_labels
from hemolens.cells.counters.flooding import flood_from, flood_shared, passes_between
from hemolens.cells.counters.source import CoreSettings, Diameters, find_cores, grow_back, large_and_sure
from hemolens.cells.near_pairs import near_pairs
from hemolens.probability_maps import ProbabilityMaps

Metric = Literal["euclidean", "city-block", "chessboard", "quasi-euclidean"]
"""How long a way is: straight; by steps to the side; by steps to the side or corner, each 1; corners √2 instead."""


class WatershedSettings(CoreSettings):
    """Settings of :func:`find_cells`; heights of the distance transform, too, are in red-cell diameters."""

    metric: Metric = Field(default="euclidean", description="how the distance to the outside of a core is measured")
    smoothing: Diameters = Field(default=0.0, description="sigma of the blur of the distance transform")
    min_height: Diameters = Field(default=0.0, description="a maximum must lie this far inside its core")
    min_distance: Diameters = Field(default=0.25, description="of maxima closer than this, only the highest stays")
    min_depth: Diameters = Field(
        default=0.0, description="two cells are one unless the waist between them is this much lower than both"
    )


def find_cells(maps: ProbabilityMaps, settings: WatershedSettings) -> list[Cell]:
    """Count the hills of the distance transform.

    Parameters
    ----------
    maps : ProbabilityMaps
    settings : WatershedSettings

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found.

    Raises
    ------
    UsageError
        When the settings ask for an edge that the maps do not have.

    Notes
    -----
    1. Distance of every core pixel to the next pixel outside the core, blurred.
    2. Its local maxima, without those close to a higher one.
    3. Watershed from these maxima within the cores.
    4. Neighbours merge when the pass between them is nearly as high as the lower summit.
    5. The cores grow back over the whole cells.

    Examples
    --------
    >>> row, col = np.mgrid[:20, :34]
    >>> two_discs = np.minimum(np.hypot(row - 10, col - 10), np.hypot(row - 10, col - 23)) < 8
    >>> maps = ProbabilityMaps("rbc", two_discs.astype(np.float32), edge=None, red_cell_diameter_px=16)
    >>> [(round(cell.row), round(cell.col)) for cell in find_cells(maps, WatershedSettings())]
    [(10, 10), (10, 23)]

    """
    core, body = find_cores(maps, settings)
    height = _height(core, maps.red_cell_diameter_px, settings)
    diameter = maps.red_cell_diameter_px
    seeds = find_seeds(height, min_height=settings.min_height * diameter, reach_px=settings.min_distance * diameter)
    hills = flood_shared(flood_from, height, seeds, core)
    hills = merge_shallow(hills, height, settings.min_depth * diameter)
    whole = grow_back(hills, body, maps, settings)
    cells = cells_from_labels(whole, cell_type=maps.cell_type, score_map=maps.mask)
    return large_and_sure(cells, maps, settings)


def _height(core: NDArray[np.bool_], diameter_px: float, settings: WatershedSettings) -> NDArray[np.float32]:
    """Blurred distance to the outside in pixels, 0 outside the cores; float32, shape (H, W)."""
    import cv2

    height = distance_to_outside(core, settings.metric)
    if settings.smoothing > 0:
        height = np.asarray(cv2.GaussianBlur(height, (0, 0), settings.smoothing * diameter_px), np.float32)
    # Steps of 1/256 px: heights that are equal but for rounding errors must stay equal when the picture is turned.
    return np.where(core, np.round(height * 256) / 256, 0).astype(np.float32)


def distance_to_outside(core: NDArray[np.bool_], metric: Metric = "euclidean") -> NDArray[np.float32]:
    """Distance of every core pixel to the next pixel outside; the frame is not an outside.

    Parameters
    ----------
    core : ndarray of bool, shape (H, W)
    metric : {"euclidean", "city-block", "chessboard", "quasi-euclidean"}
        For a way of ``a`` rows and ``b`` columns: √(a² + b²); a + b; the larger of the two; the larger plus
        (√2 − 1) times the smaller. The last takes four times as long as the first.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In pixels, 0 outside, at most the longer side of the picture; that is what it is without any outside.

    Examples
    --------
    >>> core = np.ones((3, 4), bool)
    >>> core[0, 1] = False
    >>> distance_to_outside(core, "city-block").astype(int).tolist()
    [[1, 0, 1, 2], [2, 1, 2, 3], [3, 2, 3, 4]]

    """
    import cv2

    if metric == "quasi-euclidean":
        distance = _octile_distance(core)
    else:
        kind, size = {
            "euclidean": (cv2.DIST_L2, cv2.DIST_MASK_PRECISE),
            "city-block": (cv2.DIST_L1, cv2.DIST_MASK_3),  # exact, since every way is made of such steps
            "chessboard": (cv2.DIST_C, cv2.DIST_MASK_3),
        }[metric]
        distance = np.asarray(cv2.distanceTransform(core.astype(np.uint8), kind, size), np.float32)
    return np.minimum(distance, np.float32(max(core.shape)))  # without any outside, the distance is infinite


def _octile_distance(core: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Length of the shortest way out in steps to the side (1) and to the corner (√2).

    One sweep down and one up find it, since the steps of a way may be taken in any order: first those along the row
    that it begins in, then the others (G. Borgefors, Comput. Vis. Graph. Image Process. 34, 1986, 344-371).
    """
    distance = np.where(core, np.inf, 0.0)
    col = np.arange(core.shape[1])
    for rows in (distance, distance[::-1]):
        before = np.full(core.shape[1] + 2, np.inf)
        for row in rows:
            np.minimum(row, before[1:-1] + 1, out=row)
            np.minimum(row, np.minimum(before[:-2], before[2:]) + math.sqrt(2), out=row)
            np.minimum(row, np.minimum.accumulate(row - col) + col, out=row)
            np.minimum(row, np.minimum.accumulate((row + col)[::-1])[::-1] - col, out=row)
            before[1:-1] = row
    return distance.astype(np.float32)


def find_seeds(height: NDArray[np.float32], *, min_height: float, reach_px: float) -> NDArray[np.int32]:
    """Number the local maxima of at least ``min_height`` from 1; int32, shape (H, W), 0 elsewhere.

    Of two maxima closer than ``reach_px`` the lower one goes, whether or not the higher one stays;
    equal ones become one seed. So the outcome does not depend on the order in which they are visited.
    """
    import cv2

    half = max(1, int(reach_px / 2**0.5))  # the square inside the circle: cheap, and leaves few to compare
    highest = cv2.dilate(height, np.ones((2 * half + 1, 2 * half + 1), np.uint8))
    is_top = (height == highest) & (height > 0) & (height >= min_height)
    n_tops, tops = cv2.connectedComponents(is_top.astype(np.uint8), connectivity=8)
    rows, cols = np.nonzero(is_top)
    top_of = tops[rows, cols]
    summit = np.zeros(n_tops, np.float32)
    summit[top_of] = height[rows, cols]
    n_pixels, *sums = (np.bincount(top_of, weight, n_tops)[1:] for weight in (None, cols, rows))

    first, second = near_pairs(np.column_stack(sums) / n_pixels[:, None], reach_px) + 1
    stays = np.ones(n_tops, bool)
    stays[0] = False
    stays[first[summit[first] < summit[second]]] = False
    stays[second[summit[second] < summit[first]]] = False
    equal = (summit[first] == summit[second]) & stays[first] & stays[second]
    group = np.arange(n_tops)
    while np.any(group[first[equal]] != group[second[equal]]):
        np.minimum.at(group, first[equal], group[second[equal]])
        np.minimum.at(group, second[equal], group[first[equal]])
    seeds = np.zeros(height.shape, np.int32)
    seeds[rows, cols] = np.where(stays, group, 0)[top_of]
    return seeds


def merge_shallow(
    hills: NDArray[np.int32],
    height: NDArray[np.float32],
    min_depth: float,
    *,
    large_px: float = math.inf,
    large_depth: float = 0.0,
) -> NDArray[np.int32]:
    """Merge neighbouring hills unless the pass between them is ``min_depth`` lower than both summits.

    Parameters
    ----------
    hills : ndarray of int32, shape (H, W)
    height : ndarray of float32, shape (H, W)
    min_depth : float
    large_px, large_depth : float
        Where both together have more pixels than ``large_px``, a pass that is ``large_depth`` lower is enough: one
        cell would not be so large.

    Returns
    -------
    ndarray of int32, shape (H, W)

    """
    if min_depth <= 0 or not hills.any():
        return hills
    n_labels = int(hills.max()) + 1
    within = np.flatnonzero(hills)
    hill_of = hills.ravel()[within]
    summit = np.zeros(n_labels, np.float32)
    np.maximum.at(summit, hill_of, height.ravel()[within])
    area = np.bincount(hill_of, minlength=n_labels)
    owner = np.arange(n_labels)

    def owner_of(label: int) -> int:
        while owner[label] != label:
            label = owner[label]
        return label

    for first, second, level in _passes(hills, height):
        one, other = sorted((owner_of(first), owner_of(second)), key=lambda label: -summit[label])
        needed = min_depth if area[one] + area[other] <= large_px else large_depth
        if one != other and summit[other] - level < needed:
            owner[other] = one
            area[one] += area[other]
    return np.array([owner_of(label) for label in range(n_labels)], np.int32)[hills]


def _passes(hills: NDArray[np.int32], height: NDArray[np.float32]) -> list[tuple[int, int, float]]:
    """List (hill, neighbouring hill, height of the highest way between them), highest first."""
    first, second, level = passes_between(hills, height, nowhere=0)
    order = np.argsort(-level, kind="stable")
    low, high = np.minimum(first, second)[order], np.maximum(first, second)[order]
    pair = low.astype(np.int64) * (int(hills.max(initial=0)) + 1) + high
    _, index = np.unique(pair, return_index=True)  # the first of a pair is its highest
    index = np.sort(index)
    return list(zip(low[index].tolist(), high[index].tolist(), level[order][index].tolist(), strict=True))
