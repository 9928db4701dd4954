"""The photographs that pages look at, open as long as they are looked at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.image import Shape, SmearImage
from hemolens.images.slides import open_image

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
