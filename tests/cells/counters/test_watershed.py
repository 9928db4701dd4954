"""Watershed on the distance transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.graph import MCP_Geometric

from hemolens.cells.counters.watershed import Metric, WatershedSettings, distance_to_outside, find_cells
from hemolens.probability_maps import ProbabilityMaps

METRICS: tuple[Metric, ...] = get_args(Metric)
DiscMaps = Callable[..., ProbabilityMaps]
Doubled = Callable[[ProbabilityMaps], ProbabilityMaps]

MASK = WatershedSettings(min_distance=0.3, min_depth=0.05)
MASK_EDGE = WatershedSettings(source="mask-edge", edge_weight=2, min_distance=0.25, min_depth=0.05)


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (30, 40)])
def test_empty_maps_give_no_cell(shape: tuple[int, int]) -> None:
    nothing = np.zeros(shape, np.float32)
    assert find_cells(ProbabilityMaps("rbc", nothing, nothing, 10), MASK) == []
    assert find_cells(ProbabilityMaps("rbc", nothing, nothing, 10), MASK_EDGE) == []


def test_a_map_full_of_cell_is_one_cell() -> None:
    everything = np.ones((9, 12), np.float32)
    smooth = WatershedSettings(smoothing=0.1)
    assert len(find_cells(ProbabilityMaps("rbc", everything, None, 10), smooth)) == 1


def test_touching_discs_are_split_at_the_waist(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(40, 30, 12), (40, 51, 12)], diameter_px=24)
    first, second = find_cells(maps, MASK)
    assert first.box.col1 == second.box.col0 == pytest.approx(41, abs=1)
    assert first.area_px + second.area_px == np.count_nonzero(maps.mask > 0.5)
    assert (first.row, first.col) == pytest.approx((40, 30), abs=1)


def test_row_of_touching_discs(disc_maps: DiscMaps) -> None:
    discs = [(20, 12 + 18 * k, 10) for k in range(5)]
    assert len(find_cells(disc_maps(discs, diameter_px=20), MASK)) == 5


def test_disc_cut_by_the_frame_is_counted(disc_maps: DiscMaps) -> None:
    (cell,) = find_cells(disc_maps([(0, 40, 10)]), MASK)
    assert cell.touches_frame


def test_pale_centre_is_filled_before_distances_are_measured() -> None:
    row, col = np.mgrid[:60, :60]
    distance = np.hypot(row - 30, col - 30)
    ring = ((distance < 20) & (distance > 7)).astype(np.float32)
    maps = ProbabilityMaps("rbc", ring, None, 40)
    (cell,) = find_cells(maps, WatershedSettings(max_hole=0.2, min_height=0.4))
    assert cell.area_px == pytest.approx(np.pi * 400, rel=0.02)
    assert find_cells(maps, WatershedSettings(max_hole=0.01, min_height=0.4)) == []


def test_shallow_waist_is_one_long_cell(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(40, 34, 10), (40, 46, 10)], diameter_px=20)
    assert len(find_cells(maps, WatershedSettings(min_distance=0.3))) == 2
    assert len(find_cells(maps, WatershedSettings(min_distance=0.3, min_depth=0.2))) == 1


def test_close_maxima_are_one_cell(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(40, 34, 10), (40, 46, 10)], diameter_px=20)
    assert len(find_cells(maps, WatershedSettings(min_distance=0.7))) == 1


def test_low_hills_are_no_cells(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(30, 30, 10), (70, 70, 3)], diameter_px=20)
    assert len(find_cells(maps, WatershedSettings(min_height=0.1))) == 2
    assert len(find_cells(maps, WatershedSettings(min_height=0.3))) == 1


def test_edge_splits_what_the_waist_does_not() -> None:
    mask = np.zeros((40, 60), np.float32)
    mask[10:30, 10:50] = 1
    edge = np.zeros_like(mask)
    edge[10:30, 29:31] = 1
    maps = ProbabilityMaps("rbc", mask, edge, 20)
    assert len(find_cells(maps, WatershedSettings(min_depth=0.05, min_distance=1.5))) == 1
    first, second = find_cells(maps, MASK_EDGE)
    assert first.area_px == second.area_px == 400


def test_smoothing_removes_the_maxima_of_a_ragged_rim() -> None:
    rng = np.random.default_rng(3)
    band = np.zeros((40, 80), np.float32)
    for col in range(10, 70):
        band[10 + rng.integers(5) : 30 - rng.integers(5), col] = 1
    maps = ProbabilityMaps("rbc", band, None, 20)
    plain = len(find_cells(maps, WatershedSettings(min_distance=0.1)))
    smooth = len(find_cells(maps, WatershedSettings(min_distance=0.1, smoothing=0.3)))
    assert smooth < plain


def test_twice_the_size_gives_the_same_count(disc_maps: DiscMaps, doubled: Doubled) -> None:
    discs = [(15, 15, 9), (17, 33, 10), (34, 24, 10), (60, 60, 11), (62, 78, 9), (90, 10, 8)]
    maps = disc_maps(discs)
    assert len(find_cells(maps, MASK)) == len(find_cells(doubled(maps), MASK)) == 6


def digits(text: str) -> np.ndarray:
    return np.array([[0 if c == "." else int(c) for c in row] for row in text.split()])


BAY = digits("1111 1111 11.. 1111 1111").astype(bool)
"""A core with a bay at its right; the tables below are the distances to that bay."""


def test_euclidean_distance_is_the_straight_way() -> None:
    squared = digits("""
        8544
        5211
        41..
        5211
        8544
    """)
    np.testing.assert_allclose(distance_to_outside(BAY, "euclidean"), np.sqrt(squared), atol=1e-6)


def test_city_block_distance_goes_by_sides() -> None:
    table = digits("""
        4322
        3211
        21..
        3211
        4322
    """)
    np.testing.assert_array_equal(distance_to_outside(BAY, "city-block"), table)


def test_chessboard_distance_goes_by_sides_and_corners_alike() -> None:
    table = digits("""
        2222
        2111
        21..
        2111
        2222
    """)
    np.testing.assert_array_equal(distance_to_outside(BAY, "chessboard"), table)


def test_quasi_euclidean_distance_counts_a_side_as_1_and_a_corner_as_root_2() -> None:
    n_sides = digits("""
        .122
        1.11
        21..
        1.11
        .122
    """)
    n_corners = digits("""
        21..
        11..
        ....
        11..
        21..
    """)
    table = n_sides + np.sqrt(2) * n_corners
    np.testing.assert_allclose(distance_to_outside(BAY, "quasi-euclidean"), table, atol=1e-6)


def lengths_of_scikit_image(core: np.ndarray) -> np.ndarray:
    """Lengths of the shortest ways through a picture to any pixel outside the cores."""
    length, _ = MCP_Geometric(np.ones(core.shape)).find_costs(np.argwhere(~core))
    return np.minimum(length, max(core.shape)).astype(np.float32)


def test_quasi_euclidean_distance_from_one_pixel_is_that_of_scikit_image() -> None:
    core = np.ones((300, 300), bool)
    core[150, 100] = False
    np.testing.assert_array_equal(distance_to_outside(core, "quasi-euclidean"), lengths_of_scikit_image(core))


@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30), st.floats(0, 1))
def test_quasi_euclidean_distance_is_that_of_scikit_image(seed: int, n_rows: int, n_cols: int, share: float) -> None:
    core = np.random.default_rng(seed).random((n_rows, n_cols)) < share
    core[0, 0] = False
    np.testing.assert_array_equal(distance_to_outside(core, "quasi-euclidean"), lengths_of_scikit_image(core))


@pytest.mark.parametrize("metric", METRICS)
def test_without_an_outside_every_pixel_is_as_far_as_the_picture_is_long(metric: Metric) -> None:
    assert (distance_to_outside(np.ones((2, 5), bool), metric) == 5).all()


@pytest.mark.parametrize("metric", METRICS)
def test_without_a_core_there_is_no_distance(metric: Metric) -> None:
    assert not distance_to_outside(np.zeros((2, 5), bool), metric).any()


def test_the_metric_is_euclidean_unless_told_otherwise() -> None:
    assert WatershedSettings().metric == "euclidean"


@pytest.mark.parametrize("metric", METRICS)
def test_touching_discs_are_split_by_every_metric(disc_maps: DiscMaps, metric: Metric) -> None:
    maps = disc_maps([(40, 30, 12), (40, 51, 12)], diameter_px=24)
    assert len(find_cells(maps, WatershedSettings(metric=metric, min_distance=0.3, min_depth=0.05))) == 2


def test_metrics_measure_differently_what_counts_as_deep() -> None:
    """A square on its corner: steps to the side lead twice as far into it as steps to the corner."""
    row, col = np.mgrid[:41, :41]
    maps = ProbabilityMaps("rbc", (abs(row - 20) + abs(col - 20) < 12).astype(np.float32), None, 20)
    n_cells = {m: len(find_cells(maps, WatershedSettings(metric=m, min_height=0.5))) for m in METRICS}
    assert n_cells == {"euclidean": 0, "city-block": 1, "chessboard": 0, "quasi-euclidean": 0}
