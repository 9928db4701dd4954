"""Connected component labelling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hemolens.cells.counters.connected_components import ConnectedComponentsSettings, find_cells
from hemolens.images.box import Box
from hemolens.probability_maps import ProbabilityMaps

DiscMaps = Callable[..., ProbabilityMaps]

MASK = ConnectedComponentsSettings()
MASK_EDGE = ConnectedComponentsSettings(source="mask-edge", edge_weight=2)


def maps_of(mask: str, edge: str | None = None, diameter_px: float = 4.0) -> ProbabilityMaps:
    def picture(text: str) -> np.ndarray:
        return np.array([[0 if c == "." else int(c) for c in row] for row in text.split()], np.float32)

    return ProbabilityMaps("plt", picture(mask), None if edge is None else picture(edge), diameter_px)


def test_each_component_is_a_cell_and_the_background_is_none() -> None:
    cells = find_cells(maps_of("11.... 11..1. ....1. 1....."), MASK)
    assert [cell.box for cell in cells] == [Box(0, 0, 2, 2), Box(1, 4, 3, 5), Box(3, 0, 4, 1)]
    assert {cell.type for cell in cells} == {"plt"}


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (30, 40)])
def test_empty_maps_give_no_cell(shape: tuple[int, int]) -> None:
    nothing = np.zeros(shape, np.float32)
    assert find_cells(ProbabilityMaps("wbc", nothing, nothing, 10), MASK) == []
    assert find_cells(ProbabilityMaps("wbc", nothing, nothing, 10), MASK_EDGE) == []


def test_a_map_full_of_cell_is_one_cell() -> None:
    (cell,) = find_cells(maps_of("111 111"), MASK)
    assert cell.area_px == 6


def test_an_edge_separates_two_that_touch_and_belongs_to_them() -> None:
    maps = maps_of(
        mask="......... .1111111. .1111111. .1111111. .........",
        edge="......... ....1.... ....1.... ....1.... .........",
        diameter_px=5,
    )
    assert len(find_cells(maps, MASK)) == 1
    cells = find_cells(maps, MASK_EDGE)
    assert len(cells) == 2
    assert sum(cell.area_px for cell in cells) == 21


def test_an_edge_on_the_diagonal_separates() -> None:
    maps = maps_of(mask="1111 1111 1111 1111", edge="...1 ..1. .1.. 1...", diameter_px=5)
    assert len(find_cells(maps, MASK_EDGE)) == 2


def test_touching_discs_with_an_edge_between_are_two(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(40, 30, 12), (40, 52, 12)], diameter_px=24, edge_px=3)
    assert len(find_cells(maps, MASK)) == 1
    first, second = find_cells(maps, MASK_EDGE)
    assert (first.row, first.col) == pytest.approx((40, 30), abs=1)
    assert (second.row, second.col) == pytest.approx((40, 52), abs=1)
    assert first.diameter_px == pytest.approx(24, rel=0.05)


def test_edge_alone_counts_closed_outlines_on_the_mask(disc_maps: DiscMaps) -> None:
    maps = disc_maps([(30, 30, 12), (60, 60, 12), (30, 58, 10)], diameter_px=24, edge_px=3)
    assert len(find_cells(maps, ConnectedComponentsSettings(source="edge"))) == 3


def test_a_pale_centre_does_not_take_from_the_area() -> None:
    (cell,) = find_cells(maps_of("1111 1..1 1111", diameter_px=5), ConnectedComponentsSettings(max_hole=0.2))
    assert cell.area_px == 12


def test_too_small_and_too_doubtful_cells_are_not_counted() -> None:
    maps = maps_of("11... 11..1", diameter_px=2)
    assert len(find_cells(maps, ConnectedComponentsSettings(min_area=0.5))) == 1
    doubtful = ProbabilityMaps("plt", maps.mask * np.float32(0.6), None, 2)
    assert len(find_cells(doubtful, MASK)) == 2
    assert find_cells(doubtful, ConnectedComponentsSettings(min_score=0.7)) == []


def bridged(bridge):
    """Two square cells joined by a bridge of this probability, a speck of it higher."""
    mask = np.zeros((20, 44), np.float32)
    mask[4:16, 4:16] = mask[4:16, 28:40] = 1
    mask[8:12, 16:28] = bridge
    return ProbabilityMaps("rbc", mask, None, red_cell_diameter_px=16)


@pytest.mark.parametrize(("highest", "n_cells"), [(0.0, 1), (0.6, 1), (0.8, 2)])
def test_a_rising_threshold_tells_cells_apart_that_a_low_one_joins(highest, n_cells):
    settings = ConnectedComponentsSettings(threshold=0.5, highest_threshold=highest, min_core_area=0.1)
    assert len(find_cells(bridged(0.65), settings)) == n_cells


def test_a_rising_threshold_does_not_cut_off_small_parts():
    maps = bridged(0.65)
    maps.mask[4:16, 28:40] = 0.65
    maps.mask[8:10, 30:32] = 1
    settings = ConnectedComponentsSettings(threshold=0.5, highest_threshold=0.9, min_core_area=0.1)
    assert len(find_cells(maps, settings)) == 1
