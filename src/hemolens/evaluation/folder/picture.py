"""A photograph with its true positives, false positives and false negatives drawn, for a person to look at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.evaluation.comparison import Comparison
from hemolens.output.report.cell_picture import reduced

LONGEST_SIDE_PX = 1400
"""Larger photographs are reduced to this for the page."""

TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE, UNJUDGED = (0, 90, 181), (220, 0, 100), (255, 221, 0), (130, 130, 130)
"""RGB: blue, magenta, yellow, grey. They differ in lightness, and false negatives are rectangles: colour is not all."""

LETTERS: dict[CellType, str] = {"rbc": "R", "wbc": "W", "plt": "P"}
"""Beside each false positive and false negative: its type."""


def draw_comparison(pixels: NDArray[np.uint8], compared: Mapping[CellType, Comparison]) -> NDArray[np.uint8]:
    """Draw true positives as thin outlines, false positives as thick ones, and false negatives as rectangles.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    compared : mapping of CellType to Comparison

    Returns
    -------
    ndarray of uint8, shape (H', W', 3)
        RGB; no side is longer than :data:`LONGEST_SIDE_PX`.

    """
    import cv2

    canvas = reduced(pixels, LONGEST_SIDE_PX)
    scale = min(1.0, LONGEST_SIDE_PX / max(pixels.shape[:2]))
    for kind in CELL_TYPES:
        if kind not in compared:
            continue
        own = compared[kind]
        _draw_outlines(canvas, own.unjudged, UNJUDGED, 1, scale)
        _draw_outlines(canvas, own.true_positives, TRUE_POSITIVE, 1, scale)
        _draw_outlines(canvas, own.false_positives, FALSE_POSITIVE, 2, scale)
        for cell in own.false_positives:
            _write(canvas, LETTERS[kind], FALSE_POSITIVE, cell.row * scale, cell.col * scale)
        for row0, col0, row1, col1 in (own.false_negatives * scale).tolist():
            corners = (round(col0), round(row0)), (round(col1) - 1, round(row1) - 1)
            cv2.rectangle(canvas, *corners, (0, 0, 0), 4)
            cv2.rectangle(canvas, *corners, FALSE_NEGATIVE, 2)
            _write(canvas, LETTERS[kind], FALSE_NEGATIVE, (row0 + row1) / 2, (col0 + col1) / 2)
    return canvas


def _draw_outlines(
    canvas: NDArray[np.uint8], cells: list[Cell], colour: tuple[int, int, int], n_px: int, scale: float
) -> None:
    import cv2

    outlines = [np.rint(((cell.outline + 0.5) * scale - 0.5)[:, None, ::-1] * 16).astype(np.int32) for cell in cells]
    cv2.polylines(canvas, outlines, True, colour, n_px, cv2.LINE_AA, shift=4)


def _write(canvas: NDArray[np.uint8], letter: str, colour: tuple[int, int, int], row: float, col: float) -> None:
    """Write a letter around a point, with a dark rim so that it shows on any ground."""
    import cv2

    place = (round(col) - 5, round(row) + 5)
    for ink, n_px in (((0, 0, 0), 4), (colour, 1)):
        cv2.putText(canvas, letter, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, ink, n_px, cv2.LINE_AA)
