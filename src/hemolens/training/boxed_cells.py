"""Cells that are boxed: numbered ellipses in the boxes, and what a box does not say is unknown.

A box says where a cell is and how large; its border is known to lie near the ellipse in the box, so a ring there is
left out of the loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.measurements.colours import background_colour
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.piles import CutOut

SURE_CELL = 0.8
"""Pixels of the ellipse, shrunk by this factor, are cell for sure."""

SURE_BACKGROUND = 1.12
"""Pixels beyond the box, stretched by this factor, are background for sure."""

AT_FRAME_PX = 3
"""A box that comes this close to the frame holds a part of a cell."""

RIM_CONTRAST = 0.35
"""A cut-out cell ends where this share of the way from the background to its dark part is done."""

CUT_OUT_AREA = (0.6, 1.1)
"""Area of a cell that may be cut out, as a share of the ellipse that a cell of its box would fill."""


class LabelledBox(NamedTuple):
    """Type and half-open box, x to the right, y downwards, in pixels."""

    type: CellType
    x0: float
    y0: float
    x1: float
    y1: float

    def scaled(self, across: float, down: float) -> LabelledBox:
        """Give the box on a picture that is scaled by these factors."""
        return LabelledBox(self.type, self.x0 * across, self.y0 * down, self.x1 * across, self.y1 * down)


def usual_diameter(boxes: Iterable[LabelledBox], shape: tuple[int, int], otherwise: float) -> float:
    """Median diameter of the red cells whose box stays off the frame; ``otherwise`` where there are under three."""
    sides = [
        np.sqrt((box.x1 - box.x0) * (box.y1 - box.y0))
        for box in boxes
        if box.type == "rbc" and not touches_frame(box, shape)
    ]
    return float(np.median(sides)) if len(sides) >= 3 else otherwise


def touches_frame(box: LabelledBox, shape: tuple[int, int]) -> bool:
    """Whether a box comes close to the frame."""
    height, width = shape
    return min(box.x0, box.y0) <= AT_FRAME_PX or box.x1 >= width - AT_FRAME_PX or box.y1 >= height - AT_FRAME_PX


def number_boxes(boxes: Sequence[LabelledBox], shape: tuple[int, int]) -> NumberedCells:
    """Number the ellipses in boxes of one type, the smaller ones on top; flag what they do not say."""
    numbers = np.zeros(shape, np.uint16)
    covers, near = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    core = np.zeros(shape, np.uint8)
    for number, box in enumerate(sorted(boxes, key=lambda box: -(box.x1 - box.x0) * (box.y1 - box.y0)), start=1):
        ellipse = _ellipse(box, 1.0, shape)
        numbers[ellipse] = number
        covers[ellipse] += 1
        core[ellipse] = 0
        if not touches_frame(box, shape):
            core[_ellipse(box, SURE_CELL, shape)] = 1
        near[_ellipse(box, SURE_BACKGROUND * np.sqrt(2), shape) & _box(box, SURE_BACKGROUND, shape)] = 1
    known = np.where(near > 0, Known.CENTRE, Known.ALL).astype(np.uint8)
    known[(core > 0) & (covers == 1)] = Known.MASK | Known.EDGE | Known.DISTANCE | Known.CENTRE
    known[(core > 0) & (covers > 1)] = Known.MASK | Known.CENTRE
    return NumberedCells(numbers, known)


def cut_out_boxed(pixels: NDArray[np.uint8], boxes: Sequence[LabelledBox], box_margin: float) -> tuple[CutOut, ...]:
    """Cut out the red cells that stand alone along their dark rim, to make piles of.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
    boxes : sequence of LabelledBox
        All boxes of the photograph, in its pixels.
    box_margin : float
        Width of the boxes divided by that of the cells in them.

    """
    background = background_colour(pixels)
    cells = (
        _cut_out(pixels, box, float(background[1]), box_margin)
        for box in boxes
        if box.type == "rbc" and not any(_holds_centre(box, other) for other in boxes if other is not box)
    )
    return tuple(cell for cell in cells if cell is not None)


def _cut_out(pixels: NDArray[np.uint8], box: LabelledBox, background: float, box_margin: float) -> CutOut | None:
    """The cell in a box, or None where no roundish dark body ends within it."""
    if touches_frame(box, (pixels.shape[0], pixels.shape[1])):
        return None
    left, top = max(0, round(box.x0) - 4), max(0, round(box.y0) - 4)
    right, bottom = round(box.x1) + 4, round(box.y1) + 4
    window = pixels[top:bottom, left:right]
    green = cv2.GaussianBlur(window[..., 1], (0, 0), 0.7)
    within = _ellipse(LabelledBox(box.type, box.x0 - left, box.y0 - top, box.x1 - left, box.y1 - top), 1, green.shape)
    dark = float(np.quantile(green[within], 0.25))
    body = (green < background - RIM_CONTRAST * (background - dark)).astype(np.uint8)
    contours, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    mask = np.zeros_like(body)
    if contours:
        cv2.drawContours(mask, [max(contours, key=cv2.contourArea)], -1, 255, cv2.FILLED)
    share = np.count_nonzero(mask) / np.count_nonzero(within) * box_margin**2
    reaches_rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
    is_cell = background > dark and not reaches_rim and CUT_OUT_AREA[0] <= share <= CUT_OUT_AREA[1]
    return CutOut(window.copy(), mask, top, left) if is_cell else None


def _holds_centre(box: LabelledBox, other: LabelledBox) -> bool:
    return box.x0 < (other.x0 + other.x1) / 2 < box.x1 and box.y0 < (other.y0 + other.y1) / 2 < box.y1


def _ellipse(box: LabelledBox, factor: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    down = (rows + 0.5 - (box.y0 + box.y1) / 2) / ((box.y1 - box.y0) / 2 * factor)
    across = (cols + 0.5 - (box.x0 + box.x1) / 2) / ((box.x1 - box.x0) / 2 * factor)
    return np.asarray(down**2 + across**2 <= 1)


def _box(box: LabelledBox, factor: float, shape: tuple[int, int]) -> NDArray[np.bool_]:
    rows, cols = np.ogrid[: shape[0], : shape[1]]
    down = np.abs(rows + 0.5 - (box.y0 + box.y1) / 2) <= (box.y1 - box.y0) / 2 * factor
    across = np.abs(cols + 0.5 - (box.x0 + box.x1) / 2) <= (box.x1 - box.x0) / 2 * factor
    return np.asarray(down & across)
