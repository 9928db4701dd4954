"""``overlay/NAME.png``: pictures, as bytes of a PNG file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Encode a picture as PNG, losslessly and fast rather than small.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB.

    Returns
    -------
    bytes

    Examples
    --------
    >>> png_bytes(np.zeros((1, 1, 3), np.uint8))[1:4]
    b'PNG'

    """
    import cv2

    _, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()
