"""Checkpoints: all that is needed to go on with a training exactly where it stopped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from hemolens.errors import TrainingError
from hemolens.training.config import TrainingConfig


@dataclass
class Checkpoint:
    """State after ``step`` steps: network, optimiser, mean weights, the configuration's text and the time it took.

    ``has_statistics`` says whether those of batch norm are measured already.
    """

    step: int
    network: dict[str, Tensor]
    optimiser: dict[str, Any]
    average: list[Tensor]
    config: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    has_statistics: bool = False


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    torch.save(vars(checkpoint), unfinished)
    unfinished.replace(path)


def load_checkpoint(path: Path, config: TrainingConfig) -> Checkpoint:
    """Read a checkpoint of the same configuration; tensors and plain values only, never code.

    A setting that is not in the checkpoint, because the setting is younger, has its default.

    Raises
    ------
    TrainingError
        If the file is not a checkpoint, or it belongs to another configuration.

    """
    try:
        checkpoint = Checkpoint(**torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise TrainingError(
            "checkpoint cannot be read",
            came=f"{path.name} ({type(error).__name__})",
            allowed="a file that hemolens train wrote",
            do="delete it to start again, or choose another output folder",
            option="out",
        ) from error
    if not _is_of(checkpoint, config):
        raise TrainingError(
            "checkpoint belongs to another training configuration",
            came=path.name,
            allowed="the same configuration as before, unchanged",
            do="go on with the old configuration, or choose another output folder",
            option="out",
        )
    return checkpoint


def _is_of(checkpoint: Checkpoint, config: TrainingConfig) -> bool:
    try:
        return TrainingConfig.model_validate_json(checkpoint.config) == config
    except ValidationError:
        return False
