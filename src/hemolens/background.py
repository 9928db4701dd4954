"""The empty background brought to one colour: lamp, white balance and exposure no longer differ between photographs.

Stained cells take away a share of the light that comes through the glass. So dividing by the light of the empty
background (flat-field correction with one value for the whole field) leaves what the stain does, and takes away what
lamp and camera do.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BRIGHT_SHARE = (0.80, 0.95)
"""The background is measured in the pixels between these quantiles of green light: brighter ones are glare or dust."""

DARKEST = 40
"""A background is taken to be at least this bright, so that a black picture stays dark."""

_GREEN = 1


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


def level_background(
    pixels: NDArray[np.uint8], level: float, colour: NDArray[np.float64] | None = None
) -> NDArray[np.uint8]:
    """Multiply each colour channel so that the background becomes a grey of ``level``; brighter light is clipped.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    level : float
        0 … 255.
    colour : ndarray of float64, shape (3,), optional
        Of the background, where these pixels are a part of a picture; without it, it is measured in them.

    Examples
    --------
    >>> level_background(np.full((1, 1, 3), (200, 160, 100), np.uint8), 220).tolist()
    [[[220, 220, 220]]]

    """
    import cv2

    gains = level / np.maximum(background_colour(pixels) if colour is None else colour, DARKEST)
    table = np.clip(np.round(np.arange(256)[:, None] * gains), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(np.ascontiguousarray(pixels), table[None]), np.uint8)
