"""The encoder of VGG16, for the networks that begin with it: 13 convolutions in five levels.

Simonyan & Zisserman, ICLR 2015; with batch norm after each convolution.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Literal

from torch import nn

from hemolens.errors import TrainingError
from hemolens.training.networks.vgg16_weights import CONVOLUTIONS, load_imagenet_weights

PAPER_WIDTH = 64
"""Channels of the first level, as in VGG16."""

LEVEL_WIDTHS = (1, 2, 4, 8, 8)
"""Channels of the five levels, as multiples of the first one's."""

EncoderWeights = Literal["none", "imagenet"]


def level_widths(width: int) -> list[int]:
    """Channels of the five levels, where the first has ``width``."""
    return [width * multiple for multiple in LEVEL_WIDTHS]


def level(widths: list[int]) -> nn.Sequential:
    """3×3 'same' convolutions, each with batch norm and ReLU, from one width to the next."""
    return nn.Sequential(
        *(
            nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.BatchNorm2d(n_out), nn.ReLU(inplace=True))
            for n_in, n_out in pairwise(widths)
        )
    )


def encoder_levels(width: int) -> nn.ModuleList:
    """The levels of the encoder, without the poolings between them."""
    widths = level_widths(width)
    above = [3, *widths[:-1]]
    return nn.ModuleList(
        level([n_in, *[n_out] * n]) for n, n_in, n_out in zip(CONVOLUTIONS, above, widths, strict=True)
    )


def make_encoder(width: int, encoder_weights: EncoderWeights, encoder_file: Path | None) -> nn.ModuleList:
    """The levels of an encoder, begun afresh or with VGG16's weights.

    Raises
    ------
    TrainingError
        If the options contradict each other, or the weights cannot be had or do not fit.

    """
    _refuse_contradictions(width, encoder_weights, encoder_file)
    encoder = encoder_levels(width)
    if encoder_weights == "imagenet":
        load_imagenet_weights(encoder, encoder_file)
    return encoder


def _refuse_contradictions(width: int, encoder_weights: str, encoder_file: Path | None) -> None:
    """Refuse ImageNet weights for a slim encoder, and a file of weights that nobody wants."""
    if encoder_weights == "imagenet" and width != PAPER_WIDTH:
        raise TrainingError(
            "ImageNet weights do not fit an encoder of this width",
            came=f"width {width}",
            allowed=f"width {PAPER_WIDTH}",
            do='leave out width, or set encoder_weights to "none"',
        )
    if encoder_weights == "none" and encoder_file is not None:
        raise TrainingError(
            "encoder_file is given but not used",
            came='encoder_weights "none"',
            allowed='"imagenet"',
            do='set encoder_weights to "imagenet", or leave out encoder_file',
        )
