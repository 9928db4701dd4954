"""What the classifier sees of a cell: its surroundings at one scale, in standard colours, and its outline."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.cell import Cell
from hemolens.images.box import Box
from hemolens.images.image import SmearImage
from hemolens.images.polygon import fill_polygon
from hemolens.images.resampling import resize
from hemolens.measurements.colours import MeasuredColours, StandardColours, standardise

OUTLINE_CHANNEL = 3
"""The channel after red, green and blue: 255 inside the outline, 0 outside."""


def cut_crops(
    image: SmearImage,
    cells: Sequence[Cell],
    *,
    zoom: float,
    side_px: int,
    standard: StandardColours,
    measured: MeasuredColours,
) -> NDArray[np.uint8]:
    """Cut a square around the centre of each cell.

    Parameters
    ----------
    image : SmearImage
    cells : sequence of Cell
        In pixels of the image.
    zoom : float
        Pixels of a crop for each pixel of the image, > 0.
    side_px : int
        Side of a crop.
    standard, measured : StandardColours, MeasuredColours
        What the colours are brought to, and those of the whole image.

    Returns
    -------
    ndarray of uint8, shape (N, side_px, side_px, 4)
        RGB and :data:`OUTLINE_CHANNEL`. What lies beyond the frame is empty background.

    """
    crops = np.empty((len(cells), side_px, side_px, 4), np.uint8)
    for crop, cell in zip(crops, cells, strict=True):
        reach_px = max(0.5, side_px / zoom / 2)
        row0, col0 = round(cell.row + 0.5 - reach_px), round(cell.col + 0.5 - reach_px)
        n = max(1, round(2 * reach_px))
        pixels = _read(image, Box(row0, col0, row0 + n, col0 + n), measured)
        crop[..., :OUTLINE_CHANNEL] = standardise(resize(pixels, (side_px, side_px)), standard, measured)
        crop[..., OUTLINE_CHANNEL] = _painted(cell, row0, col0, side_px / n, side_px)
    return crops


def _read(image: SmearImage, box: Box, measured: MeasuredColours) -> NDArray[np.uint8]:
    """Read a box that may reach beyond the frame."""
    n_rows, n_cols = image.shape
    inside = Box(max(0, box.row0), max(0, box.col0), min(n_rows, box.row1), min(n_cols, box.col1))
    pixels = np.empty((box.row1 - box.row0, box.col1 - box.col0, 3), np.uint8)
    pixels[:] = np.round(measured.background)
    pixels[inside.row0 - box.row0 : inside.row1 - box.row0, inside.col0 - box.col0 : inside.col1 - box.col0] = (
        image.read(inside)
    )
    return pixels


def _painted(cell: Cell, row0: int, col0: int, zoom: float, side_px: int) -> NDArray[np.uint8]:
    """Fill the outline of a cell in a crop that begins at a row and column of the image."""
    corners = (cell.outline[:, ::-1].astype(np.float64) + 0.5 - (col0, row0)) * zoom
    return fill_polygon([corners], Box(0, 0, side_px, side_px)).astype(np.uint8) * 255
