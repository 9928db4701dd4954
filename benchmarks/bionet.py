"""Photographs of bionet (Shams et al., 2024) and what is true there, for the benchmarks that count them.

Cells cut by the frame are boxed in a part of the photographs only, so labelled and found cells within half a red-cell
diameter of the frame are left out. About 7 % of the platelets have no box; a table names the blobs that may be such.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.labels import read_labels
from hemolens.labels.truth import Truth

FOLDER = Path("other") / "bionet"
TABLE = "annotations.csv"
HELD_OUT = "val"
"""The use of those photographs that no model has seen."""


class Field(NamedTuple):
    """A photograph, its truth, and where it cannot be judged.

    ``margin_px`` is half a red-cell diameter; ``unsure`` are boxes (row0, col0, row1, col1) of what may be platelets.
    """

    path: Path
    truths: dict[CellType, Truth]
    margin_px: float
    unsure: NDArray[np.float64]


def fields_of(data: Path, use: str | None = None, n_most: int | None = None) -> list[Field]:
    """Read the photographs of one use, or all; an even choice over the families of colour, if that is asked for."""
    folder, uses = data / FOLDER, {use} if use else {"train", HELD_OUT}
    rows = sorted(
        (row for row in _rows(folder / "images.csv") if row["suggested_use"] in uses),
        key=lambda row: (row["family"], row["image"]),
    )
    truths, unsure = _truths(folder / TABLE), _unsure(folder / "ignore_plt.csv")
    return [
        Field(
            folder / "images" / row["image"],
            dict(truths[row["image"]]),
            float(row["rbc_diameter_px"]) / 2,
            np.asarray(unsure.get(row["image"], ()), np.float64).reshape(-1, 4),
        )
        for row in (rows if n_most is None else evenly_spread(rows, n_most))
    ]


def evenly_spread(rows: Sequence[dict[str, str]], n: int) -> list[dict[str, str]]:
    """Choose exactly so many, or all, at even distances.

    >>> [row["image"] for row in evenly_spread([{"image": name} for name in "abcde"], 3)]
    ['a', 'b', 'd']
    """
    return [rows[k * len(rows) // n] for k in range(n)] if n < len(rows) else list(rows)


@cache
def _truths(table: Path) -> dict[str, dict[CellType, Truth]]:
    none = dict.fromkeys(CELL_TYPES, Truth(0, np.zeros((0, 4))))
    return {name: none | dict(truths) for name, truths in read_labels(table, CELL_TYPES).truths.items()}


@cache
def _unsure(table: Path) -> dict[str, list[list[float]]]:
    boxes: dict[str, list[list[float]]] = {}
    for row in _rows(table):
        boxes.setdefault(row["image"], []).append([float(row[name]) for name in ("y0", "x0", "y1", "x1")])
    return boxes


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
