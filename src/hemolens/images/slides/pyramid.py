"""The contract of a reader of slides, and what readers decide alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.image import Shape


class Pyramid(Protocol):
    """A picture in a file and its reductions, as :class:`hemolens.images.image.SmearImage` speaks of them."""

    @property
    def levels(self) -> Sequence[Shape]: ...
    @property
    def um_per_px(self) -> float | None: ...

    def read(self, box: Box, level: int) -> NDArray[np.uint8]:
        """Give the pixels of a box inside a level: uint8, RGB, shape (H, W, 3)."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay RGBA, shape (H, W, 4), over white: what is transparent was not scanned.

    >>> over_white(np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8)).tolist()
    [[[10, 20, 30], [255, 255, 255]]]
    """
    opaque = pixels[..., 3:].astype(np.uint16)
    return ((pixels[..., :3] * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)
