"""What lies over a smear and is no cell: stain precipitate, and the lines of a reticle or a counting grid.

Both are narrow and dark. What is left of the absorbance of green light when all that is wide enough for a platelet is
taken away (the white top-hat: Meyer 1979) shows them alone:

- A *speck* takes up clearly more light than a red cell at its middle, and is smaller than a platelet. Those in the
  background are counted; in cells there are granules, parasites and remnants of nuclei.
- A *line* is longer than a few red cells and straight (probabilistic Hough transform: Matas, Galambos and Kittler
  2000). White cells are left out, whose nuclei are full of dark spots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell
from hemolens.images.polygon import draw_polygon

SPECK_WIDTH = 0.16
"""A speck is narrower, in red-cell diameters: 1.2 µm with its blurred rim; platelets are wider."""

SPECK_DARKNESS = 2.0
"""Of what red cells take up, a speck takes up so many times as much at its darkest."""

SHORTEST_LINE = 2.5
"""In red-cell diameters: shorter ones are the sides of cells."""

_VIEW_DIAMETER_PX = 64.0
_VIEW_AREA_PX = 1_200_000  # of a larger view the middle is looked at: it holds some 250 red cells
_LINE_DARKNESS = 0.5  # of the contrast of red cells
_LEAST_CONTRAST = 0.02  # absorbance
_DARKEST_BACKGROUND = 40
_RIM = 0.06  # red-cell diameters around a cell that belong to it
_GAP = 0.1  # red-cell diameters that a line may be interrupted by
_ALONG_LINE = 0.7  # share of the pixels of a line that are dark
_GREEN = 1

_Floats = NDArray[np.float32]
_Mask = NDArray[np.bool_]


def measure_artefacts(
    pixels: NDArray[np.uint8],
    diameter_px: float,
    cells: Sequence[Cell],
    background: NDArray[np.float64],
    contrast: float,
) -> dict[str, float]:
    """Measure how densely dark specks lie, and how long the longest straight line is.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB photograph.
    diameter_px : float
        Diameter of a red cell in pixels.
    cells : sequence of Cell
        What was counted, in pixels of the photograph.
    background : ndarray of float64, shape (3,)
        Red, green and blue of the empty background, 0 … 255.
    contrast : float
        How much darker red cells are than the background (absorbance, natural logarithm).

    Returns
    -------
    dict of str to float
        ``specks``: number of dark specks in the background times the area of a disc one red cell wide ÷ area of the
        background. ``line``: length of the longest straight line in red-cell diameters, 0 without any.

    """
    import cv2

    zoom = min(1.0, _VIEW_DIAMETER_PX / diameter_px)
    n_rows, n_cols = pixels.shape[:2]
    keep = min(1.0, (_VIEW_AREA_PX / (n_rows * n_cols)) ** 0.5 / zoom)
    row0, col0 = (int(n * (1 - keep) / 2) for n in (n_rows, n_cols))
    green = pixels[row0 : n_rows - row0, col0 : n_cols - col0, _GREEN]
    size = tuple(max(1, round(n * zoom)) for n in (green.shape[1], green.shape[0]))
    view = np.asarray(cv2.resize(green, size, interpolation=cv2.INTER_AREA), np.uint8)
    narrow = _narrow(view, float(background[_GREEN]), diameter_px * zoom) / np.float32(max(contrast, _LEAST_CONTRAST))
    in_cell, in_white_cell = np.zeros(view.shape, np.uint8), np.zeros(view.shape, np.uint8)
    for cell in cells:
        if cell.type == "plt":  # some of them may be specks
            continue
        outline = (cell.outline[:, ::-1].astype(np.float64) - (col0, row0) + 0.5) * zoom
        draw_polygon(in_cell, outline, 1)
        if cell.type == "wbc":
            draw_polygon(in_white_cell, outline, 1)
    rim = _disc(2 * _RIM * diameter_px * zoom)
    is_free, is_white = (cv2.dilate(mask, rim) > 0 for mask in (in_cell, in_white_cell))
    return {
        "specks": _speck_density(narrow, ~is_free, diameter_px * zoom),
        "line": _longest_line((narrow > _LINE_DARKNESS) & ~is_white, diameter_px * zoom),
    }


def _narrow(green: NDArray[np.uint8], background: float, diameter_px: float) -> _Floats:
    """Absorbance (natural logarithm) of what is narrower than a platelet, float32 of the picture's shape."""
    import cv2

    levels = np.maximum(np.arange(256), 1)
    table = (math.log(max(background, _DARKEST_BACKGROUND)) - np.log(levels)).astype(np.float32)
    return np.asarray(cv2.morphologyEx(table[green], cv2.MORPH_TOPHAT, _disc(SPECK_WIDTH * diameter_px)), np.float32)


def _disc(diameter_px: float) -> NDArray[np.uint8]:
    """Disc of an odd width of at least 3 px."""
    import cv2

    side = 2 * max(1, round(diameter_px / 2)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _speck_density(narrow: _Floats, is_background: _Mask, diameter_px: float) -> float:
    """Specks in the background × area of a disc one red cell wide ÷ area of the background; 0 without any."""
    import cv2

    if not is_background.any():
        return 0.0
    bodies = ((narrow > 1) & is_background).astype(np.uint8)
    numbers, statistics = cv2.connectedComponentsWithStats(bodies, connectivity=8)[1:3]
    is_dark = np.bincount(numbers[narrow > SPECK_DARKNESS], minlength=len(statistics)) > 0
    widths = statistics[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    is_speck = is_dark & (widths <= SPECK_WIDTH * diameter_px + 1)
    is_speck[0] = False  # what is no body
    return float(is_speck.sum() * math.pi / 4 * diameter_px**2 / is_background.sum())


def _longest_line(is_narrow: _Mask, diameter_px: float) -> float:
    """Length of the longest straight line in red-cell diameters; 0 without any."""
    import cv2

    shortest = SHORTEST_LINE * diameter_px
    found = cv2.HoughLinesP(
        is_narrow.astype(np.uint8), 1, math.pi / 360, max(1, int(_ALONG_LINE * shortest)),
        minLineLength=shortest, maxLineGap=_GAP * diameter_px,
    )  # fmt: skip
    if found is None:
        return 0.0
    x0, y0, x1, y1 = np.asarray(found, np.float64).reshape(-1, 4).T
    return float(np.hypot(x1 - x0, y1 - y0).max() / diameter_px)
