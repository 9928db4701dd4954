"""A part of an image: half-open, in whole pixels."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """Half-open box in pixels: rows ``row0 … row1 - 1``, columns ``col0 … col1 - 1``."""

    row0: int
    col0: int
    row1: int
    col1: int
