"""What is true in ALL-IDB1: counts of every type, and boxes of the red cells and platelets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from hemolens.cell_types import CellType
from hemolens.images.photograph import read_photograph
from hemolens.labels.truth import Truth
from hemolens.training.all_idb1 import SMALLEST_PLATELET_PX, read_outlines


def held_out_photographs(folder: Path, cell_type: CellType) -> list[str]:
    """Names of the paper's test photographs for a cell type."""
    with (folder / "splits.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [row["image"] for row in rows if row["cell_type"] == cell_type and row["split"] == "test"]


def read_truth(folder: Path, name: str, cell_type: CellType) -> Truth:
    """Read the truth for one photograph.

    Red cells: the outlines. White cells: the authors' manual count (their masks join touching cells, so there
    are no boxes). Platelets: 8-connected components of the mask with at least 20 pixels.
    """
    if cell_type == "rbc":
        boxes = [
            [points[:, 1].min(), points[:, 0].min(), points[:, 1].max() + 1, points[:, 0].max() + 1]
            for points in read_outlines(folder)[name]
        ]
        return Truth(len(boxes), np.asarray(boxes, np.float64).reshape(-1, 4))
    if cell_type == "wbc":
        with (folder / "counts.csv").open(newline="", encoding="utf-8") as file:
            counts = {row["image"]: int(row["wbc"]) for row in csv.DictReader(file)}
        return Truth(counts[name], None)
    return _platelets(folder / "masks" / "plt" / f"{name}.png")


def _platelets(path: Path) -> Truth:
    import cv2

    mask = (read_photograph(path).pixels[..., 0] > 127).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    left, top, width, height, area = stats[1:].T
    boxes = np.stack([top, left, top + height, left + width], axis=1)[area >= SMALLEST_PLATELET_PX]
    return Truth(len(boxes), boxes.astype(np.float64))
