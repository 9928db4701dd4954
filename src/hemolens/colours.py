"""The colours of a photograph brought to a standard: lamp, camera and strength of the stain no longer differ.

Stained cells take away a share of the light that comes through the glass. So dividing by the light of the empty
background (flat-field correction with one value for the whole field) leaves what the stain does, and takes away what
lamp and camera do. How colourful the red cells then are is left to stain, camera and file; one factor for the whole
photograph brings it to the same for all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

BRIGHT_SHARE = (0.80, 0.95)
"""The background is measured in the pixels between these quantiles of green light: brighter ones are glare or dust."""

DARKEST = 40
"""A background is taken to be at least this bright, so that a black picture stays dark."""

LARGEST_FACTOR = 1.4
"""Colours are made at most so many times stronger or weaker: grey ones are noise, and nuclei must not fade."""

_RED_CELL_GREEN, _RED_CELL_RED = 0.85, 0.70
"""Red cells let through less green light than the first share of the background's and more red than the second."""
_LEAST_RED_CELLS = 0.02
"""Share of a picture that has to look like red cells for their colour to be measured."""
_RED, _GREEN = 0, 1


class StandardColours(BaseModel):
    """What the colours of every photograph are brought to before a network sees it.

    Attributes
    ----------
    background_level : float
        Grey of the empty background, above 0 and up to 255.
    red_cell_saturation : float
        Saturation of the red cells (HSV: 1 − smallest / largest of red, green and blue), above 0 and up to 1.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    background_level: float = Field(gt=0, le=255)
    red_cell_saturation: float = Field(gt=0, le=1)


class MeasuredColours(NamedTuple):
    """Colours of a photograph: ``background`` float64 (3,), 0 … 255; saturation of its red cells, 0 … 1, if it has any.

    The saturation is that of light divided by the background's.
    """

    background: NDArray[np.float64]
    red_cell_saturation: float | None


def background_colour(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Measure the colour of the empty background.

    Haemoglobin and the stains darken green light most, so the background is where green is bright.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel. Where cells leave less than a tenth of the frame free, the result is the colour of the
        palest cells.

    Returns
    -------
    ndarray of float64, shape (3,)
        Median red, green and blue, 0 … 255.

    Examples
    --------
    >>> smear = np.full((10, 10, 3), (200, 190, 180), np.uint8)
    >>> smear[:6] = (170, 120, 130)
    >>> background_colour(smear).tolist()
    [200.0, 190.0, 180.0]

    """
    green = pixels[..., _GREEN]
    below = np.cumsum(np.bincount(green.ravel(), minlength=256)) / green.size
    low, high = (int(np.searchsorted(below, share)) for share in BRIGHT_SHARE)
    bright = pixels[(green >= low) & (green <= high)]
    return np.array([np.median(bright[:, channel]) for channel in range(3)])


def measure_colours(pixels: NDArray[np.uint8]) -> MeasuredColours:
    """Measure the colours that a photograph is standardised by.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.

    Examples
    --------
    >>> smear = np.full((10, 10, 3), (200, 190, 180), np.uint8)
    >>> smear[:6] = (180, 114, 144)
    >>> round(measure_colours(smear).red_cell_saturation, 2)
    0.33

    """
    background = background_colour(pixels)
    full = np.maximum(background, DARKEST)
    is_red_cell = (pixels[..., _GREEN] < full[_GREEN] * _RED_CELL_GREEN) & (
        pixels[..., _RED] > full[_RED] * _RED_CELL_RED
    )
    if is_red_cell.mean() < _LEAST_RED_CELLS:
        return MeasuredColours(background, None)
    red, green, blue = (pixels[is_red_cell] / full.astype(np.float32)).T
    darkest, brightest = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    return MeasuredColours(background, float(np.median(1 - darkest / np.minimum(brightest, 1))))


def standardise(
    pixels: NDArray[np.uint8], standard: StandardColours, measured: MeasuredColours | None = None
) -> NDArray[np.uint8]:
    """Bring the background to its grey, then the saturation of the red cells to its value; brighter light is clipped.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    standard : StandardColours
    measured : MeasuredColours, optional
        Where these pixels are a part of a picture, its colours; without them, they are measured in the pixels.

    Examples
    --------
    >>> standard = StandardColours(background_level=220, red_cell_saturation=0.2)
    >>> glass, cell = (200, 160, 100), (200, 120, 75)
    >>> smear = np.array([[glass, glass, cell, cell]], np.uint8)
    >>> standardise(smear, standard)[0, 1:3].tolist()
    [[220, 220, 220], [220, 176, 176]]

    """
    import cv2

    background, saturation = measured or measure_colours(pixels)
    levelled = _level(pixels, standard.background_level, background)
    if saturation is None:
        return levelled
    factor = standard.red_cell_saturation / max(saturation, 1 / 255)
    factor = min(max(factor, 1 / LARGEST_FACTOR), LARGEST_FACTOR)
    channels = cv2.split(levelled)
    largest = cv2.max(cv2.max(channels[0], channels[1]), channels[2])
    return np.asarray(
        cv2.merge([cv2.addWeighted(channel, factor, largest, 1 - factor, 0) for channel in channels]), np.uint8
    )


def _level(pixels: NDArray[np.uint8], level: float, background: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Multiply each colour channel so that the background becomes a grey of ``level``."""
    import cv2

    gains = level / np.maximum(background, DARKEST)
    table = np.clip(np.round(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table[None]), np.uint8)
