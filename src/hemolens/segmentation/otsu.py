"""Otsu's threshold and morphology for red cells, white cells and platelets.

Bhavnani, Jaliya, Joshi, 'Segmentation and Counting of WBCs and RBCs from Microscopic Blood Sample Images', IJIGSP
8(11), 2016, 32-40. What could be read is its abstract: Otsu's threshold and morphological operations segment,
geometric features count, and watershed or the circular Hough transform counts the red cells. Chosen here, as it says no
more:

- Bodies are what is dark in green light, by Otsu's threshold; of them, nuclei are what is purple, by Otsu's threshold,
  too (:mod:`hemolens.segmentation.stained_bodies`).
- The geometric feature is the size: a white cell is what is near a large piece of nucleus, a platelet a body that is
  much smaller than a red cell, and red cells are the rest.

One threshold for the whole photograph takes its darkest corner for a cell where the light is uneven; dirt as small as
a platelet is a platelet.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemolens.segmentation.stained_bodies import (
    CELLS_AT_MOST,
    NUCLEI_AT_MOST,
    bodies_of,
    dark_level,
    dilated,
    disc_px,
    green_light,
    greenness,
    nuclei_of_white_cells,
    red_cells_of,
    white_cells_around,
)

LARGEST_PLATELET = 0.3
"""A body of at most so many red-cell discs is a platelet."""


def measure_levels(pixels: NDArray[np.uint8], red_cell_diameter_px: float) -> tuple[float, ...]:
    """Measure the two thresholds.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels; not needed.

    Returns
    -------
    (float, float)
        Green light up to which a pixel belongs to a body, and greenness up to which it belongs to a nucleus;
        :data:`~hemolens.segmentation.stained_bodies.NOTHING` without any.

    """
    light, green = green_light(pixels), greenness(pixels)
    # Among pale red cells, nuclei would be the only dark class: first without what is purple on the whole photograph.
    without_purple = light[green > dark_level(green, NUCLEI_AT_MOST)]
    cells = max(dark_level(without_purple, CELLS_AT_MOST), dark_level(light, CELLS_AT_MOST))
    return cells, dark_level(green[light <= cells], NUCLEI_AT_MOST)


def draw(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, levels: tuple[float, ...]
) -> Mapping[str, NDArray[np.float32]]:
    """Draw the masks of the three types.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels, > 0.
    levels : (float, float)
        From :func:`measure_levels`.

    Returns
    -------
    mapping of str to ndarray of float32, shape (H, W)
        ``rbc.mask``, ``wbc.mask`` and ``plt.mask``, 0 or 1.

    """
    bodies, nuclei = bodies_and_nuclei(pixels, red_cell_diameter_px, levels)
    white = white_cells_around(nuclei, red_cell_diameter_px)
    platelets = _small_bodies(bodies & ~white, white, LARGEST_PLATELET * disc_px(red_cell_diameter_px))
    red = red_cells_of(bodies & ~platelets, white, red_cell_diameter_px)
    masks = {"rbc.mask": red, "wbc.mask": white, "plt.mask": platelets}
    return {name: mask.astype(np.float32) for name, mask in masks.items()}


def bodies_and_nuclei(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, levels: tuple[float, ...]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find what is stained, and what of it are nuclei of white cells; arguments as of :func:`draw`.

    Returns
    -------
    bodies, nuclei : ndarray of bool, shape (H, W)

    """
    bodies = bodies_of(green_light(pixels) <= levels[0], red_cell_diameter_px)
    return bodies, nuclei_of_white_cells(bodies & (greenness(pixels) <= levels[1]), bodies, red_cell_diameter_px)


def _small_bodies(body: NDArray[np.bool_], white: NDArray[np.bool_], largest_px: float) -> NDArray[np.bool_]:
    """Keep small bodies that neither the frame cuts nor a white cell touches: those are pieces of larger ones."""
    import cv2

    beside = dilated(white, 1)
    n_pieces, pieces, stats, _ = cv2.connectedComponentsWithStats(body.astype(np.uint8), connectivity=8)
    left, top, width, height, area = stats[:, : cv2.CC_STAT_AREA + 1].T
    at_frame = (left == 0) | (top == 0) | (left + width == body.shape[1]) | (top + height == body.shape[0])
    is_small = (area <= largest_px) & ~at_frame & (np.bincount(pieces[beside], minlength=n_pieces) == 0)
    is_small[0] = False
    return np.asarray(is_small[pieces])
