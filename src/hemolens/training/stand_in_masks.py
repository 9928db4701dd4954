"""Masks of red cells made by their colour, without an annotator.

The paper's model B is first trained on red-cell masks of 108 photographs, of which 13 are public. These masks
stand in for the others: background by a wide blur of the bright pixels, Otsu's threshold on what is darker in
green (Otsu, IEEE Trans. SMC 1979), pale centres filled, specks and what is marked as another cell taken out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.images.holes import fill_holes

SMALLEST_CELL = 0.1
"""Smaller pieces are specks, in areas of the disc of one red-cell diameter."""

LARGEST_HOLE = 0.4
"""Larger holes are gaps between cells, not pale centres; in the same unit."""

OTHERS_GROW_BY = 0.06
"""White cells and platelets are taken out with this much around them, in red-cell diameters."""


def draw_stand_in_mask(
    pixels: NDArray[np.uint8], others: NDArray[np.bool_] | None, red_cell_diameter_px: float
) -> NDArray[np.uint8]:
    """Draw a mask of the red cells of a photograph.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    others : ndarray of bool, shape (H, W), or None
        Where white cells and platelets are.
    red_cell_diameter_px : float

    Returns
    -------
    ndarray of uint8, shape (H, W)
        0 or 255; all 0 where nothing is darker than the background.

    """
    green = cv2.GaussianBlur(pixels[..., 1], (0, 0), 0.02 * red_cell_diameter_px + 0.5).astype(np.uint8)
    darker = cv2.subtract(_background(green, red_cell_diameter_px), green)
    is_other = np.zeros(green.shape, bool)
    if others is not None:
        side = 2 * round(OTHERS_GROW_BY * red_cell_diameter_px) + 1
        around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        is_other = cv2.dilate(others.astype(np.uint8), around) > 0
    # Nuclei are darker than any red cell, and would draw the threshold up to themselves.
    threshold, _ = cv2.threshold(darker[~is_other], 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    disc_px = np.pi / 4 * red_cell_diameter_px**2
    mask = fill_holes(darker > threshold, LARGEST_HOLE * disc_px) & ~is_other
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    is_cell = stats[:, cv2.CC_STAT_AREA] >= SMALLEST_CELL * disc_px
    is_cell[0] = False
    return np.where(is_cell[labels], 255, 0).astype(np.uint8)


def _background(green: NDArray[np.uint8], red_cell_diameter_px: float) -> NDArray[np.uint8]:
    """Brightness of the empty field at every pixel: mean of the pixels not below the median, far around."""
    height, width = green.shape
    zoom = min(1.0, 8 / red_cell_diameter_px)  # it changes slowly: a small picture will do
    small = cv2.resize(green, (max(1, round(width * zoom)), max(1, round(height * zoom))), interpolation=cv2.INTER_AREA)
    bright = (small >= np.median(small)).astype(np.float32)
    sigma = 2 * red_cell_diameter_px * zoom
    weight = cv2.GaussianBlur(bright, (0, 0), sigma)
    mean = cv2.GaussianBlur(bright * small, (0, 0), sigma) / np.maximum(weight, 1e-6)
    everywhere = float(small[bright > 0].mean()) if bright.any() else 0.0
    return cv2.resize(np.where(weight > 0.02, mean, everywhere), (width, height)).astype(np.uint8)
