"""What is counted: a picture of a smear, whole in memory or too large for it.

The contract: a :class:`SmearImage` tells its size and gives the pixels of any box of itself, at full resolution or at
one of the reductions that its file holds. A photograph (:mod:`.photograph`) has all its pixels; a slide
(:mod:`.slides`) reads them when they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box

Shape = tuple[int, int]
"""Rows and columns."""


class SmearImage(Protocol):
    """A picture of a smear.

    Attributes
    ----------
    name : str
        File name, or ``"array"``.
    path : Path or None
        Where it is; None for an array.
    sha256 : str
        Of the file's bytes, or of the array's.
    um_per_px : float or None
        µm per pixel at full resolution, from trustworthy metadata only; None when unknown.
    shape : (int, int)
        Rows and columns at full resolution.
    levels : sequence of (int, int)
        Rows and columns of the picture and of each of its reductions, the full resolution first.

    """

    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path | None: ...
    @property
    def sha256(self) -> str: ...
    @property
    def um_per_px(self) -> float | None: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def levels(self) -> Sequence[Shape]: ...

    def read(self, box: Box, level: int = 0) -> NDArray[np.uint8]:
        """Give the pixels of a box inside a level, in pixels of that level: uint8, RGB, shape (H, W, 3)."""
        ...

    def overview(self) -> NDArray[np.uint8]:
        """Give the picture to look at: all of it, reduced where it is too large; uint8, RGB, shape (H, W, 3)."""
        ...
