import numpy as np
import pytest

from hemolens.cells.counters.source import JOINS
from hemolens.evaluation.tuning import Case, score
from hemolens.labels.truth import Truth
from hemolens.models.card import card_text
from hemolens.models.store import PAPER_MODELS, read_card
from hemolens.paper import missing
from hemolens.paper.systems import System
from hemolens.paper.weights import Weights
from hemolens.probability_maps import ProbabilityMaps
from hemolens.training.config import read_config

from .models import pretend_trained


def system(**changes):
    values = {"cell": "wbc", "network": "unet", "protocol": "paper", "configs": ["wbc"]}
    return System.model_validate(values | changes)


HONEST = system(cell="rbc", network="do-unet", protocol="honest", configs=["rbc-honest"])
SEEDS = system(cell="rbc", network="do-unet", protocol="honest", configs=["rbc-honest"], seeds=[1, 2, 3])


@pytest.fixture
def weights(tmp_path):
    return Weights(tmp_path)


def test_what_has_no_weights_is_untrained_once(weights):
    configs = missing.untrained([system(), SEEDS, SEEDS.model_copy(update={"table": "phases"})], weights)
    assert [each.name for each in configs] == [f"rbc-do-unet-honest-seed-{n}" for n in (1, 2, 3)]


def test_trained_models_without_settings_are_untuned(weights):
    pretend_trained(weights, "rbc-honest")
    assert [config.name for _, config in missing.untuned([system(), HONEST], weights)] == ["rbc-do-unet-honest"]


def test_a_model_with_settings_and_an_edge_lacks_the_joins(weights):
    config = read_config("rbc-honest")
    pretend_trained(weights, "rbc-honest")
    weights.write_counters(config, weights.counters(config), {})
    assert [each.name for _, each in missing.untuned([HONEST], weights)] == ["rbc-do-unet-honest"]
    assert missing.untuned([HONEST.model_copy(update={"protocol": "paper"})], weights) == []
    join = read_card("rbc-do-unet").settings_for("rbc", "connected-components")
    weights.write_counters(config, weights.counters(config), {"mask": join})
    assert missing.untuned([HONEST], weights) == []


def test_settings_that_were_chosen_before_stay(synthetic_all_idb1, weights, monkeypatch):
    config = read_config("rbc-honest")
    pretend_trained(weights, "rbc-honest")
    chosen = {name: each.model_copy(update={"min_area": 0.123}) for name, each in weights.counters(config).items()}
    weights.write_counters(config, chosen, {})
    monkeypatch.setattr(Weights, "load", lambda *_: None)
    monkeypatch.setattr(missing, "read_case", lambda *_: None)
    joins = {"mask-edge": chosen["connected-components"]}
    monkeypatch.setattr(missing, "tune_joins", lambda cases, settings: joins)
    missing.tune_counters(HONEST, config, synthetic_all_idb1, weights)
    assert weights.counters(config) == chosen
    assert weights.joins(config) == joins


def test_models_that_are_not_counted_with_need_no_settings(weights):
    pretend_trained(weights, "rbc-honest")
    assert missing.untuned([HONEST.model_copy(update={"table": "phases"})], weights) == []


def test_settings_are_chosen_on_what_was_left_out_for_it():
    config = read_config("wbc-honest")
    chosen = missing.tuning_photographs(config)
    assert set(chosen) <= set(config.photographs.validation)
    assert 1 <= len(chosen) <= missing.N_PHOTOGRAPHS["wbc"]


def test_with_nothing_left_out_settings_are_chosen_on_training_photographs():
    config = read_config("rbc-b")
    assert set(missing.tuning_photographs(config)) <= set(config.photographs.train)


@pytest.mark.parametrize("name", ["rbc-honest", "rbc-segnet", "wbc-honest", "wbc-segnet", "plt-honest", "plt-segnet"])
def test_no_model_is_tuned_on_what_it_is_measured_on(name):
    config = read_config(name)
    assert set(missing.tuning_photographs(config)).isdisjoint(config.photographs.test)


def test_chosen_settings_are_kept(synthetic_all_idb1, weights, monkeypatch):
    own = read_config("wbc").model_copy(update={"name": "own"})
    monkeypatch.setattr(Weights, "load", lambda *_: None)
    no_edge = ProbabilityMaps("wbc", np.zeros((1, 1), np.float32), None, 20.0)
    monkeypatch.setattr(missing, "read_case", lambda *_: Case(no_edge, (1, 1), Truth(0, None)))
    monkeypatch.setattr(
        missing,
        "tune",
        lambda cases, kind, counter, start, n_trials: (
            read_card(PAPER_MODELS[kind]).settings_for(kind, counter).model_copy(update={"min_area": 0.5}),
            len(cases),
        ),
    )
    monkeypatch.setattr(missing, "tuning_photographs", lambda *_: ["Im004_1"])
    (weights.folder / "own.onnx").touch()
    card = read_card(PAPER_MODELS["wbc"]).model_copy(update={"name": "own", "counters": {}})
    (weights.folder / "own.toml").write_text(card_text(card), encoding="utf-8")
    missing.tune_counters(system(), own, synthetic_all_idb1, weights)
    assert {each.min_area for each in weights.counters(own).values()} == {0.5}


def test_every_join_gets_the_threshold_that_suits_it():
    edge = np.zeros((40, 40), np.float32)
    edge[:, 19:21] = 0.8  # two cells side by side: what is left of the edge is above some thresholds only
    mask = np.pad(np.ones((20, 32), np.float32), ((10, 10), (4, 4)))
    boxes = np.float64([[10, 4, 30, 20], [10, 20, 30, 36]])
    case = Case(ProbabilityMaps("rbc", mask, edge, 20.0), (40, 40), Truth(2, boxes))
    tuned = missing.tune_joins([case], read_card("rbc-do-unet").settings_for("rbc", "connected-components"))
    assert {join: each.source for join, each in tuned.items()} == {join: join for join in JOINS}
    assert [score([case], "rbc", "connected-components", each) for each in tuned.values()] == [1, 1, 1]


@pytest.mark.train
def test_training_what_is_missing_tells_how_far_it_has_come(weights, tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="needs torch: pip install 'hemolens[train]'")
    from hemolens.training import loop, onnx_export

    def train(config, data, out, *, on_progress):
        on_progress(loop.Progress(step=3, done=0.1, loss=0.5, seconds_left=7.0))
        return loop.Trainee(None, None, None)

    monkeypatch.setattr(loop, "train", train)
    monkeypatch.setattr(onnx_export, "write_model", lambda *_, **__: None)
    told, config = [], read_config("wbc")
    missing.train_missing(config, tmp_path, weights, on_progress=lambda *how: told.append(how))
    assert told == [(3, config.steps, 7.0)]
