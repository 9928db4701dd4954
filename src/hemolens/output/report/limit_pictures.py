"""The red cells behind a number: those farthest beyond a limit, cut out, beside each other."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hemolens.images.box import Box
from hemolens.output.report.cell_picture import jpeg_bytes
from hemolens.statistics.red_cells import LIMITS, measured_red_cells

if TYPE_CHECKING:
    from hemolens.counted_image import CountedImage

MOST_SHOWN = 12
"""Cells beyond one limit that are shown."""

SIDE_PX, N_COLUMNS = 48, 6
"""Side of the picture of one cell, and how many are in a row."""

_REACH = 0.9
"""What is cut out reaches from the middle of the cell so many usual diameters to each side."""


@dataclass(frozen=True)
class CellBeyond:
    """A cell beyond a limit.

    Attributes
    ----------
    beyond : float
        How far it is beyond the limit, in the unit of the measure.
    jpeg : bytes
        Cut out at the scale of the photograph's usual red cell, so that small cells look small.

    """

    beyond: float
    jpeg: bytes


def cells_beyond(result: CountedImage) -> dict[str, tuple[CellBeyond, ...]]:
    """Cut the cells farthest beyond each limit out of a photograph: name of the limit → :data:`MOST_SHOWN` at most."""
    if result.red_cells is None:
        return {}
    measured = measured_red_cells(result.cells)
    found = {}
    for limit in LIMITS:
        beyond = result.red_cells.beyond(limit)
        farthest = sorted(np.flatnonzero(beyond > 0), key=lambda place: -beyond[place])[:MOST_SHOWN]
        found[limit.name] = tuple(
            CellBeyond(float(beyond[place]), _cut_out(result, measured[place].row, measured[place].col))
            for place in farthest
        )
    return found


def picture_of(cells: Sequence[CellBeyond]) -> bytes:
    """Put cells beside each other, the farthest beyond the limit first: a JPEG.

    Parameters
    ----------
    cells : sequence of CellBeyond
        At least one; of more than :data:`MOST_SHOWN` the others are left out.

    """
    from PIL import Image

    shown = sorted(cells, key=lambda each: -each.beyond)[:MOST_SHOWN]
    n_rows, step = math.ceil(len(shown) / N_COLUMNS), SIDE_PX + 2
    sheet = Image.new("RGB", (step * N_COLUMNS, step * n_rows), "white")
    for place, each in enumerate(shown):
        sheet.paste(Image.open(io.BytesIO(each.jpeg)), (step * (place % N_COLUMNS), step * (place // N_COLUMNS)))
    return jpeg_bytes(np.asarray(sheet))


def _cut_out(result: CountedImage, row: float, col: float) -> bytes:
    from PIL import Image

    n_rows, n_cols = result.image.shape
    reach = max(1, round(_REACH * result.red_cell_diameter.px))
    top, left = max(0, round(row) - reach), max(0, round(col) - reach)
    pixels = result.image.read(Box(top, left, min(n_rows, top + 2 * reach), min(n_cols, left + 2 * reach)))
    return jpeg_bytes(np.asarray(Image.fromarray(pixels).resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)))
