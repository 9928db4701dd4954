"""What the segmentations without a network share: the levels that part stained bodies, and how bodies become cells.

The levels are measured on the whole photograph, so that each block of it has the same. A threshold alone always finds
two classes, also on a picture of nothing: here one is a class of cells only where it is darker by a clear share.

Sizes are in red-cell diameters, or in areas of the disc of one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemolens.images.holes import fill_holes

NOTHING = -1.0
"""A level that no pixel reaches: there are no such bodies."""

CELLS_AT_MOST, NUCLEI_AT_MOST = 0.93, 0.8
"""Mean brightness of cells as a share of the background's, and mean greenness of nuclei as one of red cells'.

Between what the two halves of mere noise have and what the palest cells and nuclei of drawn smears have.
"""

LARGEST_PALE_CENTRE = 0.35
"""In discs: a larger hole is a gap between cells."""

SMALLEST_NUCLEUS = 0.2
"""In discs: smaller purple bodies are platelets, or granules."""

_OPENING = 0.12  # cuts off hairs and bridges
_BETWEEN_LOBES = 0.1  # lobes of one nucleus are nearer than twice that
_CYTOPLASM = 0.12  # around the nucleus of a white cell
_BESIDE_WHITE_CELL = 0.3
_LEAST_WIDTH = 0.4  # of a red cell beside a white one: what is thinner is cytoplasm
_GREEN, _BLUE = 1, 2

_Mask = NDArray[np.bool_]


def green_light(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Green light of a photograph, which haemoglobin and stains darken most; uint8, shape (H, W)."""
    return np.ascontiguousarray(pixels[..., _GREEN])


def greenness(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Share of green in green and blue light, 0 … 255: low where it is purple.

    Nuclei, granules and platelets take up green light and let blue light through, haemoglobin takes up both.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        Black counts as neither.

    Examples
    --------
    >>> greenness(np.array([[[90, 50, 150], [150, 120, 120], [0, 0, 0]]], np.uint8)).tolist()
    [[64, 128, 128]]

    """
    green, blue = pixels[..., _GREEN].astype(np.float32), pixels[..., _BLUE].astype(np.float32)
    return np.round((green + 0.5) / (green + blue + 1) * 255).astype(np.uint8)


def dark_level(values: NDArray[np.uint8], at_most: float) -> float:
    """Find the level up to which values are dark, by Otsu's threshold (IEEE Trans. SMC 9, 1979, 62-66).

    Parameters
    ----------
    values : ndarray of uint8
        Of any shape, also empty.
    at_most : float
        The mean of the dark values is no larger share of that of the bright ones than this, or they are no class of
        their own.

    Returns
    -------
    float
        :data:`NOTHING` without dark values.

    Examples
    --------
    >>> dark_level(np.uint8([100, 104, 200, 204]), 0.9), dark_level(np.uint8([200, 204]), 0.9)
    (104.0, -1.0)

    """
    import cv2

    if not values.size:
        return NOTHING
    level, _ = cv2.threshold(values.reshape(1, -1), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    dark = values <= level
    if dark.all() or not dark.any() or values[dark].mean() > at_most * values[~dark].mean():
        return NOTHING
    return float(level)


def disc_px(red_cell_diameter_px: float) -> float:
    """Area of the disc of one red-cell diameter, in pixels."""
    return float(np.pi / 4 * red_cell_diameter_px**2)


def bodies_of(dark: _Mask, red_cell_diameter_px: float) -> _Mask:
    """Fill the pale centres of what is dark."""
    return fill_holes(dark, LARGEST_PALE_CENTRE * disc_px(red_cell_diameter_px))


def nuclei_of_white_cells(nuclei: _Mask, bodies: _Mask, red_cell_diameter_px: float) -> _Mask:
    """Keep the large nuclei, with what of the bodies lies between their lobes.

    Parameters
    ----------
    nuclei, bodies : ndarray of bool, shape (H, W)
        What is as dark or purple as nuclei, and what belongs to any cell.
    red_cell_diameter_px : float
        In these pixels, > 0.

    Returns
    -------
    ndarray of bool, shape (H, W)

    """
    import cv2

    nuclei = opened(nuclei, _OPENING * red_cell_diameter_px)
    joined = dilated(nuclei, _BETWEEN_LOBES * red_cell_diameter_px)
    n_pieces, pieces = cv2.connectedComponents(joined.astype(np.uint8), connectivity=8)
    area = np.bincount(pieces[nuclei], minlength=n_pieces)
    is_large = area >= SMALLEST_NUCLEUS * disc_px(red_cell_diameter_px)
    is_large[0] = False
    return opened(is_large[pieces] & bodies, _OPENING * red_cell_diameter_px)


def white_cells_around(nuclei: _Mask, red_cell_diameter_px: float) -> _Mask:
    """Add a rim of cytoplasm to nuclei: it is often too pale for any threshold."""
    return dilated(nuclei, _CYTOPLASM * red_cell_diameter_px)


def red_cells_of(bodies: _Mask, white: _Mask, red_cell_diameter_px: float) -> _Mask:
    """Keep the bodies that are not white cells, without hairs, and without the rims that white cells leave.

    Parameters
    ----------
    bodies, white : ndarray of bool, shape (H, W)
    red_cell_diameter_px : float
        In these pixels, > 0.

    Returns
    -------
    ndarray of bool, shape (H, W)

    """
    red = opened(bodies & ~white, _OPENING * red_cell_diameter_px)
    near_white = dilated(white, _BESIDE_WHITE_CELL * red_cell_diameter_px)
    return red & (~near_white | opened(red, _LEAST_WIDTH * red_cell_diameter_px))


def opened(picture: _Mask, diameter_px: float) -> _Mask:
    """Keep of a picture where a disc fits in; beyond the frame it goes on."""
    import cv2

    return np.asarray(cv2.morphologyEx(picture.astype(np.uint8), cv2.MORPH_OPEN, _disc(diameter_px / 2))) > 0


def dilated(picture: _Mask, by_px: float) -> _Mask:
    """Let a picture grow by a length."""
    import cv2

    return np.asarray(cv2.dilate(picture.astype(np.uint8), _disc(by_px))) > 0


def _disc(radius_px: float) -> NDArray[np.uint8]:
    radius = max(0, int(radius_px))
    row, col = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(row**2 + col**2 <= radius * (radius + 1), np.uint8)
