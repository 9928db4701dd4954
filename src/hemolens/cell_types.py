"""The three types of cell that are counted."""

from __future__ import annotations

from typing import Literal, get_args

CellType = Literal["rbc", "wbc", "plt"]
"""Red cell, white cell, platelet: the names used in every table and file."""

CELL_TYPES: tuple[CellType, ...] = get_args(CellType)

CELL_NAMES: dict[CellType, str] = {"rbc": "red cells", "wbc": "white cells", "plt": "platelets"}
