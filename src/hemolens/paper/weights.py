"""Where the models of the paper's tables are; the card of each has the counters' settings that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hemolens.cells.counters import PAPER_COUNTERS
from hemolens.cells.counters.connected_components import ConnectedComponentsSettings
from hemolens.cells.counters.source import CounterSettings
from hemolens.models.card import CountersOfType, ModelCard
from hemolens.models.store import PAPER_MODELS, read_card, shipped_models, write_card
from hemolens.segmentation.network_maps import Model, load_model
from hemolens.training.config import TrainingConfig


@dataclass(frozen=True)
class Weights:
    """A folder of trained models, beside those that come with hemolens.

    The counters' settings in their cards were chosen on photographs that the model was trained on or that were left
    out for this purpose, never on those it is measured on.
    """

    folder: Path

    def path(self, config: TrainingConfig) -> Path:
        """Where the weights of a configuration are kept, unless they come with hemolens."""
        return self.folder / f"{config.name}.onnx"

    def has(self, config: TrainingConfig) -> bool:
        """Whether there are weights for a configuration."""
        return config.name in shipped_models() or self.path(config).exists()

    def load(self, config: TrainingConfig) -> Model:
        """Load the model of a configuration.

        Raises
        ------
        ModelError
            If it is missing or damaged.

        """
        return load_model(self.place(config))

    def card(self, config: TrainingConfig) -> ModelCard:
        """Read the card of the model of a configuration."""
        return read_card(self.place(config))

    def counters(self, config: TrainingConfig) -> dict[str, CounterSettings]:
        """Settings of every counter of the paper for the model of a configuration; without any, the shipped model's."""
        kind = config.only_type
        own = self.card(config).counters if self.has(config) else {}
        card = self.card(config) if kind in own else read_card(PAPER_MODELS[kind])
        return {name: card.settings_for(kind, name) for name in PAPER_COUNTERS}

    def has_counters(self, config: TrainingConfig) -> bool:
        """Whether settings were chosen for the model of a configuration."""
        return self.has(config) and config.only_type in self.card(config).counters

    def joins(self, config: TrainingConfig) -> dict[str, ConnectedComponentsSettings]:
        """Settings of connected components for each way to join mask and edge; none for a model without an edge."""
        return self.card(config).counters[config.only_type].joins if self.has_counters(config) else {}

    def write_counters(
        self,
        config: TrainingConfig,
        settings: Mapping[str, CounterSettings],
        joins: Mapping[str, ConnectedComponentsSettings],
    ) -> None:
        """Put settings into the card of the model of a configuration."""
        kind, card = config.only_type, self.card(config)
        best = read_card(PAPER_MODELS[kind]).default_counter(kind)
        known = card.counters.get(kind, CountersOfType(default=best, settings=dict(settings)))
        own = known.model_copy(update={"settings": dict(settings), "joins": dict(joins)})
        write_card(str(self.path(config)), card.model_copy(update={"counters": {kind: own}}))

    def place(self, config: TrainingConfig) -> str:
        """Name of the shipped model of a configuration, or the path of its weights."""
        return config.name if config.name in shipped_models() else str(self.path(config))
