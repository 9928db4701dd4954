from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")

from hemolens.cell_types import CELL_TYPES
from hemolens.cells.counters import find_cells
from hemolens.images.photograph import photograph_from_array
from hemolens.models.card import ModelCard
from hemolens.models.store import read_card
from hemolens.options import CountOptions
from hemolens.pipeline import count_image
from hemolens.probability_maps import ProbabilityMaps
from hemolens.training.config import read_config
from hemolens.training.counter_settings import (
    choices_for,
    choose_counter_settings,
    drawn_planes,
    shipped_counters,
)
from hemolens.training.networks import NETWORKS, create_network
from hemolens.training.onnx_export import write_model

pytestmark = pytest.mark.train

DIAMETER_PX = 20


def card_of(outputs, cell_type=None):
    return ModelCard(
        name="drawn", cell_type=cell_type, network="drawn", outputs=outputs, red_cell_diameter_px=DIAMETER_PX,
        margin_px=0, grid_px=1, extra_px=0, sha256="0" * 64, terms="", trained_steps=1, trained_on=(), sources=(),
    )  # fmt: skip


def maps_of(kind, drawn):
    """One round cell of the usual size, on the maps that are drawn alone."""
    row, col = np.mgrid[:40, :40]
    away = np.hypot(row - 20, col - 20) / {"rbc": 10, "wbc": 15, "plt": 4}[kind]
    hill = np.clip(1 - away, 0, 1).astype(np.float32)
    planes = {"mask": (away < 1).astype(np.float32), "distance": hill, "centre": hill**2}
    planes["edge"] = (np.abs(away - 1) < 0.1).astype(np.float32)
    own = {name: planes[name] for name in drawn}
    return ProbabilityMaps(kind, own.pop("mask"), own.pop("edge", None), DIAMETER_PX, **own)


OF_ALL_TYPES = [name for name, network in NETWORKS.items() if "rbc.mask" in network.outputs]


@pytest.mark.parametrize("kind", CELL_TYPES)
@pytest.mark.parametrize("name", OF_ALL_TYPES)
def test_every_counter_to_begin_with_reads_what_the_network_draws(name, kind):
    card = card_of(NETWORKS[name].outputs)
    counters = shipped_counters(kind, card)
    found = {
        counter: len(find_cells(maps_of(kind, drawn_planes(kind, card)), counter, settings))
        for counter, settings in counters.settings.items()
    }
    assert found[counters.default] == 1
    assert set(found) >= {"watershed", "connected-components", "circle-hough"}


@pytest.mark.parametrize("kind", CELL_TYPES)
@pytest.mark.parametrize("name", OF_ALL_TYPES)
def test_no_value_that_is_tried_asks_for_a_map_that_is_not_drawn(name, kind):
    card = card_of(NETWORKS[name].outputs)
    drawn = drawn_planes(kind, card)
    counters = shipped_counters(kind, card)
    start = counters.settings[counters.default]
    tried = [
        start.model_copy(update={setting: value})
        for setting, values in choices_for(kind, counters.default, drawn).items()
        for value in values
    ]
    assert len(tried) > 10
    for settings in tried:
        assert len(find_cells(maps_of(kind, drawn), counters.default, settings)) <= 1


@pytest.mark.parametrize(
    ("outputs", "default"),
    [
        (("rbc.mask",), "watershed"),
        (("rbc.mask", "rbc.edge"), "connected-components"),
        (("rbc.mask", "rbc.centre"), "peaks"),
        (("rbc.mask", "rbc.edge", "rbc.distance", "rbc.centre"), "peaks"),
    ],
)
def test_the_default_counter_suits_what_is_drawn(outputs, default):
    assert shipped_counters("rbc", card_of(outputs)).default == default


def test_a_network_of_one_type_without_an_edge_counts_on_its_mask():
    counters = shipped_counters("rbc", card_of(("mask",), "rbc"))
    assert {settings.source for settings in counters.settings.values()} == {"mask"}


def test_the_metrics_of_a_watershed_are_tried():
    metrics = choices_for("rbc", "watershed", {"mask"})["metric"]
    assert metrics == ["euclidean", "city-block", "chessboard", "quasi-euclidean"]


def test_a_density_is_summed_and_counted_with_at_once(tmp_path):
    config = read_config("feature-pyramid")
    path = write_model(create_network("feature-pyramid").eval(), config, tmp_path)
    card = choose_counter_settings(config, Path("no data are looked at"), path)
    assert {card.default_counter(kind) for kind in card.cell_types} == {"density-sum"}
    assert read_card(str(path)) == card
    photograph = photograph_from_array(np.full((90, 120, 3), 225, np.uint8))
    result = count_image(photograph, CountOptions(models=(str(path),), diameter_px=32))
    assert tuple(result.unlocated) == ("rbc", "wbc", "plt")
    assert result.counts.rbc > 0  # an untrained network sees cells everywhere
