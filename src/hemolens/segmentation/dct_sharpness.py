"""Cells are where a photograph is sharp, as the discrete cosine transform of small blocks measures it.

Feng, Li, Pan, 'Microscopic cell image segmentation and counting algorithm based on image definition', Int. J.
Simulation: Systems, Science & Technology 17(38), 2016. Its text was not at hand; what is known of it is that the image
definition is measured by the discrete cosine transform, that cells are counted without a watershed, and that it needs
a photograph in focus. Chosen here:

- The definition of a pixel is the energy of the block around it in all coefficients but the constant one and the two
  that a slope of light fills. The transform is orthonormal, so this is the energy of the block less that of those
  three: no other coefficient is computed.
- Sharp is what is above Otsu's threshold of the logarithm of the definition: nuclei have rims several times as sharp
  as red cells. A body is a sharp rim with what it encloses, where that is darker than its surroundings.
- The counter is ``connected-components``: the inside of each rim is a cell, also where rims touch.

It tells no types apart, so it draws red cells, which most of the bodies are. Out of focus nothing is sharp.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemolens.segmentation.stained_bodies import NOTHING, dark_level, disc_px, green_light

BLOCK_DIAMETERS = 0.15
"""Side of a block in red-cell diameters: as wide as the rim of a red cell."""

UNSHARP_AT_MOST = 0.4
"""Mean definition of the rest as a share of that of the rims; the two halves of mere noise are more alike."""

_STEPS = 24  # of the threshold for each doubling of the definition
_LEAST = 0.25  # grey levels: what is less sharp does not differ
_LARGEST_INSIDE = 1.0  # red-cell discs: a larger region that rims enclose is a gap between cells


def definition(green: NDArray[np.uint8], block_px: int) -> NDArray[np.float32]:
    """Measure the definition: the root mean square of a block in its higher coefficients.

    Parameters
    ----------
    green : ndarray of uint8, shape (H, W)
    block_px : int
        Side of a block, at least 2.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In grey levels; 0 on one colour and on an even slope of light.

    Examples
    --------
    >>> step = np.full((9, 9), 100, np.uint8)
    >>> step[:, 5:] = 140
    >>> definition(step, 4)[4].round().astype(int).tolist()
    [0, 0, 0, 0, 11, 8, 11, 0, 0]

    """
    import cv2

    place = np.arange(block_px) + 0.5
    constant = np.full(block_px, block_px**-0.5)
    slope = (2 / block_px) ** 0.5 * np.cos(np.pi * place / block_px)
    light = green.astype(np.float64)
    energy = np.asarray(cv2.sepFilter2D(light**2, -1, np.ones(block_px), np.ones(block_px)), np.float64)
    for across, down in ((constant, constant), (slope, constant), (constant, slope)):
        energy -= np.asarray(cv2.sepFilter2D(light, -1, across, down), np.float64) ** 2
    return np.sqrt(np.maximum(energy, 0) / block_px**2).astype(np.float32)


def measure_levels(pixels: NDArray[np.uint8], red_cell_diameter_px: float) -> tuple[float, ...]:
    """Measure the definition above which a place is sharp.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels, > 0.

    Returns
    -------
    (float,)
        In grey levels; :data:`~hemolens.segmentation.stained_bodies.NOTHING` where nothing is sharper than the rest.

    """
    found = np.maximum(definition(green_light(pixels), _block_px(red_cell_diameter_px)), _LEAST)
    logarithms = np.minimum(np.round(np.log2(found / _LEAST) * _STEPS), 255).astype(np.uint8)
    unsharp = logarithms <= dark_level(logarithms, at_most=1)
    if not unsharp.any() or found[unsharp].mean() > UNSHARP_AT_MOST * found[~unsharp].mean():
        return (NOTHING,)
    return (float(found[unsharp].max()),)


def draw(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, levels: tuple[float, ...]
) -> Mapping[str, NDArray[np.float32]]:
    """Draw the mask and the edge of all bodies.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels, > 0.
    levels : (float,)
        From :func:`measure_levels`.

    Returns
    -------
    mapping of str to ndarray of float32, shape (H, W)
        ``rbc.mask``, 0 or 1, and ``rbc.edge``, 0 … 1: 0.5 where it begins to be sharp.

    """
    import cv2

    (level,) = levels
    nothing = np.zeros(pixels.shape[:2], np.float32)
    if level == NOTHING:
        return {"rbc.mask": nothing, "rbc.edge": nothing}
    green, block_px = green_light(pixels), _block_px(red_cell_diameter_px)
    found = definition(green, block_px)
    sharp = found > level
    body = sharp | _insides(~sharp, green, red_cell_diameter_px)
    # A block is sharp already where it only reaches the rim, half its side outside of the cell.
    body = np.asarray(cv2.erode(body.astype(np.uint8), np.ones((block_px // 2 * 2 + 1,) * 2, np.uint8))) > 0
    return {"rbc.mask": body.astype(np.float32), "rbc.edge": np.minimum(found / np.float32(2 * level), 1)}


def _insides(unsharp: NDArray[np.bool_], green: NDArray[np.uint8], red_cell_diameter_px: float) -> NDArray[np.bool_]:
    """Keep what rims enclose, no larger than a red cell: of the two sides of a rim, the darker is the cell."""
    import cv2

    n_pieces, pieces, stats, _ = cv2.connectedComponentsWithStats(unsharp.astype(np.uint8), connectivity=4)
    side = round(red_cell_diameter_px)
    brighter = green - cv2.blur(green.astype(np.float32), (side, side))
    is_inside = np.bincount(pieces.ravel(), brighter.ravel(), n_pieces) < 0
    is_inside &= stats[:, cv2.CC_STAT_AREA] <= _LARGEST_INSIDE * disc_px(red_cell_diameter_px)
    is_inside[0] = False
    return np.asarray(is_inside[pieces])


def _block_px(red_cell_diameter_px: float) -> int:
    return max(2, round(BLOCK_DIAMETERS * red_cell_diameter_px))
