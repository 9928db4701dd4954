"""Photograph and card to probability maps, without a network: the segmentations that a card may name.

The contract: ``measure_levels(pixels, red_cell_diameter_px)`` gives the levels that must be the same on all of a
photograph, and ``draw(pixels, red_cell_diameter_px, levels)`` the outputs that the card names, as a network writes
them. ``draw`` sees a block at a time and looks no further than a few red cells.

A segmentation is a file in this folder with these two functions, and a line in :data:`SEGMENTATIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.errors import ModelError, quoted
from hemolens.images.box import Box
from hemolens.images.resampling import ScaledImage
from hemolens.images.tiles import Part
from hemolens.measurements.colours import MeasuredColours
from hemolens.models.card import ModelCard
from hemolens.probability_maps import CellMaps
from hemolens.segmentation import dct_sharpness, grabcut, otsu, pulse_coupled
from hemolens.segmentation.network_maps import read_standardised, to_maps

Levels = tuple[float, ...]


@dataclass(frozen=True)
class Segmentation:
    """One way to segment without a network.

    Attributes
    ----------
    outputs : tuple of str
        What it draws, as its cards name it.
    measure_levels : callable
        ``measure_levels(pixels, red_cell_diameter_px) -> levels``.
    draw : callable
        ``draw(pixels, red_cell_diameter_px, levels) -> outputs``.

    """

    outputs: tuple[str, ...]
    measure_levels: Callable[[NDArray[np.uint8], float], Levels]
    draw: Callable[[NDArray[np.uint8], float, Levels], Mapping[str, NDArray[np.float32]]]


SEGMENTATIONS: dict[str, Segmentation] = {
    "otsu": Segmentation(("rbc.mask", "wbc.mask", "plt.mask"), otsu.measure_levels, otsu.draw),
    "dct-sharpness": Segmentation(("rbc.mask", "rbc.edge"), dct_sharpness.measure_levels, dct_sharpness.draw),
    "grabcut": Segmentation(("wbc.mask",), grabcut.measure_levels, grabcut.draw),
    "pulse-coupled": Segmentation(("rbc.mask", "wbc.mask"), pulse_coupled.measure_levels, pulse_coupled.draw),
}


def segmentation_of(card: ModelCard) -> Segmentation:
    """Look up the segmentation that a card names.

    Raises
    ------
    ModelError
        There is none of that name, or it draws something else than the card says.

    """
    if card.segmentation not in SEGMENTATIONS:
        raise ModelError(
            f"the card of model {card.name!r} names an unknown segmentation",
            came=repr(card.segmentation),
            allowed=", ".join(SEGMENTATIONS),
            do="name one of these in the card",
        )
    found = SEGMENTATIONS[card.segmentation]
    if card.outputs != found.outputs or card.cell_type is not None:
        raise ModelError(
            f"the card of model {card.name!r} says that its segmentation draws something else than it does",
            came=quoted(", ".join(card.outputs)) + ("" if card.cell_type is None else f" of {card.cell_type}"),
            allowed=quoted(", ".join(found.outputs)),
            do="write these into the card, without a cell type",
        )
    return found


def measure_window_levels(
    scaled: ScaledImage, windows: Sequence[Box], card: ModelCard, measured: MeasuredColours
) -> Levels:
    """Measure the levels of a segmentation on windows of a smear.

    Parameters
    ----------
    scaled : ScaledImage
        The smear at the scale of the model.
    windows : sequence of Box
        At least one, in pixels of the scaled smear.
    card : ModelCard
        Of a model without a network.
    measured : MeasuredColours
        Of the whole smear, for cards that have colours standardised.

    Returns
    -------
    tuple of float
        The median over the windows of each level.

    """
    measure = segmentation_of(card).measure_levels
    found = [
        measure(read_standardised(scaled, window, card, measured), card.red_cell_diameter_px) for window in windows
    ]
    return tuple(np.median(found, axis=0).tolist())


def compute_classical_maps(
    scaled: ScaledImage,
    window: Box,
    card: ModelCard,
    levels: Levels,
    *,
    red_cell_diameter_px: float,
    measured: MeasuredColours,
) -> dict[CellType, CellMaps]:
    """Segment a window of a smear.

    Parameters
    ----------
    scaled : ScaledImage
        The smear at the scale of the model.
    window : Box
        In pixels of the scaled smear.
    card : ModelCard
        Of a model without a network.
    levels : tuple of float
        From :func:`measure_window_levels`.
    red_cell_diameter_px : float
        Usual red-cell diameter at full resolution, > 0.
    measured : MeasuredColours
        As in :func:`measure_window_levels`.

    Returns
    -------
    dict of CellType to ProbabilityMaps or DensityMap
        One for each cell type that the card names, in pixels of the window.

    """
    ruler = red_cell_diameter_px * scaled.shape[0] / scaled.image.shape[0]
    outputs = segmentation_of(card).draw(read_standardised(scaled, window, card, measured), ruler, levels)
    return to_maps(outputs, card, ruler, Part(window.row0, window.col0, scaled.shape))
