"""What is measured: networks, protocols, and the photographs of each."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from hemolens.cell_types import CellType
from hemolens.training.config import TrainingConfig, read_config

Protocol = Literal["paper", "honest"]

THIRTEEN = (
    "Im001_1", "Im004_1", "Im015_1", "Im022_1", "Im037_0", "Im045_0", "Im050_1", "Im053_1", "Im069_0", "Im079_0",
    "Im095_0", "Im099_0", "Im108_0",
)  # fmt: skip
"""The photographs with red-cell outlines, on which the paper counts every cell type."""


class System(BaseModel):
    """A network for one cell type under one protocol.

    ``configs`` are the training configurations whose models make it up: several where each has other photographs held
    out. ``seeds`` are those it is repeated with; without any, the configuration's own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: CellType
    network: str
    protocol: Protocol
    configs: tuple[str, ...]
    seeds: tuple[int, ...] = ()
    settings: tuple[str, ...] = ()
    """Configurations whose counters' settings are used, one for each of ``configs``; without any, their own."""
    table: Literal["counting", "phases"] = "counting"
    """Counted with every counter, or only scored as masks, to compare phases of training."""

    def members(self) -> list[TrainingConfig]:
        """The configurations, one for each seed; a model is named after its configuration and its seed."""
        configs = [read_config(name) for name in self.configs]
        if not self.seeds:
            return configs
        return [
            each.model_copy(update={"seed": seed, "name": f"{each.name}-seed-{seed}"})
            for each in configs
            for seed in self.seeds
        ]


@cache
def read_systems() -> tuple[System, ...]:
    """Read ``systems.toml``."""
    text = resources.files("hemolens.paper").joinpath("systems.toml").read_text(encoding="utf-8")
    return tuple(System.model_validate(row) for row in tomllib.loads(text)["systems"])


def labelled_photographs(folder: Path, cell: CellType) -> list[str]:
    """Names of the photographs of which the true count of a cell type is known."""
    with (folder / "counts.csv").open(newline="", encoding="utf-8") as file:
        return [row["image"] for row in csv.DictReader(file) if row[cell]]


def measured_photographs(folder: Path, system: System, config: TrainingConfig) -> list[str]:
    """Photographs that a member of a system is measured on."""
    labelled = labelled_photographs(folder, system.cell)
    if system.protocol == "paper":
        return labelled
    return [name for name in labelled if name in config.photographs.test]
