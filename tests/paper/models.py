"""Models that look trained: empty weights, and the card of the shipped network without settings of its own."""

from hemolens.models.card import card_text
from hemolens.models.store import PAPER_MODELS, read_card
from hemolens.training.config import read_config


def pretend_trained(weights, *names):
    """Put models of some configurations into a folder of weights."""
    for config in map(read_config, names):
        card = read_card(PAPER_MODELS[config.only_type]).model_copy(update={"name": config.name, "counters": {}})
        weights.folder.mkdir(exist_ok=True)
        weights.path(config).touch()
        weights.path(config).with_suffix(".toml").write_text(card_text(card), encoding="utf-8")
