"""Holes in a picture of what is a cell and what is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fill_holes(picture: NDArray[np.bool_], max_area_px: float) -> NDArray[np.bool_]:
    """Fill enclosed dark regions of at most this many pixels; one that reaches the frame is not enclosed.

    >>> fill_holes(np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0]], bool), 1).astype(int).tolist()
    [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 0]]
    """
    import cv2

    # Cores are connected through sides, so the dark between them is connected through corners, too.
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~picture).astype(np.uint8), connectivity=8)
    left, top, width, height, area = stats[:, : cv2.CC_STAT_AREA + 1].T
    at_frame = (left == 0) | (top == 0) | (left + width == picture.shape[1]) | (top + height == picture.shape[0])
    is_hole = ~at_frame & (area <= max_area_px)
    is_hole[0] = False
    return picture | is_hole[labels] if is_hole.any() else picture
