"""The contract of a reader of slides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hemolens.cells import Box
from hemolens.smear import Shape


class Pyramid(Protocol):
    """A picture in a file and its reductions, as :class:`hemolens.smear.Smear` speaks of them."""

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
