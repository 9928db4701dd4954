import json
import shutil

import numpy as np
import pytest

from hemolens.labels.all_idb1 import AllIdb1
from hemolens.paper import measure as module
from hemolens.paper.cache import Cache
from hemolens.paper.measure import ENSEMBLE
from hemolens.paper.systems import System
from hemolens.paper.weights import Weights
from hemolens.probability_maps import ProbabilityMaps
from hemolens.training.config import read_config

from .models import pretend_trained

WBC = read_config("wbc")
COUNTERS = ["watershed", "connected-components", "circle-hough"]


def system(network="unet", **changes):
    values = {"cell": "wbc", "network": network, "protocol": "paper", "configs": ["wbc"]}
    return System.model_validate(values | changes)


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path / "weights")


@pytest.fixture
def measure(tmp_path):
    """Measure as the module does, with a cache that begins empty."""
    return lambda data, weights, systems, **more: module.measure(
        data, weights, systems, Cache(tmp_path / "paper.jsonl"), **more
    )


def test_every_photograph_is_counted_with_every_counter(measure, synthetic_all_idb1, weights):
    measured = measure(synthetic_all_idb1, weights, [system()])
    rows = [(row.photograph, row.counter) for row in measured.counted]
    assert sorted(rows) == sorted((name, each) for name in ("Im004_1", "Im037_0", "Im053_1") for each in COUNTERS)
    assert {row.truth for row in measured.counted} == {1}


def test_the_shipped_model_finds_the_drawn_white_cells(measure, synthetic_all_idb1, weights):
    measured = measure(synthetic_all_idb1, weights, [system()])
    assert [row.count for row in measured.counted if row.counter == "watershed"] == [1, 1, 1]


def test_masks_are_scored_against_the_labels(measure, synthetic_all_idb1, weights):
    measured = measure(synthetic_all_idb1, weights, [system()])
    assert {row.output for row in measured.drawn} == {"mask"}
    assert min(row.scores.plain_dice for row in measured.drawn) > 0.4


def test_a_photograph_without_a_mask_is_counted_and_not_scored(measure, synthetic_all_idb1, weights, tmp_path):
    copy = shutil.copytree(synthetic_all_idb1, tmp_path / "copy")
    (copy / "masks/wbc/Im037_0.png").unlink()
    measured = measure(copy, weights, [system()])
    assert [row.photograph for row in measured.drawn] == ["Im004_1", "Im053_1"]
    assert len(measured.counted) == 9


def test_systems_without_weights_are_left_out(measure, synthetic_all_idb1, weights):
    measured = measure(synthetic_all_idb1, weights, [system(cell="rbc", configs=["rbc-honest"])])
    assert (measured.counted, measured.drawn) == ([], [])


def test_a_system_of_phases_is_scored_and_not_counted(measure, synthetic_all_idb1, weights):
    measured = measure(synthetic_all_idb1, weights, [system(table="phases")])
    assert measured.drawn
    assert not measured.counted


def test_two_networks_are_counted_together_too(measure, synthetic_all_idb1, weights, monkeypatch):
    asked = []

    def average(maps):
        asked.append(len(maps))
        return ProbabilityMaps("wbc", np.zeros_like(maps[0].mask), None, maps[0].red_cell_diameter_px)

    monkeypatch.setattr(module, "average_maps", average)
    measured = measure(synthetic_all_idb1, weights, [system(), system("segnet")])
    ensemble = [row for row in measured.counted if row.system.network == ENSEMBLE]
    assert asked == [2, 2, 2]
    assert {row.count for row in ensemble} == {0}
    assert len(ensemble) == 9


def test_progress_names_every_photograph(measure, synthetic_all_idb1, weights):
    seen = []
    measure(synthetic_all_idb1, weights, [system()], on_photograph=seen.append)
    assert seen == ["wbc Im004_1", "wbc Im037_0", "wbc Im053_1"]


def test_settings_may_be_those_of_another_model(weights):
    own, other = system(), system(settings=["wbc-honest"])
    pretend_trained(weights, "wbc-honest")
    chosen = {name: each.model_copy(update={"min_area": 0.123}) for name, each in weights.counters(WBC).items()}
    weights.write_counters(read_config("wbc-honest"), chosen, {})
    assert {each.min_area for each in module.settings_of(other, WBC, weights).values()} == {0.123}
    assert module.settings_of(own, WBC, weights) == weights.counters(WBC)


def test_what_was_measured_before_is_not_measured_again(measure, synthetic_all_idb1, weights, monkeypatch):
    before = measure(synthetic_all_idb1, weights, [system()])
    monkeypatch.setattr(module, "compute_probability_maps", lambda *_, **__: pytest.fail("it is known"))
    assert measure(synthetic_all_idb1, weights, [system()]) == before


def test_a_network_draws_a_photograph_once_for_both_protocols(measure, synthetic_all_idb1, weights, monkeypatch):
    drawn, draw = [], module.compute_probability_maps
    monkeypatch.setattr(module, "compute_probability_maps", lambda *a, **k: drawn.append(1) or draw(*a, **k))
    both = [system(), system(table="phases")]
    assert len(measure(synthetic_all_idb1, weights, both).drawn) == 6
    assert len(drawn) == 3


def test_a_mask_that_was_changed_is_scored_again(measure, synthetic_all_idb1, weights, tmp_path):
    before = measure(synthetic_all_idb1, weights, [system()])
    copy = shutil.copytree(synthetic_all_idb1, tmp_path / "copy")
    shutil.copy(copy / "masks/wbc/Im037_0.png", copy / "masks/wbc/Im004_1.png")
    after = measure(copy, weights, [system()])
    scores = [{row.photograph: row.scores.plain_dice for row in each.drawn} for each in (before, after)]
    assert scores[1]["Im004_1"] < scores[0]["Im004_1"]
    assert scores[1]["Im053_1"] == scores[0]["Im053_1"]


def test_outlines_of_red_cells_that_were_changed_are_measured_again(synthetic_all_idb1, weights, tmp_path):
    copy = shutil.copytree(synthetic_all_idb1, tmp_path / "copy")
    table = copy / "labels/rbc/polygons_coco.json"
    coco = json.loads(table.read_text())
    for annotation in coco["annotations"]:
        annotation["segmentation"][0][0] += 1
    table.write_text(json.dumps(coco))
    before, after = (
        {kind: module._Photograph(AllIdb1(each), "Im004_1", kind, weights).content for kind in ("rbc", "wbc")}
        for each in (synthetic_all_idb1, copy)
    )
    assert before["rbc"] != after["rbc"]
    assert before["wbc"] == after["wbc"]
