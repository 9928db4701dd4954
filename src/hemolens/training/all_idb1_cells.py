"""ALL-IDB1 with numbered cells of all three types, and what is known of each: for the one-pass network.

The flags follow from the defects of the labels. Red cells are outlined on 13 photographs and unknown on the others.
The white-cell masks join touching cells, so where a mask has another number of bodies than the authors counted by
hand, the borders within large bodies are unknown. Some neutrophils are marked by their nucleus only, in one session
large platelets are marked as white cells, in another stain deposit is marked as platelets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hemolens.cell_types import CellType
from hemolens.images.polygon import Ring, draw_polygon
from hemolens.labels.all_idb1 import AllIdb1
from hemolens.labels.mask_folder import SMALLEST_COMPONENT_PX
from hemolens.measurements.colours import measure_colours
from hemolens.segmentation.network_maps import resize_to_diameter
from hemolens.training.all_idb1 import SMALLEST_WHITE_CELL, resize_outlines
from hemolens.training.cell_planes import Known, NumberedCells
from hemolens.training.piles import CutOut, cut_out_cells
from hemolens.training.smears import NumberedSmear, draw_lent, join_cells

DEPOSIT = "plt:stain_deposit_marked"
NUCLEUS_ONLY = "wbc:neutrophil_nucleus_only"

LARGE_BODY = 1.4
"""Where a mask joins white cells, bodies of more than this many usual areas may be several cells."""

OUTLINED, NOT_OUTLINED = "ALL-IDB1, outlined", "ALL-IDB1"
"""Sources: the photographs with outlined red cells, and the others."""


def read_smears(data: AllIdb1, names: Iterable[str], *, red_cell_diameter_px: float) -> list[NumberedSmear]:
    """Read photographs of ALL-IDB1 with everything that is known of their cells.

    Parameters
    ----------
    data : AllIdb1
    names : iterable of str
        Without suffix, such as ``Im045_0``.
    red_cell_diameter_px : float
        Every photograph is resized so that its red cells have this diameter.

    Raises
    ------
    UsageError
        If this is not the folder of ALL-IDB1.

    """
    return [_read_smear(data, name, red_cell_diameter_px) for name in names]


def _read_smear(data: AllIdb1, name: str, red_cell_diameter_px: float) -> NumberedSmear:
    photograph, diameter_px = data.pixels(name), data.red_cell_diameters[name]
    pixels = resize_to_diameter(photograph, diameter_px, red_cell_diameter_px)
    shape = (pixels.shape[0], pixels.shape[1])
    cells: dict[CellType, NumberedCells] = {}
    lent: dict[CellType, tuple[CutOut, ...]] = {}
    if name in data.outlines:
        resized = resize_outlines(data.outlines[name], photograph, pixels)
        cells["rbc"] = number_outlines(resized, shape)
        lent["rbc"] = cut_out_cells(pixels, resized)
    if (mask := data.mask(name, "wbc")) is not None:
        disc_px, nucleus_only = np.pi / 4 * diameter_px**2, data.has_defect(name, NUCLEUS_ONLY)
        white = white_cells(mask, disc_px, count=data.count(name, "wbc"), nucleus_only=nucleus_only)
        cells["wbc"] = resize_cells(white, shape)
        lent["wbc"] = cut_out_cells(pixels, sure_outlines(cells["wbc"]))
    if (mask := data.mask(name, "plt")) is not None and not data.has_defect(name, DEPOSIT):
        cells["plt"] = resize_cells(platelets(mask), shape)
    source = OUTLINED if name in data.outlines else NOT_OUTLINED
    colours = measure_colours(pixels, red_cell_diameter_px)
    return NumberedSmear(name, source, pixels, *join_cells(cells, shape), draw_lent(lent, shape), colours)


def number_outlines(outlines: Iterable[Ring], shape: tuple[int, int]) -> NumberedCells:
    """Paint outlines with numbers from 1, in pixels from the outer corner of the picture; everything is known."""
    numbers = np.zeros(shape, np.uint16)
    for number, ring in enumerate(outlines, start=1):
        draw_polygon(numbers, ring, number)
    return NumberedCells(numbers, np.full(shape, Known.ALL, np.uint8))


def white_cells(mask: NDArray[np.bool_], disc_px: float, *, count: int, nucleus_only: bool) -> NumberedCells:
    """Number the bodies of a white-cell mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (H, W)
    disc_px : float
        Area of a red cell.
    count : int
        White cells counted by hand on this photograph.
    nucleus_only : bool
        Of some cells only the nucleus is marked: what lies around a body is not known.

    """
    radius = round(0.06 * np.sqrt(disc_px))
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, _disc(max(1, radius)))
    n_labels, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA]
    is_cell = area >= SMALLEST_WHITE_CELL * disc_px
    is_cell[0] = False
    known = np.full(mask.shape, Known.ALL, np.uint8)
    speck = ~is_cell
    speck[0] = False
    known[_widened(speck[labels], radius)] = Known.NOTHING
    bodies = np.flatnonzero(is_cell)
    if len(bodies) != count and len(bodies):
        joined = np.zeros(n_labels, bool)
        joined[bodies] = area[bodies] > LARGE_BODY * np.median(area[bodies])
        known[_widened(joined[labels], radius)] = Known.MASK
    if nucleus_only:
        known[_widened(is_cell[labels], round(0.5 * np.sqrt(disc_px))) & ~is_cell[labels]] = Known.NOTHING
        known[is_cell[labels]] &= ~np.uint8(Known.EDGE | Known.DISTANCE)
    return NumberedCells(_numbered(labels, is_cell), known)


def sure_outlines(cells: NumberedCells) -> list[Ring]:
    """Outlines, through the centres of their outermost pixels, of the cells of which everything is known everywhere."""
    sure = np.where(cells.known == Known.ALL, cells.numbers, 0)
    outlines = []
    for number in np.unique(sure[sure > 0]):
        contours, _ = cv2.findContours((sure == number).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        outlines.append(max(contours, key=cv2.contourArea).reshape(-1, 2) + 0.5)
    return outlines


def platelets(mask: NDArray[np.bool_]) -> NumberedCells:
    """Number the bodies of a platelet mask; specks, and a rim of one pixel in and around each, are unknown."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    is_cell = stats[:, cv2.CC_STAT_AREA] >= SMALLEST_COMPONENT_PX
    is_cell[0] = False
    body = is_cell[labels]
    known = np.full(mask.shape, Known.ALL, np.uint8)
    known[_widened(mask, 1) & ~body] = Known.NOTHING
    return NumberedCells(_numbered(labels, is_cell), known)


def resize_cells(cells: NumberedCells, shape: tuple[int, int]) -> NumberedCells:
    """Bring numbers and flags to another size; every pixel takes those of the nearest."""
    size = (shape[1], shape[0])
    return NumberedCells(
        cv2.resize(cells.numbers, size, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint16),
        cv2.resize(cells.known, size, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8),
    )


def _numbered(labels: NDArray[Any], is_cell: NDArray[np.bool_]) -> NDArray[np.uint16]:
    numbers: NDArray[np.uint16] = np.where(is_cell, np.cumsum(is_cell), 0).astype(np.uint16)[labels]
    return numbers


def _widened(picture: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    return cv2.dilate(picture.astype(np.uint8), _disc(radius)) > 0


def _disc(radius: int) -> NDArray[np.uint8]:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)
