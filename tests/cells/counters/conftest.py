"""Pictures of discs for the tests of the counters."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest

from hemolens.probability_maps import ProbabilityMaps

Disc = tuple[float, float, float]


@pytest.fixture(scope="session")
def disc_maps() -> Callable[..., ProbabilityMaps]:
    """Return the function that draws maps of discs."""
    return _disc_maps


@pytest.fixture(scope="session")
def doubled() -> Callable[[ProbabilityMaps], ProbabilityMaps]:
    """Return the function that draws maps twice as large."""
    return _doubled


@pytest.fixture(scope="session")
def turned() -> Callable[[ProbabilityMaps, int], ProbabilityMaps]:
    """Return the function that rotates maps."""
    return _turned


def _disc_maps(
    discs: Iterable[Disc],
    *,
    shape: tuple[int, int] = (96, 96),
    diameter_px: float = 20.0,
    edge_px: float | None = None,
) -> ProbabilityMaps:
    """Draw maps of discs (row, column, radius); with ``edge_px`` also their outlines, this wide."""
    row, col = np.mgrid[: shape[0], : shape[1]]
    mask = np.zeros(shape, np.float32)
    edge = np.zeros(shape, np.float32)
    for centre_row, centre_col, radius in discs:
        distance = np.hypot(row - centre_row, col - centre_col)
        mask = np.maximum(mask, np.clip(radius - distance + 0.5, 0, 1)).astype(np.float32)
        if edge_px is not None:
            rim = np.clip(edge_px / 2 + 0.5 - np.abs(distance - radius), 0, 1)
            edge = np.maximum(edge, rim).astype(np.float32)
    return ProbabilityMaps("rbc", mask, None if edge_px is None else edge, diameter_px)


def _turned(maps: ProbabilityMaps, quarters: int) -> ProbabilityMaps:
    """Rotate the maps by multiples of 90 degrees."""
    edge = None if maps.edge is None else np.rot90(maps.edge, quarters).copy()
    return ProbabilityMaps(maps.cell_type, np.rot90(maps.mask, quarters).copy(), edge, maps.red_cell_diameter_px)


def _doubled(maps: ProbabilityMaps) -> ProbabilityMaps:
    """Repeat every pixel twice in both directions, the red-cell diameter with them."""
    edge = None if maps.edge is None else maps.edge.repeat(2, 0).repeat(2, 1)
    return ProbabilityMaps(maps.cell_type, maps.mask.repeat(2, 0).repeat(2, 1), edge, 2 * maps.red_cell_diameter_px)
