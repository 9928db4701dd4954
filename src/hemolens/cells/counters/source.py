"""What the counters look at: mask, edge or both in one, and how cores grow back to whole cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from hemolens.cells.cell import Cell
from hemolens.cells.counters.flooding import flood_shared
from hemolens.cells.counters.priority_flood import flood_rising
from hemolens.errors import UsageError
from hemolens.images.holes import fill_holes
from hemolens.probability_maps import ProbabilityMaps

MapSource = Literal["mask", "edge", "mask-edge", "product", "minimum"]
Probability = Annotated[float, Field(ge=0, le=1)]
"""0 … 1."""
Diameters = Annotated[float, Field(ge=0, le=10)]
"""A length, in red-cell diameters."""
Discs = Annotated[float, Field(ge=0, le=100)]
"""An area, in areas of the disc of one red-cell diameter."""


class CounterSettings(BaseModel):
    """Settings of any counter; lengths in red-cell diameters, areas in red-cell discs, never pixels."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    @property
    def scores_are_calibrated(self) -> bool:
        """Whether the score of a cell says how many of such cells are right."""
        return False


class BodySettings(CounterSettings):
    """What all counters need to know that find the bodies of cells in a mask."""

    body_threshold: Probability = Field(default=0.5, description="a pixel whose mask is above belongs to a cell")
    max_hole: Discs = Field(default=0.1, description="holes of the mask up to this size are filled (pale centres)")
    min_area: Discs = Field(default=0.0, description="smaller cells are not counted")
    min_score: Probability = Field(default=0.0, description="cells with a lower mean mask are not counted")
    score_points: tuple[tuple[Probability, Probability], ...] = Field(
        default=(),
        description="own score of a cell and the share of such cells that are right, rising; straight lines between",
    )

    @property
    def scores_are_calibrated(self) -> bool:
        """Whether the score of a cell says how many of such cells are right."""
        return bool(self.score_points)


class SourceSettings(BodySettings):
    """What the counters share that read the mask, the edge, or both in one."""

    source: MapSource = Field(
        default="mask", description="what is read: the mask, the edge, or one of the ways in JOINS of both"
    )
    edge_weight: float = Field(default=1.0, ge=0, le=10, description="what the edge is multiplied with in a join")


class CoreSettings(SourceSettings):
    """What the counters that number separate cores share."""

    threshold: Probability = Field(
        default=0.5, description="a core is where the mask, the join, or 1 - weight * edge is above"
    )
    keep_coreless: bool = Field(
        default=False, description="a piece of mask in which there is no core counts as one cell"
    )


def read_source(maps: ProbabilityMaps, settings: SourceSettings) -> NDArray[np.float32]:
    """Return the picture that the settings ask for, holes of the mask filled: float32, (H, W), 0 … 1.

    Raises
    ------
    UsageError
        When the edge is asked for and the maps have none.

    """
    if settings.source == "mask":
        return fill_mask(maps, settings)
    if maps.edge is None:
        raise UsageError(
            f"no edge map of {maps.cell_type} to count with",
            came=f"source {settings.source!r} with a model that has a mask only",
            allowed="source 'mask'",
            do="choose that source, or a model with an edge output",
        )
    if settings.source == "edge":
        return maps.edge
    return JOINS[settings.source](fill_mask(maps, settings), maps.edge, settings.edge_weight)


def read_inside(maps: ProbabilityMaps, settings: SourceSettings) -> NDArray[np.float32]:
    """Return the same, but always high inside cells: of the edge alone, 1 - weighted edge."""
    picture = read_source(maps, settings)
    return _no_edge(picture, settings.edge_weight) if settings.source == "edge" else picture


def mask_minus_edge(mask: NDArray[np.generic], edge: NDArray[np.generic], weight: float = 1.0) -> NDArray[np.float32]:
    """Mask minus weighted edge as floats, clipped to 0 … 1: on bytes 0 - 1 would be 255, not 0.

    >>> mask_minus_edge(np.uint8([[0, 1, 1]]), np.uint8([[1, 0, 1]])).tolist()
    [[0.0, 1.0, 0.0]]
    """
    difference = mask.astype(np.float32) - np.float32(weight) * edge.astype(np.float32)
    return np.clip(difference, 0.0, 1.0)


def mask_times_no_edge(
    mask: NDArray[np.generic], edge: NDArray[np.generic], weight: float = 1.0
) -> NDArray[np.float32]:
    """Mask times (1 - weighted edge): how likely there is a cell and no edge, were the two independent.

    >>> mask_times_no_edge(np.float32([[0.5, 0.5]]), np.float32([[0, 0.5]])).tolist()
    [[0.5, 0.25]]
    """
    return mask.astype(np.float32) * _no_edge(edge, weight)


def lower_of_mask_and_no_edge(
    mask: NDArray[np.generic], edge: NDArray[np.generic], weight: float = 1.0
) -> NDArray[np.float32]:
    """Lower of mask and (1 - weighted edge): both must be above the threshold, neither weakens the other.

    >>> lower_of_mask_and_no_edge(np.float32([[0.5, 0.5]]), np.float32([[0.25, 0.75]])).tolist()
    [[0.5, 0.25]]
    """
    return np.minimum(mask.astype(np.float32), _no_edge(edge, weight))


def _no_edge(edge: NDArray[np.generic], weight: float) -> NDArray[np.float32]:
    no_edge: NDArray[np.float32] = np.clip(1 - np.float32(weight) * edge.astype(np.float32), 0.0, 1.0)
    return no_edge


JOINS: dict[MapSource, Callable[[NDArray[np.generic], NDArray[np.generic], float], NDArray[np.float32]]] = {
    "mask-edge": mask_minus_edge,
    "product": mask_times_no_edge,
    "minimum": lower_of_mask_and_no_edge,
}
"""Ways to join mask and edge into one picture that is high inside cells and low between them.

They are the three usual forms of "and" for numbers from 0 to 1, said of "cell" and "no edge", from the strictest to
the most lenient. The arithmetic mean would only move the threshold of the first, the geometric that of the second.
"""


def fill_mask(maps: ProbabilityMaps, settings: BodySettings) -> NDArray[np.float32]:
    """Return the mask with 1 in its holes of at most ``max_hole`` red-cell discs."""
    body = maps.mask > settings.body_threshold
    holes = fill_holes(body, settings.max_hole * red_cell_disc_px(maps)) & ~body
    return np.where(holes, np.float32(1), maps.mask)


def find_cores(maps: ProbabilityMaps, settings: CoreSettings) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the cores of the cells and the whole cells: two bool pictures of the size of the maps.

    Of the edge alone, a core is a region that edges close off. The background is such a region too: it is
    the one (or the several) where the mask is low.
    """
    body = fill_mask(maps, settings) > settings.body_threshold
    core = read_inside(maps, settings) > settings.threshold
    if settings.source == "edge":
        core = _without_background(core, maps.mask, settings.body_threshold)
    # A pale centre may have a false edge of its own: a small hole of a core is no gap between cells.
    return fill_holes(core, settings.max_hole * red_cell_disc_px(maps)), body


def _without_background(regions: NDArray[np.bool_], mask: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Remove the connected regions whose mean mask is not above the threshold."""
    import cv2

    n_labels, labels = cv2.connectedComponents(regions.astype(np.uint8), connectivity=4)
    flat = labels.ravel()
    total = np.bincount(flat, weights=mask.ravel(), minlength=n_labels)
    n_pixels = np.bincount(flat, minlength=n_labels)
    is_cell = total > threshold * n_pixels
    is_cell[0] = False
    kept: NDArray[np.bool_] = is_cell[labels]
    return kept


def grow_back(
    cores: NDArray[np.int32], body: NDArray[np.bool_], maps: ProbabilityMaps, settings: CoreSettings
) -> NDArray[np.int32]:
    """Grow numbered cores over the whole cells: the pixels under an edge belong to cells, too.

    Parameters
    ----------
    cores : ndarray of int32, shape (H, W)
        0 is no core.
    body : ndarray of bool, shape (H, W)
        Where cells are.

    Returns
    -------
    ndarray of int32, shape (H, W)
        The cores with the body around them. Two meet where the edge is strongest (without an edge map, where
        the mask is lowest). A piece of body that touches no core is a cell of its own with
        ``keep_coreless``, and no cell otherwise.

    """
    import cv2

    is_core = cores > 0
    if settings.keep_coreless:
        cores = _with_coreless(cores, body)
        is_core = cores > 0
    # Only the pixels at the border of a core can pass its number on; leaving the rest out saves most of the time.
    inside = cv2.erode(is_core.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    relief = -maps.mask if maps.edge is None else maps.edge
    grown = flood_shared(flood_rising, relief, np.where(inside, 0, cores), (body | is_core) & ~inside)
    return np.where(inside, cores, grown).astype(np.int32)


def _with_coreless(cores: NDArray[np.int32], body: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the pieces of body that hold no core after the cores."""
    import cv2

    n_pieces, pieces = cv2.connectedComponents((body | (cores > 0)).astype(np.uint8), connectivity=4)
    is_new = np.ones(n_pieces, bool)
    is_new[0] = False
    is_new[pieces[cores > 0]] = False
    numbers = np.where(is_new, np.cumsum(is_new) + cores.max(initial=0), 0).astype(np.int32)
    return np.where(is_new[pieces], numbers[pieces], cores)


def red_cell_disc_px(maps: ProbabilityMaps) -> float:
    """Area of the disc of one red-cell diameter, in pixels of the maps."""
    return float(np.pi / 4 * maps.red_cell_diameter_px**2)


def large_and_sure(cells: list[Cell], maps: ProbabilityMaps, settings: BodySettings) -> list[Cell]:
    """Keep the cells that are neither too small nor too doubtful to be counted, and calibrate their scores."""
    min_area_px = settings.min_area * red_cell_disc_px(maps)
    return [
        calibrated(cell, settings) for cell in cells if cell.area_px >= min_area_px and cell.score >= settings.min_score
    ]


def calibrated(cell: Cell, settings: BodySettings) -> Cell:
    """Replace the own score of a cell by the share of such cells that are right, where that is known."""
    if not settings.score_points:
        return cell
    own, share = zip(*settings.score_points, strict=True)
    return replace(cell, score=float(np.interp(cell.score, own, share)))
