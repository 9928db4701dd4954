"""Pictures of any zoom of a photograph or slide, tile by tile, as viewers ask for them (Deep Zoom)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.image import Shape, SmearImage

TILE_PX = 512
"""Width and height of a tile."""


def n_levels(shape: Shape) -> int:
    """How many zooms there are: the last is full resolution, each before it half of that, the first one tile.

    >>> n_levels((400, 512)), n_levels((400, 513)), n_levels((20_000, 20_000))
    (1, 2, 7)
    """
    return max(math.ceil(math.log2(max(shape) / TILE_PX)), 0) + 1


def tile(image: SmearImage, level: int, col: int, row: int) -> NDArray[np.uint8] | None:
    """Draw one tile; None where there is none.

    Parameters
    ----------
    image : SmearImage
    level : int
        0 … :func:`n_levels` − 1.
    col, row : int
        Of the tile.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3), or None
        RGB, at most :data:`TILE_PX` wide and high.

    """
    last = n_levels(image.shape) - 1
    if not 0 <= level <= last or col < 0 or row < 0:
        return None
    zoom = 2 ** (last - level)
    n_rows, n_cols = (math.ceil(side / zoom) for side in image.shape)
    box = Box(row * TILE_PX, col * TILE_PX, min((row + 1) * TILE_PX, n_rows), min((col + 1) * TILE_PX, n_cols))
    if box.row0 >= box.row1 or box.col0 >= box.col1:
        return None
    whole = Box(*(side * zoom for side in box))
    return _read(image, whole, (box.row1 - box.row0, box.col1 - box.col0))


def crop(image: SmearImage, box: Box, side_px: int) -> NDArray[np.uint8]:
    """Draw a part of a photograph, the longest side `side_px` wide, in RGB; what lies outside is grey."""
    n_rows, n_cols = box.row1 - box.row0, box.col1 - box.col0
    zoom = side_px / max(n_rows, n_cols)
    shape = max(round(n_rows * zoom), 1), max(round(n_cols * zoom), 1)
    inside = Box(max(box.row0, 0), max(box.col0, 0), min(box.row1, image.shape[0]), min(box.col1, image.shape[1]))
    drawn = np.full((*shape, 3), 128, np.uint8)
    if inside.row0 < inside.row1 and inside.col0 < inside.col1:
        top, left = round((inside.row0 - box.row0) * zoom), round((inside.col0 - box.col0) * zoom)
        bottom, right = round((inside.row1 - box.row0) * zoom), round((inside.col1 - box.col0) * zoom)
        if top < bottom and left < right:
            drawn[top:bottom, left:right] = _read(image, inside, (bottom - top, right - left))
    return drawn


def _read(image: SmearImage, box: Box, shape: Shape) -> NDArray[np.uint8]:
    """Read a box, in pixels of the full resolution, at a size: from the smallest level that has that many pixels."""
    wanted = shape[0] / (box.row1 - box.row0)
    level = max((n for n, size in enumerate(image.levels) if size[0] / image.shape[0] >= wanted * 0.99), default=0)
    down, right = (own / full for own, full in zip(image.levels[level], image.shape, strict=True))
    n_rows, n_cols = image.levels[level]
    part = Box(
        min(round(box.row0 * down), n_rows - 1),
        min(round(box.col0 * right), n_cols - 1),
        min(max(round(box.row1 * down), round(box.row0 * down) + 1), n_rows),
        min(max(round(box.col1 * right), round(box.col0 * right) + 1), n_cols),
    )
    pixels = image.read(part, level)
    if pixels.shape[:2] == shape:
        return pixels
    import cv2

    is_smaller = shape[0] < pixels.shape[0]
    resized = cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)
