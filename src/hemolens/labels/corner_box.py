"""The box around an outline whose coordinates count from the outer corner of the first pixel."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

LabelBox = tuple[float, float, float, float]
"""Half-open, (row0, col0, row1, col1) in pixels."""


def box_around(points: ArrayLike) -> LabelBox | None:
    """Give the box around an outline.

    Parameters
    ----------
    points : array_like of float, shape (N, 2)
        x and y of the vertices in pixels.

    Returns
    -------
    LabelBox or None
        None when the outline has no width or no height, or no vertices.

    Examples
    --------
    >>> box_around([[3, 2], [8, 2], [8, 10]])
    (2.0, 3.0, 10.0, 8.0)

    """
    vertices = np.asarray(points, float).reshape(-1, 2)
    if not len(vertices):
        return None
    (x0, y0), (x1, y1) = vertices.min(axis=0).tolist(), vertices.max(axis=0).tolist()
    return (y0, x0, y1, x1) if x1 > x0 and y1 > y0 else None


def notes_on(n_empty: int) -> Sequence[str]:
    """Say how many outlines were left out because they enclose nothing, if any."""
    return [f"{n_empty} outlines that enclose nothing were left out."] if n_empty else []
