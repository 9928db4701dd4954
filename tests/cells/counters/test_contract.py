"""What every counter keeps to, and what is shipped for it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemolens.cell_types import CellType
from hemolens.cells.counters import COUNTERS, PAPER_COUNTERS, find_cells
from hemolens.cells.counters.connected_components import ConnectedComponentsSettings
from hemolens.cells.counters.source import SourceSettings
from hemolens.cells.counters.watershed import WatershedSettings
from hemolens.errors import UsageError
from hemolens.models.store import DEFAULT_MODEL, PAPER_MODELS, read_card, shipped_models
from hemolens.probability_maps import ProbabilityMaps

DiscMaps = Callable[..., ProbabilityMaps]
Doubled = Callable[[ProbabilityMaps], ProbabilityMaps]
Turned = Callable[[ProbabilityMaps, int], ProbabilityMaps]

DISC_FIELDS = st.lists(st.tuples(st.integers(0, 95), st.integers(0, 95), st.integers(4, 12)), min_size=0, max_size=12)
"""Random discs on a picture of 96 x 96 pixels, overlapping as they fall, some cut by the frame."""

CHOSEN: list[tuple[str, SourceSettings]] = [
    ("connected-components", ConnectedComponentsSettings()),
    ("connected-components", ConnectedComponentsSettings(source="mask-edge", min_core_area=0.05)),
    ("watershed", WatershedSettings(min_distance=0.3, min_depth=0.05)),
    ("watershed", WatershedSettings(source="mask-edge", edge_weight=2, min_depth=0.05)),
    ("watershed", WatershedSettings(smoothing=0.05)),
]

DISCS = [(30.0, 30.0, 15.0), (62.0, 64.0, 14.0), (70.0, 24.0, 15.0)]


SHIPPED = [
    (model, cell_type, counter)
    for model in shipped_models()
    for cell_type, own in read_card(model).counters.items()
    for counter in own.settings
]
"""Every model with the cell types it draws and the counters that can read them."""


@pytest.mark.parametrize(("model", "cell_type", "counter_name"), SHIPPED)
def test_settings_are_shipped_in_full(model: str, cell_type: CellType, counter_name: str) -> None:
    settings = read_card(model).settings_for(cell_type, counter_name)
    assert isinstance(settings, COUNTERS[counter_name].settings_model)
    assert settings.model_fields_set == set(type(settings).model_fields)


@pytest.mark.parametrize("model", shipped_models())
def test_every_type_that_a_model_draws_has_a_default_counter(model: str) -> None:
    card = read_card(model)
    assert set(card.counters) == set(card.cell_types)
    assert all(card.default_counter(cell_type) in own.settings for cell_type, own in card.counters.items())


@pytest.mark.parametrize("model", [DEFAULT_MODEL, *PAPER_MODELS.values()])
def test_what_a_network_draws_can_be_counted_with_the_counters_of_the_paper(model: str) -> None:
    assert all(set(own.settings) >= set(PAPER_COUNTERS) for own in read_card(model).counters.values())


@pytest.mark.parametrize("counter_name", PAPER_COUNTERS)
@pytest.mark.parametrize("cell_type", ["wbc", "plt"])
def test_types_without_an_edge_map_are_counted_on_the_mask(cell_type: CellType, counter_name: str) -> None:
    settings = read_card(DEFAULT_MODEL).settings_for(cell_type, counter_name)
    assert isinstance(settings, SourceSettings)
    assert settings.source == "mask"


@pytest.mark.parametrize(("model", "cell_type", "counter_name"), SHIPPED)
def test_nothing_in_gives_nothing_out(model: str, cell_type: CellType, counter_name: str) -> None:
    nothing = np.zeros((40, 50), np.float32)
    maps = ProbabilityMaps(cell_type, nothing, nothing, 48, nothing, nothing)
    assert find_cells(maps, counter_name, read_card(model).settings_for(cell_type, counter_name)) == []


@pytest.mark.parametrize("counter_name", PAPER_COUNTERS)
def test_cells_lie_inside_the_frame_and_in_order(disc_maps: DiscMaps, counter_name: str) -> None:
    maps = disc_maps([*DISCS, (2.0, 60.0, 14.0)], diameter_px=30, edge_px=2)
    cells = find_cells(maps, counter_name, read_card("rbc-do-unet").settings_for("rbc", counter_name))
    assert len(cells) == 4
    assert [(cell.row, cell.col) for cell in cells] == sorted((cell.row, cell.col) for cell in cells)
    for cell in cells:
        assert 0 <= cell.box.row0 < cell.box.row1 <= 96
        assert 0 <= cell.box.col0 < cell.box.col1 <= 96
        assert 0 <= cell.score <= 1
        assert len(cell.outline) >= 3


@pytest.mark.parametrize("counter_name", PAPER_COUNTERS)
def test_counting_leaves_the_maps_as_they_were(disc_maps: DiscMaps, counter_name: str) -> None:
    maps = disc_maps(DISCS, diameter_px=30, edge_px=2)
    assert maps.edge is not None
    mask, edge = maps.mask.copy(), maps.edge.copy()
    find_cells(maps, counter_name, read_card("rbc-do-unet").settings_for("rbc", counter_name))
    np.testing.assert_array_equal(maps.mask, mask)
    np.testing.assert_array_equal(maps.edge, edge)


@pytest.mark.parametrize("counter_name", PAPER_COUNTERS)
def test_a_calibrated_score_is_read_off_the_line(disc_maps: DiscMaps, counter_name: str) -> None:
    maps = disc_maps(DISCS, diameter_px=30, edge_px=2)
    own = read_card("rbc-do-unet").settings_for("rbc", counter_name)
    scores = [cell.score for cell in find_cells(maps, counter_name, own)]
    calibrated = own.model_copy(update={"score_points": ((0.0, 0.1), (1.0, 0.6))})
    assert calibrated.scores_are_calibrated
    found = [cell.score for cell in find_cells(maps, counter_name, calibrated)]
    assert found == pytest.approx([0.1 + 0.5 * score for score in scores])


@given(discs=DISC_FIELDS)
@settings(max_examples=15, derandomize=True)
def test_turning_the_picture_does_not_change_the_count(
    disc_maps: DiscMaps, turned: Turned, discs: list[tuple[int, int, int]]
) -> None:
    maps = disc_maps(discs, edge_px=3)
    for name, chosen in CHOSEN:
        assert len({len(find_cells(turned(maps, quarters), name, chosen)) for quarters in range(4)}) == 1


@given(discs=DISC_FIELDS)
@settings(max_examples=15, derandomize=True)
def test_twice_the_size_gives_the_same_count_of_components(
    disc_maps: DiscMaps, doubled: Doubled, discs: list[tuple[int, int, int]]
) -> None:
    maps = disc_maps(discs, edge_px=3)
    chosen = ConnectedComponentsSettings(source="mask-edge", min_core_area=0.02)
    name = "connected-components"
    assert len(find_cells(doubled(maps), name, chosen)) == len(find_cells(maps, name, chosen))


def test_unknown_counter_names_the_ones_there_are() -> None:
    with pytest.raises(UsageError, match=r"unknown counter: got 'hough'; allowed: watershed, connected-comp"):
        read_card("rbc-do-unet").settings_for("rbc", "hough")


def test_a_type_that_a_model_does_not_draw_names_those_it_does() -> None:
    with pytest.raises(UsageError, match="'wbc-unet' does not predict this cell type: got 'rbc'; allowed: wbc"):
        read_card("wbc-unet").default_counter("rbc")


def test_a_counter_that_cannot_read_a_model_names_those_that_can() -> None:
    with pytest.raises(UsageError, match=r"counter 'peaks' cannot read .*allowed: watershed, connected-comp"):
        read_card("rbc-do-unet").settings_for("rbc", "peaks")


def test_settings_of_another_counter_are_refused(disc_maps: DiscMaps) -> None:
    with pytest.raises(UsageError, match="got WatershedSettings; allowed: CircleHoughSettings"):
        find_cells(disc_maps(DISCS), "circle-hough", read_card("rbc-do-unet").settings_for("rbc", "watershed"))
