"""How right counts stay when the stain is another one: photographs re-stained over the range of real stains.

Dyes take away a share of the light of each colour. So a photograph is taken apart into the light of its empty
background and what is left of that at each pixel, as absorbance o = −log10(I / background). Another stain is another
absorbance o', another lamp or camera another background:

    I' = background' · 10^−o'

o' is linear in o up to twice the absorbance of the median red cell r, and makes that the absorbance t that the stain
says. What is at right angles to r, and what goes beyond two red cells on top of each other, is the dye of nuclei and
platelets: it keeps its hue. A stain has no chance in it, and leaves every cell where it is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.evaluation.robustness import Pixels
from hemolens.measurements.colours import background_colour

Colour = tuple[float, float, float]
"""Of red, green and blue."""

DARKEST = 1.2
"""Absorbance that no dye goes beyond where it was not there already: stray light reaches every camera."""

LARGEST_HUE_GAIN = 2.0
"""Differences of hue grow by this factor at most: they are coarse in a file, and more would show its JPEG blocks."""

MOST_RED_CELLS = 2.0
"""Up to this many red cells on top of each other have the hue of red cells; what is darker is another dye."""

_LEAST_STAIN = 0.02
"""With red cells of less absorbance than this (length over three channels) there is nothing to give a colour to."""
_N_LOOKED_AT = 300_000
"""Pixels that red cells are measured in, at most twice as many."""


class Stain(NamedTuple):
    """What a smear is made to look like.

    Attributes
    ----------
    red_cells : Colour or None
        Absorbance of the median red cell; None for what it is on the photograph.
    strength : float
        Multiplies the absorbance of everything.
    background : Colour or None
        Red, green and blue of the empty background, 0 … 255; None for what it is on the photograph.
    hue_contrast : float
        How much of the differences of hue between cells is left, 0 (none: all have the hue of red cells) to 1.

    """

    red_cells: Colour | None = None
    strength: float = 1.0
    background: Colour | None = None
    hue_contrast: float = 1.0


STAINS: dict[str, Stain] = {
    "pale": Stain(strength=0.5),
    "dark": Stain(strength=2.0),
    "pink": Stain(red_cells=(0.01, 0.28, 0.14)),
    "purple": Stain(red_cells=(0.20, 0.28, 0.12)),
    "blue-grey": Stain(red_cells=(0.24, 0.24, 0.14)),
    "Giemsa, dark": Stain(red_cells=(0.39, 0.42, 0.23)),
    "Giemsa, very dark": Stain(red_cells=(0.56, 0.60, 0.36)),
    "bluish video camera": Stain(red_cells=(0.16, 0.17, 0.08), background=(150, 165, 205), hue_contrast=0.7),
    "nearly grey": Stain(red_cells=(0.13, 0.15, 0.13), background=(205, 205, 200), hue_contrast=0.3),
    "grey": Stain(red_cells=(0.15, 0.15, 0.15), background=(200, 200, 200), hue_contrast=0.0),
    "yellowish background": Stain(background=(197, 185, 125)),
    "green background": Stain(background=(156, 175, 127)),
}
"""From pale to dark, over the hues of real laboratories, in the order of the table."""


def restain(pixels: Pixels, stain: Stain) -> Pixels:
    """Make a photograph look as if it had been stained and taken otherwise.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel. Without red cells that can be seen, only ``strength`` and ``background`` are changed.
    stain : Stain

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)

    Examples
    --------
    >>> glass, cell = (200, 200, 200), (190, 150, 170)
    >>> smear = np.array([[glass] * 4 + [cell] * 6] * 10, np.uint8)
    >>> restain(smear, Stain(red_cells=(0.3, 0.4, 0.2)))[0, [0, 9]].tolist()
    [[200, 200, 200], [100, 80, 126]]

    """
    background = np.maximum(background_colour(pixels), 1)
    absorbance = _absorbance(pixels, background)
    stained = change_stain(absorbance, red_cell_absorbance(pixels, background), stain)
    light = np.asarray(stain.background or background, np.float32)
    return np.clip(np.round(light * np.power(np.float32(10), -stained)), 0, 255).astype(np.uint8)


def change_stain(absorbance: NDArray[np.float32], red_cells: NDArray[np.float64], stain: Stain) -> NDArray[np.float32]:
    """Turn absorbances into those of another stain.

    Parameters
    ----------
    absorbance : ndarray of float32, shape (H, W, 3)
        Red, green and blue.
    red_cells : ndarray of float64, shape (3,)
        Absorbance of the median red cell.
    stain : Stain

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
        Not above :data:`DARKEST` and not below 0 where it was not so before.

    Examples
    --------
    >>> glass, red_cell, nucleus = (0, 0, 0), (0, 0.25, 0), (0.25, 1, 0)
    >>> smear = np.array([[glass, red_cell, nucleus]], np.float32)
    >>> change_stain(smear, np.array(red_cell), Stain(red_cells=(0, 0, 0.25))).tolist()
    [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.25], [0.25, 0.5, 0.5]]]

    """
    length = float(np.linalg.norm(red_cells))
    if length < _LEAST_STAIN:
        stained = absorbance * np.float32(stain.strength)
    else:
        wanted = (stain.strength * np.asarray(stain.red_cells or red_cells)).astype(np.float32)
        own = red_cells.astype(np.float32)
        gain = min(float(np.linalg.norm(wanted)) / length, LARGEST_HUE_GAIN)
        n_red_cells = (absorbance @ own / np.float32(length**2))[..., None]  # on top of each other
        of_red_cells = np.minimum(n_red_cells, np.float32(MOST_RED_CELLS))
        coloured = of_red_cells * wanted + np.float32(gain) * (absorbance - of_red_cells * own)
        stained = n_red_cells * wanted * np.float32(1 - stain.hue_contrast) + coloured * np.float32(stain.hue_contrast)
    low = np.minimum(absorbance.min(axis=-1, keepdims=True), 0)
    high = np.maximum(absorbance.max(axis=-1, keepdims=True), np.float32(DARKEST))
    return np.asarray(np.clip(stained, low, high), np.float32)


def red_cell_absorbance(pixels: Pixels, background: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure the absorbance of the median red cell.

    Stain is told from glass by the square root of the absorbance of all channels together (Otsu's threshold): under
    the root nuclei are no longer so far from red cells that these would be taken for glass. Red cells have by far most
    of the stained area.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    background : ndarray of float64, shape (3,)
        Red, green and blue of the empty background, above 0.

    Returns
    -------
    ndarray of float64, shape (3,)
        Red, green and blue; zeros where nothing is stained.

    Examples
    --------
    >>> smear = np.full((10, 10, 3), 200, np.uint8)
    >>> smear[:6], smear[0] = (190, 150, 170), (90, 50, 120)
    >>> red_cell_absorbance(smear, np.full(3, 200.0)).round(3).tolist()
    [0.022, 0.125, 0.071]

    """
    import cv2

    step = max(1, int((pixels.shape[0] * pixels.shape[1] / _N_LOOKED_AT) ** 0.5))
    absorbance = _absorbance(pixels[::step, ::step], background).reshape(-1, 3)
    depth = np.sqrt(np.maximum(absorbance.sum(axis=1), 0))
    if not depth.any():
        return np.zeros(3)
    levels = np.round(depth / depth.max() * 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 1, cv2.THRESH_OTSU)
    return np.asarray(np.median(absorbance[levels > threshold], axis=0), np.float64)


def _absorbance(pixels: Pixels, background: NDArray[np.float64]) -> NDArray[np.float32]:
    """Absorbance of each pixel and channel, (H, W, 3); below 0 where it is brighter than the background."""
    levels = np.maximum(np.arange(256), 0.5)[:, None]
    table = np.log10(background / levels).astype(np.float32)
    return np.stack([table[:, channel][pixels[..., channel]] for channel in range(3)], axis=-1)
