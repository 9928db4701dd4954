"""GrabCut for white cells, begun where nuclei have strong edges.

Sudha, Geetha, 'A novel approach for segmentation and counting of overlapped leukocytes in microscopic blood images',
Biocybernetics and Biomedical Engineering 40(2), 2020, 639-648. Its text was not at hand; what is known of it is that a
GrabCut based on the strength of edges segments the white cells, and that a gradient circular Hough transform counts
them where they touch and overlap. Chosen here:

- GrabCut (Rother, Kolmogorov, Blake, ACM Trans. Graphics 23(3), 2004, 309-314, as OpenCV has it) begins at purple
  nuclei (:mod:`hemolens.segmentation.stained_bodies`) whose border is a strong edge, each in a window of its own. The
  inside of the nucleus belongs to the cell, what is far from it does not, and what is close around it is cut: by
  colour, and where neighbouring pixels differ.
- The counter is ``circle-hough``: there, a pixel of an edge votes along its gradient (Yuen, Princen, Illingworth,
  Kittler, Image and Vision Computing 8(1), 1990, 71-77).

What has no purple nucleus is not found: all white cells of a grey photograph, and those that the stain left pale.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemolens.segmentation import otsu
from hemolens.segmentation.stained_bodies import dilated, green_light

AROUND_DIAMETERS = 0.45
"""How far from its nucleus a pixel may belong to a white cell, in red-cell diameters."""

LEAST_EDGE = 0.05
"""Strength of the edge of a nucleus: step of green light within a tenth of a red-cell diameter, as a share of 255."""

_WINDOW_DIAMETERS = 0.9  # around a nucleus: what is certainly no part of it is seen, too
_INSIDE_DIAMETERS = 0.05  # from the border of a nucleus on
_N_ROUNDS = 3
_FEWEST_PX = 50  # OpenCV describes the colours of each side by five clusters

measure_levels = otsu.measure_levels
"""Those of the same bodies and nuclei."""


def draw(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, levels: tuple[float, ...]
) -> Mapping[str, NDArray[np.float32]]:
    """Draw the mask of the white cells.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels, > 0.
    levels : (float, float)
        From :func:`hemolens.segmentation.otsu.measure_levels`.

    Returns
    -------
    mapping of str to ndarray of float32, shape (H, W)
        ``wbc.mask``, 0 or 1.

    """
    import cv2

    _, nuclei = otsu.bodies_and_nuclei(pixels, red_cell_diameter_px, levels)
    strength = edge_strength(green_light(pixels), red_cell_diameter_px)
    mask = np.zeros(nuclei.shape, np.float32)
    n_nuclei, numbers, stats, _ = cv2.connectedComponentsWithStats(nuclei.astype(np.uint8), connectivity=8)
    margin = int(_WINDOW_DIAMETERS * red_cell_diameter_px) + 1
    for number in range(1, n_nuclei):
        left, top, width, height = stats[number, : cv2.CC_STAT_AREA].tolist()
        window = np.s_[max(0, top - margin) : top + height + margin, max(0, left - margin) : left + width + margin]
        nucleus = numbers[window] == number
        rim = nucleus & dilated(~nucleus, 1)
        if rim.any() and strength[window][rim].mean() >= LEAST_EDGE:
            np.maximum(mask[window], cut_out(pixels[window], nucleus, red_cell_diameter_px), out=mask[window])
    return {"wbc.mask": mask}


def edge_strength(green: NDArray[np.uint8], red_cell_diameter_px: float) -> NDArray[np.float32]:
    """Measure how much light changes within a tenth of a red-cell diameter.

    Parameters
    ----------
    green : ndarray of uint8, shape (H, W)
    red_cell_diameter_px : float
        In these pixels, > 0.

    Returns
    -------
    ndarray of float32, shape (H, W)
        0 … 1, as a share of 255.

    """
    import cv2

    side = max(1, round(red_cell_diameter_px / 20))
    around = np.ones((2 * side + 1, 2 * side + 1), np.uint8)
    return np.asarray(cv2.morphologyEx(green, cv2.MORPH_GRADIENT, around), np.float32) / np.float32(255)


def cut_out(pixels: NDArray[np.uint8], nucleus: NDArray[np.bool_], red_cell_diameter_px: float) -> NDArray[np.bool_]:
    """Cut the cell around a nucleus out of its window.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    nucleus : ndarray of bool, shape (H, W)
    red_cell_diameter_px : float
        In these pixels, > 0.

    Returns
    -------
    ndarray of bool, shape (H, W)
        The nucleus itself where the window holds too little of one side.

    """
    import cv2

    inside = ~dilated(~nucleus, _INSIDE_DIAMETERS * red_cell_diameter_px)
    near = dilated(nucleus, AROUND_DIAMETERS * red_cell_diameter_px)
    if min(np.count_nonzero(inside), np.count_nonzero(~near)) < _FEWEST_PX:
        return nucleus
    sides: NDArray[np.uint8] = np.full(nucleus.shape, cv2.GC_BGD, np.uint8)
    sides[near] = cv2.GC_PR_FGD
    sides[inside] = cv2.GC_FGD
    cv2.setRNGSeed(0)  # its clusters begin at random places: the same photograph must give the same cells
    colours = np.zeros((1, 65)), np.zeros((1, 65))  # what OpenCV writes of both sides on its way
    cv2.grabCut(pixels, sides, (0, 0, 1, 1), *colours, _N_ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.asarray((sides == cv2.GC_FGD) | (sides == cv2.GC_PR_FGD))
