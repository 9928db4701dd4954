"""The three types of cell that are counted, and the classes of white cells."""

from __future__ import annotations

from typing import Literal, get_args

CellType = Literal["rbc", "wbc", "plt"]
"""Red cell, white cell, platelet: the names used in every table and file."""

CELL_TYPES: tuple[CellType, ...] = get_args(CellType)

CELL_NAMES: dict[CellType, str] = {"rbc": "red cells", "wbc": "white cells", "plt": "platelets"}

WhiteCellClass = Literal[
    "neutrophil",
    "lymphocyte",
    "monocyte",
    "eosinophil",
    "basophil",
    "immature granulocyte",
    "erythroblast",
    "other",
    "unsure",
]
"""What a body that was found as a white cell is: bands are neutrophils, promyelocytes to metamyelocytes immature.

An erythroblast is a red cell that still has its nucleus; ``other`` fits none: a blast, a smudge, two cells in one;
``unsure`` may be one of several.
"""

WHITE_CELL_CLASSES: tuple[WhiteCellClass, ...] = get_args(WhiteCellClass)

LEUKOCYTES: tuple[WhiteCellClass, ...] = WHITE_CELL_CLASSES[:6]
"""The classes that share the hundred per cent of a differential."""
