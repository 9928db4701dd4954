"""Where the models of the paper's tables are, and the counters' settings that belong to each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hemolens.cells.counters import COUNTERS, PAPER_COUNTERS, settings_for
from hemolens.cells.counters.connected_components import ConnectedComponentsSettings
from hemolens.cells.counters.source import CounterSettings
from hemolens.models import PAPER_MODELS, shipped_models
from hemolens.segmentation.network_maps import Model, load_model
from hemolens.training.config import TrainingConfig

SETTINGS = "counters.toml"
JOINS = "joins"
HEADING = "# Settings of the counters for each model, none of them chosen on photographs that it is measured on.\n"


@dataclass(frozen=True)
class Weights:
    """A folder of trained models, beside those that come with hemolens.

    ``counters.toml`` in it holds the counters' settings of each model, chosen on photographs that the model was
    trained on or that were left out for this purpose, never on those it is measured on.
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
        return load_model(config.name if config.name in shipped_models() else str(self.path(config)))

    def counters(self, config: TrainingConfig) -> dict[str, CounterSettings]:
        """Settings of every counter of the paper for the model of a configuration."""
        own = self._read().get(config.name, {})
        return {
            name: COUNTERS[name].settings_model.model_validate(own[name])
            if name in own
            else settings_for(PAPER_MODELS[config.only_type], config.only_type, name)
            for name in PAPER_COUNTERS
        }

    def has_counters(self, config: TrainingConfig) -> bool:
        """Whether settings were chosen for the model of a configuration."""
        return config.name in shipped_models() or config.name in self._read()

    def joins(self, config: TrainingConfig) -> dict[str, ConnectedComponentsSettings]:
        """Settings of connected components for each way to join mask and edge; none for a model without an edge."""
        own = self._read().get(config.name, {}).get(JOINS, {})
        return {join: ConnectedComponentsSettings.model_validate(each) for join, each in own.items()}

    def write_counters(
        self,
        config: TrainingConfig,
        settings: Mapping[str, CounterSettings],
        joins: Mapping[str, ConnectedComponentsSettings],
    ) -> None:
        """Keep settings for the model of a configuration; those of other models stay."""
        import tomli_w

        from hemolens.files.whole_file import write_whole

        own: dict[str, Any] = {name: each.model_dump() for name, each in settings.items()}
        if joins:
            own[JOINS] = {name: each.model_dump() for name, each in joins.items()}
        tables = self._read() | {config.name: own}
        text = f"{HEADING}\n{tomli_w.dumps(dict(sorted(tables.items())))}"
        write_whole(self.folder / SETTINGS, text.encode())

    def _read(self) -> dict[str, dict[str, dict[str, Any]]]:
        path = self.folder / SETTINGS
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
