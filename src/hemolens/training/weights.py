"""Weights of a trained network in single precision: what a later training begins with.

The format is safetensors: numbers and their names, no code. A training can also begin with the ONNX file of a model in
8 bits, which is all that is shipped: its weights are brought back to single precision, and its batch norm, which is
part of the convolutions there, does nothing but add.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

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

    Parameters
    ----------
    network : Network
    path : Path
        ``NAME.safetensors`` of a training, or ``NAME.onnx`` of a model in 8 bits.

    Raises
    ------
    TrainingError
        If the file cannot be read, or belongs to another network.

    """
    try:
        weights = _weights_of_model(network, path) if path.suffix == ".onnx" else load_file(path)
    except Exception as error:
        raise TrainingError(
            "first weights cannot be read",
            came=f"{quoted(path.name)} ({type(error).__name__})",
            allowed="a .safetensors file that hemolens train wrote, or the .onnx file of a model in 8 bits",
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


def _weights_of_model(network: Network, path: Path) -> dict[str, Tensor]:
    """Weights of the convolutions of an ONNX file, and a batch norm that adds their bias and does nothing else."""
    graph = onnx.load(path).graph
    constants = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    names = [name for name, _ in network.named_modules()]
    weights: dict[str, Tensor] = {}
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        name = _module_of(node.name)
        convolution, after = network.get_submodule(name), names[(names.index(name) + 1) % len(names)]
        kernel, bias = (torch.from_numpy(_constant(each, constants, makers)) for each in node.input[1:])
        norm = None if f"{name}.bias" in network.state_dict() else network.get_submodule(after)
        n_out = len(convolution.get_parameter("weight"))  # in 8 bits, the last one has further channels of zeros
        weights[f"{name}.weight"] = kernel[:n_out]
        weights[f"{name if norm is None else after}.bias"] = bias[:n_out]
        if isinstance(norm, nn.BatchNorm2d):
            ones = torch.ones(n_out)
            weights |= {f"{after}.weight": ones, f"{after}.running_mean": ones * 0}
            weights |= {f"{after}.running_var": ones - norm.eps, f"{after}.num_batches_tracked": torch.tensor(0)}
    return weights


def _module_of(node: str) -> str:
    """Part of a network that a node of its ONNX file was made of.

    Examples
    --------
    >>> _module_of("/network/encode.0/first/first.0/first.0.0/Conv")
    'encode.0.first.0.0'

    """
    parts = node.split("/")[2:-1]
    return ".".join(
        part for part, deeper in zip(parts, [*parts[1:], ""], strict=True) if not deeper.startswith(f"{part}.")
    )


def _constant(
    name: str, constants: Mapping[str, NDArray[np.generic]], makers: Mapping[str, onnx.NodeProto]
) -> NDArray[np.float32]:
    """Give a constant of an ONNX file, which is stored in 8 bits, in single precision."""
    stored, scale, zero = (constants[each].astype(np.float32) for each in makers[name].input)
    by_channel = (-1, *[1] * (stored.ndim - 1))
    return (stored - zero.reshape(by_channel)) * scale.reshape(by_channel)
