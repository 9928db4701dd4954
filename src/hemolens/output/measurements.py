"""What is measured of a cell, as other programs show it beside the outline."""

from __future__ import annotations

from hemolens.cells.cell import Cell


def measurements_of(cell: Cell) -> dict[str, float]:
    """Give the measurements of a cell: lengths in pixels, areas in square pixels.

    >>> from hemolens.cells.cell import cells_from_labels
    >>> import numpy as np
    >>> cell, = cells_from_labels(np.pad(np.ones((3, 3), np.int32), 1), cell_type="rbc")
    >>> measurements_of(cell)
    {'score': 1.0, 'area_px': 9.0, 'diameter_px': 3.39, 'touches_frame': 0}
    """
    return {
        "score": round(float(cell.score), 4),
        "area_px": round(float(cell.area_px), 1),
        "diameter_px": round(float(cell.diameter_px), 2),
        "touches_frame": int(cell.touches_frame),
    }
