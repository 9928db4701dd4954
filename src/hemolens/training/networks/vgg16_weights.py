"""Weights of VGG16, trained on ImageNet, for an encoder with the same convolutions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import cast

import torch
from torch import Tensor, nn

from hemolens.errors import TrainingError

CONVOLUTIONS = (2, 2, 3, 3, 3)
"""Convolutions of VGG16 before each of its five poolings."""

URL = "https://download.pytorch.org/models/vgg16-397923af.pth"


def load_imagenet_weights(levels: nn.ModuleList, file: Path | None) -> None:
    """Copy the weights of VGG16 into the levels of an encoder, in place.

    VGG16 saw pixels scaled by the mean and deviation of ImageNet, not to [−1, 1]. The batch norm after the first
    convolution makes up for that, but for 2 % between the colours.

    Parameters
    ----------
    levels : ModuleList
        For each level its blocks of convolution, batch norm and ReLU. The batch norms stay as they are unless
        the state is of VGG16 with batch norm.
    file : Path or None
        State as torchvision publishes it, read as tensors only, never as code; ``None`` downloads VGG16's.

    Raises
    ------
    TrainingError
        If there is neither a file nor a connection, the file is not a state, or a weight is missing or has another
        shape.

    """
    state = download_state() if file is None else read_state(file)
    blocks = [block for level in levels for block in cast("Iterable[nn.Sequential]", level)]
    with torch.no_grad():
        for name, weight in named_weights(blocks, with_batch_norm="features.1.weight" in state):
            found = state.get(name)
            if not isinstance(found, Tensor) or found.shape != weight.shape:
                raise TrainingError(
                    "file is not a state of VGG16",
                    came=f"{name} of shape {tuple(found.shape)}" if isinstance(found, Tensor) else f"no {name}",
                    allowed=f"{name} of shape {tuple(weight.shape)}",
                    do="give the file that torchvision publishes for vgg16 or vgg16_bn",
                )
            weight.copy_(found)


def named_weights(blocks: list[nn.Sequential], *, with_batch_norm: bool) -> Iterator[tuple[str, Tensor]]:
    """The weights of 13 blocks, each with its name in torchvision's state."""
    numbers = convolution_numbers(3 if with_batch_norm else 2)
    for number, block in zip(numbers, blocks, strict=True):
        for kind in ("weight", "bias"):
            yield f"features.{number}.{kind}", getattr(block[0], kind)
        if with_batch_norm:
            for kind in ("weight", "bias", "running_mean", "running_var"):
                yield f"features.{number + 1}.{kind}", getattr(block[1], kind)


def convolution_numbers(n_modules: int) -> list[int]:
    """Numbers of the convolutions in torchvision's list: ``n_modules`` entries for each, one for a pooling.

    Examples
    --------
    >>> convolution_numbers(2)
    [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]

    """
    numbers, number = [], 0
    for n_convolutions in CONVOLUTIONS:
        for _ in range(n_convolutions):
            numbers.append(number)
            number += n_modules
        number += 1
    return numbers


def read_state(file: Path) -> Mapping[str, Tensor]:
    """Read a state from a file, tensors and plain values only.

    Raises
    ------
    TrainingError
        If the file cannot be read or holds something else.

    """
    try:
        return dict(torch.load(file, map_location="cpu", weights_only=True))
    except Exception as error:
        raise TrainingError(
            "encoder weights cannot be read",
            came=f"{file.name} ({type(error).__name__})",
            allowed="a state that torch.save wrote, such as vgg16-397923af.pth",
            do="check encoder_file, or download the file again",
        ) from error


def download_state() -> Mapping[str, Tensor]:
    """Download the state of VGG16, or take it from torch's cache.

    Raises
    ------
    TrainingError
        If there is no connection, or what came is not that file.

    """
    try:
        state: Mapping[str, Tensor] = torch.hub.load_state_dict_from_url(
            URL, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            "encoder weights cannot be downloaded",
            came=type(error).__name__,
            allowed=f"a connection to {URL}, or a file",
            do="download it where there is a connection and name it as encoder_file in the configuration",
        ) from error
    return state
