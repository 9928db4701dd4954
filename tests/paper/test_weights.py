import pytest

from hemolens.cells.counters import PAPER_COUNTERS, settings_for
from hemolens.errors import ModelError
from hemolens.models import PAPER_MODELS
from hemolens.paper.weights import Weights
from hemolens.training.config import read_config


def test_shipped_models_need_no_folder(tmp_path):
    weights = Weights(tmp_path / "none")
    assert weights.has(read_config("wbc"))
    assert weights.load(read_config("wbc")).card.name == "wbc-unet"
    assert weights.has_counters(read_config("wbc"))


def test_a_model_that_is_not_there_is_said_to_be_missing(tmp_path):
    weights = Weights(tmp_path)
    assert not weights.has(read_config("rbc-fold-1"))
    with pytest.raises(ModelError, match="rbc-do-unet-fold-1"):
        weights.load(read_config("rbc-fold-1"))


def test_without_settings_of_its_own_a_model_has_the_shipped_ones(tmp_path):
    weights = Weights(tmp_path)
    assert not weights.has_counters(read_config("rbc-fold-1"))
    assert weights.counters(read_config("rbc-fold-1"))["watershed"] == settings_for("rbc-do-unet", "rbc", "watershed")


def test_settings_come_back_as_they_were_written(tmp_path):
    weights = Weights(tmp_path)
    own = {
        name: settings_for("plt-unet", "plt", name).model_copy(update={"min_area": 0.0123}) for name in PAPER_COUNTERS
    }
    weights.write_counters(read_config("plt-honest"), own, {})
    assert weights.has_counters(read_config("plt-honest"))
    assert weights.counters(read_config("plt-honest")) == own


def test_settings_of_other_models_stay(tmp_path):
    weights = Weights(tmp_path)
    for name in ("plt-honest", "wbc-honest"):
        kind = read_config(name).cell_type
        weights.write_counters(
            read_config(name), {each: settings_for(PAPER_MODELS[kind], kind, each) for each in PAPER_COUNTERS}, {}
        )
    assert weights.has_counters(read_config("plt-honest"))
    assert weights.has_counters(read_config("wbc-honest"))


def test_settings_for_each_join_are_kept_too(tmp_path):
    weights, config = Weights(tmp_path), read_config("rbc-fold-1")
    joined = settings_for("rbc-do-unet", "rbc", "connected-components").model_copy(
        update={"source": "product", "threshold": 0.3}
    )
    weights.write_counters(config, {}, {"product": joined})
    assert weights.joins(config) == {"product": joined}


def test_a_model_without_compared_joins_has_none(tmp_path):
    assert Weights(tmp_path).joins(read_config("rbc-fold-1")) == {}
