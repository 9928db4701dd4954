"""Photographs as pages show them: tiles of any zoom, and pictures of single cells."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.image import Shape, SmearImage
from hemolens.images.slides import open_image

TILE_PX = 512
JPEG_QUALITY = 90
MAX_OPEN_PX = 200_000_000
"""Pixels of the photographs that are kept in memory; the last one always is."""
SLIDE_COSTS_PX = 1_000_000
"""What an open slide counts for: it reads its pixels when they are asked for."""


class StoredImage:
    """A :class:`~hemolens.images.image.SmearImage` of the storage that is opened when its pixels are asked for.

    Parameters
    ----------
    opened : OpenImages
    path : Path
        In the storage.
    name : str
        What the user called it.
    shape : (int, int)
    um_per_px : float or None

    """

    def __init__(self, opened: OpenImages, path: Path, name: str, shape: Shape, um_per_px: float | None) -> None:
        self._opened, self.path, self.name, self.shape, self.um_per_px = opened, path, name, shape, um_per_px
        self.sha256 = path.name.partition(".")[0]

    @property
    def levels(self) -> Sequence[Shape]:
        return self._image.levels

    def read(self, box: Box, level: int = 0) -> NDArray[np.uint8]:
        return self._image.read(box, level)

    def overview(self) -> NDArray[np.uint8]:
        return self._image.overview()

    @property
    def _image(self) -> SmearImage:
        return self._opened.get(self.path)


class OpenImages:
    """The photographs that were looked at last, open; safe to use from several threads."""

    def __init__(self) -> None:
        self._images: OrderedDict[Path, SmearImage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path) -> SmearImage:
        """Open a photograph, or give it as it was opened before.

        Raises
        ------
        PhotographError

        """
        with self._lock:  # one at a time: two that decode the same photograph cost twice the memory
            image = self._images.pop(path, None) or open_image(path)
            self._images[path] = image
            while len(self._images) > 1 and sum(map(_cost, self._images.values())) > MAX_OPEN_PX:
                self._images.popitem(last=False)
            return image


def _cost(image: SmearImage) -> int:
    return SLIDE_COSTS_PX if len(image.levels) > 1 else image.shape[0] * image.shape[1]


def n_levels(shape: Shape) -> int:
    """How many zooms there are: the last is full resolution, each before it half of that, the first one tile.

    >>> n_levels((400, 512)), n_levels((400, 513)), n_levels((20_000, 20_000))
    (1, 2, 7)
    """
    return max(math.ceil(math.log2(max(shape) / TILE_PX)), 0) + 1


def tile(image: SmearImage, level: int, col: int, row: int) -> bytes | None:
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
    bytes or None
        JPEG, at most :data:`TILE_PX` wide and high.

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
    return _jpeg(_read(image, whole, (box.row1 - box.row0, box.col1 - box.col0)))


def crop(image: SmearImage, box: Box, side_px: int) -> bytes:
    """Draw a part of a photograph, the longest side `side_px` wide, as JPEG; what lies outside is grey."""
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
    return _jpeg(drawn)


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
    is_smaller = shape[0] < pixels.shape[0]
    resized = cv2.resize(pixels, (shape[1], shape[0]), interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _jpeg(pixels: NDArray[np.uint8]) -> bytes:
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(data)
