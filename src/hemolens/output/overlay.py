"""The photograph with its counted cells drawn: what a person checks a count by."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.cells.cell import Cell
from hemolens.statistics.counts import Counts, count_cells

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage
    from hemolens.images.region import Region

COLOURS: dict[CellType, tuple[int, int, int]] = {
    "rbc": (0, 90, 181),  # blue: dark on a bright red cell
    "wbc": (255, 221, 0),  # yellow: bright on a dark nucleus
    "plt": (0, 230, 170),  # green of a lightness between the two
}
"""RGB; they differ in lightness as well as in hue, so that no kind of colour blindness joins two of them."""

_SUBPIXEL_BITS = 4


def draw_overlay(result: CountedImage) -> NDArray[np.uint8]:
    """Draw the cells of a counted image on it, with a legend of the counts.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB, a new array of the photograph's size; of a slide, of its overview's.

    """
    return draw_with_legend(
        result.image.overview(),
        result.cells,
        result.red_cell_diameter.px,
        result.region,
        of_shape=result.image.shape,
        unlocated=result.unlocated,
    )


def draw_with_legend(
    pixels: NDArray[np.uint8],
    cells: Sequence[Cell],
    red_cell_diameter_px: float,
    region: Region | None = None,
    *,
    of_shape: tuple[int, int] | None = None,
    unlocated: Mapping[CellType, int] | None = None,
) -> NDArray[np.uint8]:
    """Draw the outlines of cells on their photograph, with a legend of the counts.

    Red cells are drawn first and platelets last, so that the small ones are not hidden. The outline of
    a cell that touches the frame is half as thick. A photograph too small for the legend has none.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.
    cells : sequence of Cell
        In pixels of the photograph.
    red_cell_diameter_px : float
        Sets the thickness of the lines; a value that is not positive and finite is as one of 40 pixels.
    region : Region, optional
        Its borders are drawn, too.
    of_shape : (int, int), optional
        Rows and columns of the photograph, where `pixels` are a reduced picture of it: then cells, diameter and region
        are still in pixels of the photograph.
    unlocated : mapping, optional
        Counts of the types whose cells were not located; the legend says so.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        RGB, a new array.

    Examples
    --------
    >>> draw_with_legend(np.full((1, 1, 3), 200, np.uint8), [], 40.0).tolist()
    [[[200, 200, 200]]]

    """
    canvas = draw_cells(pixels, cells, red_cell_diameter_px, region, of_shape=of_shape)
    return _with_legend(canvas, count_cells(cells, unlocated), unlocated or {})


def draw_cells(
    pixels: NDArray[np.uint8],
    cells: Sequence[Cell],
    red_cell_diameter_px: float,
    region: Region | None = None,
    *,
    of_shape: tuple[int, int] | None = None,
) -> NDArray[np.uint8]:
    """Draw outlines and region as :func:`draw_with_legend` does, without the legend; a new array."""
    import cv2

    canvas = np.ascontiguousarray(pixels).copy()
    scale = np.array(canvas.shape[:2]) / np.array(of_shape or canvas.shape[:2])
    thickness = _line_thickness(red_cell_diameter_px * float(scale[0]))
    for cell_type in CELL_TYPES:
        for touches_frame, n_px in ((False, thickness), (True, max(1, thickness // 2))):
            outlines = [
                _fixed_point((cell.outline + 0.5) * scale - 0.5)
                for cell in cells
                if cell.type == cell_type and cell.touches_frame == touches_frame
            ]
            cv2.polylines(canvas, outlines, True, COLOURS[cell_type], n_px, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    if region is not None:
        for n_px, colour in ((thickness + 2, (255, 255, 255)), (thickness, (0, 0, 0))):
            borders = [_fixed_point(ring[:, ::-1] * scale - 0.5) for ring in region.borders]
            cv2.polylines(canvas, borders, True, colour, n_px, cv2.LINE_AA, shift=_SUBPIXEL_BITS)
    return canvas


def _line_thickness(red_cell_diameter_px: float) -> int:
    """Give a thirty-fifth of a red cell, 1 to 8 px.

    >>> _line_thickness(75.0), _line_thickness(float("nan"))
    (2, 1)
    """
    usable = 0 < red_cell_diameter_px < float("inf")
    return int(np.clip(round((red_cell_diameter_px if usable else 40.0) / 35), 1, 8))


def _fixed_point(outline: NDArray[np.floating]) -> NDArray[np.int32]:
    """Turn (row, col) vertices into OpenCV's (x, y) integers with a binary fraction."""
    fixed: NDArray[np.int32] = np.rint(outline[:, None, ::-1] * 2**_SUBPIXEL_BITS).astype(np.int32)
    return fixed


def _with_legend(canvas: NDArray[np.uint8], counts: Counts, unlocated: Collection[CellType]) -> NDArray[np.uint8]:
    """Write the counts into the top left corner, on a light ground; changes and returns `canvas`."""
    import cv2

    height, width = canvas.shape[:2]
    font, line_px = cv2.FONT_HERSHEY_SIMPLEX, max(13, min(height, width) // 60)
    scale = line_px / 32
    lines = [
        (kind, f"{CELL_NAMES[kind]}: {n_cells}{', not located' if kind in unlocated else ''}")
        for kind, n_cells in zip(CELL_TYPES, astuple(counts), strict=True)
    ]
    text_width = max(cv2.getTextSize(text, font, scale, 1)[0][0] for _, text in lines)
    box_height, box_width = (len(lines) * 3 + 1) * line_px // 2, text_width + 3 * line_px
    if box_height > height // 8 or box_width > width // 4:  # it would hide too many cells
        return canvas
    corner = canvas[:box_height, :box_width]
    corner[:] = corner // 5 + 204
    for n, (cell_type, text) in enumerate(lines):
        top = line_px // 2 + n * 3 * line_px // 2
        swatch = (line_px // 2, top), (line_px * 3 // 2, top + line_px)
        cv2.rectangle(canvas, *swatch, COLOURS[cell_type], cv2.FILLED)
        cv2.rectangle(canvas, *swatch, (60, 60, 60), 1)
        cv2.putText(
            canvas, text, (2 * line_px, top + line_px - line_px // 6), font, scale, (20, 20, 20),
            max(1, line_px // 16), cv2.LINE_AA,
        )  # fmt: skip
    return canvas
