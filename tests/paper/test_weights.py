import pytest

from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.errors import ModelError
from hemolens.models.card import card_text
from hemolens.models.store import PAPER_MODELS, read_card
from hemolens.paper.weights import Weights
from hemolens.training.config import read_config


def shipped_settings(kind):
    card = read_card(PAPER_MODELS[kind])
    return {name: card.settings_for(kind, name) for name in PAPER_COUNTERS}


@pytest.fixture
def trained(tmp_path):
    """A folder with the models of some configurations: their cards have no settings yet, their weights are empty."""

    def train(*names):
        for config in map(read_config, names):
            card = read_card(PAPER_MODELS[config.only_type]).model_copy(update={"name": config.name, "counters": {}})
            (tmp_path / f"{config.name}.onnx").touch()
            (tmp_path / f"{config.name}.toml").write_text(card_text(card), encoding="utf-8")
        return Weights(tmp_path)

    return train


def test_a_model_that_is_not_there_is_said_to_be_missing(tmp_path):
    weights = Weights(tmp_path)
    assert not weights.has(read_config("rbc-honest"))
    with pytest.raises(ModelError, match="rbc-do-unet-honest"):
        weights.load(read_config("rbc-honest"))


def test_without_settings_of_its_own_a_model_has_the_shipped_ones(trained):
    weights = trained("rbc-honest")
    assert not weights.has_counters(read_config("rbc-honest"))
    assert weights.counters(read_config("rbc-honest")) == shipped_settings("rbc")


def test_settings_come_back_as_they_were_written(trained):
    weights, config = trained("plt-honest"), read_config("plt-honest")
    own = {name: each.model_copy(update={"min_area": 0.0123}) for name, each in shipped_settings("plt").items()}
    weights.write_counters(config, own, {})
    assert weights.has_counters(config)
    assert weights.counters(config) == own


def test_settings_for_each_join_are_kept_too(trained):
    weights, config = trained("rbc-honest"), read_config("rbc-honest")
    shipped = shipped_settings("rbc")
    joined = shipped["connected-components"].model_copy(update={"source": "product", "threshold": 0.3})
    weights.write_counters(config, shipped, {"product": joined})
    assert weights.joins(config) == {"product": joined}


def test_a_model_without_compared_joins_has_none(trained):
    assert trained("rbc-honest").joins(read_config("rbc-honest")) == {}
