"""How loosely a source's annotators drew: labelled size ÷ size of the cell in the picture.

The cell in a box is measured again without the estimator and without the network: darkness in green light halfway
between the background in the box's corners and the cell, holes filled. Only cells that stand alone can be measured so.
A margin of 1.00 means that labels run where the cell is half as dark as it gets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from hemolens.labels.all_idb1 import AllIdb1

Box = tuple[float, float, float, float]  # x0, y0, x1, y1

_NEIGHBOURS_MAY_REACH = 0.12  # of a box's side: boxes drawn loosely overlap where the cells do not
_FIELD = 1.3  # sides of the box that are looked at
_LEAST_DARKER = 12  # grey values
_LEAST_FILL = 0.72  # of the tight box; a disc has 0.785


def half_contrast_diameter(pixels: NDArray[np.uint8], box: Box) -> float | None:
    """Equivalent diameter of the one cell in a box, or None when it is faint, touches another or is no disc."""
    x0, y0, x1, y1 = box
    row, col, half_height, half_width = (y0 + y1) / 2, (x0 + x1) / 2, (y1 - y0) / 2, (x1 - x0) / 2
    rows = slice(max(0, int(row - _FIELD * half_height)), int(row + _FIELD * half_height) + 1)
    cols = slice(max(0, int(col - _FIELD * half_width)), int(col + _FIELD * half_width) + 1)
    dark = 255.0 - pixels[rows, cols, 1]
    down, right = np.ogrid[: dark.shape[0], : dark.shape[1]]
    down, right = (down + rows.start - row) / half_height, (right + cols.start - col) / half_width
    away = np.hypot(down, right)
    background = np.percentile(dark[(away > 1.2) & (abs(down) <= 1) & (abs(right) <= 1)], 25)
    cell = np.percentile(dark[away < 0.85], 70)
    if cell - background < _LEAST_DARKER:
        return None
    parts, _ = ndimage.label(ndimage.binary_fill_holes(dark > (background + cell) / 2))
    middle = parts[(away < 0.3) & (parts > 0)]
    if middle.size == 0:
        return None
    body = parts == np.bincount(middle).argmax()
    height, width = (np.ptp(np.nonzero(body)[axis]) + 1 for axis in (0, 1))
    reaches_out = body[[0, -1]].any() or body[:, [0, -1]].any()
    if reaches_out or body.sum() < _LEAST_FILL * height * width:
        return None
    return float(2 * np.sqrt(body.sum() / np.pi))


def stands_alone(box: Box, others: list[Box]) -> bool:
    """Tell whether no other box reaches far into this one."""
    slack = _NEIGHBOURS_MAY_REACH * (box[2] - box[0] + box[3] - box[1]) / 2
    return not any(
        min(box[2], other[2]) - max(box[0], other[0]) > slack and min(box[3], other[3]) - max(box[1], other[1]) > slack
        for other in others
        if other is not box
    )


def margins_of(path: Path, labels: list[tuple[Box, float]], others: list[Box]) -> list[float]:
    """Labelled diameter ÷ measured diameter, for each labelled cell of a photograph that can be measured."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB"))
    n_rows, n_cols = pixels.shape[:2]
    boxes = [box for box, _ in labels]
    margins = []
    for box, labelled_px in labels:
        is_whole = box[0] > 2 and box[1] > 2 and box[2] < n_cols - 3 and box[3] < n_rows - 3
        if is_whole and stands_alone(box, boxes + others):
            measured_px = half_contrast_diameter(pixels, box)
            if measured_px is not None:
                margins.append(labelled_px / measured_px)
    return margins


def outlined_cells(all_idb1: AllIdb1) -> dict[str, list[tuple[Box, float]]]:
    """Give box and equivalent diameter of every outlined red cell of ALL-IDB1, by photograph."""
    found: dict[str, list[tuple[Box, float]]] = {}
    for name, rings in all_idb1.outlines.items():
        for ring in rings:
            x, y = (ring - 0.5).T  # the centre of the first pixel is (0, 0) here
            area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
            if area > 0:
                box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
                found.setdefault(name, []).append((box, float(2 * np.sqrt(area / np.pi))))
    return found
