"""Weights of a trained network in single precision: what a later training begins with.

The format is safetensors: numbers and their names, no code.
"""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from hemolens.errors import TrainingError, quoted
from hemolens.training.networks.network import Network


def write_weights(network: Network, path: Path) -> None:
    """Write the weights and statistics of a network, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file({name: values.contiguous().cpu() for name, values in network.state_dict().items()}, unfinished)
    unfinished.replace(path)


def read_weights(network: Network, path: Path) -> None:
    """Give a network the weights and statistics of a file.

    Raises
    ------
    TrainingError
        If the file cannot be read, or belongs to another network.

    """
    try:
        weights = load_file(path)
    except (OSError, SafetensorError) as error:
        raise TrainingError(
            "first weights cannot be read",
            came=f"{quoted(path.name)} ({type(error).__name__})",
            allowed="a .safetensors file that hemolens train wrote",
            do="correct the path",
        ) from error
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError(
            "first weights are those of another network",
            came=quoted(path.name),
            allowed=f"weights of {type(network).__name__}",
            do="name the file of the same network, or leave first_weights out",
        ) from error
