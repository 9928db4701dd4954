"""Whether a picture is a negative: bright cells on a dark background.

The empty background is the smoothest part of a smear, and brighter than the cells. Where the smoothest parts are dark,
the photograph may only be crowded, so that hardly any background is seen: it is a negative where the red-cell diameter
is found more surely in the picture turned round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hemolens.measurements.scale import estimate_red_cell_diameter

_SIDE_PX = 320
_SMOOTHEST = 0.1  # share of the pixels
_DARK = 0.4  # 0: the darkest of the picture, 1: the brightest
_ENDS = (0.02, 0.98)  # quantiles that are taken for darkest and brightest
_GREEN = 1


def is_negative(pixels: NDArray[np.uint8]) -> bool:
    """Tell whether a picture is the negative of a photograph of a smear.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.

    Returns
    -------
    bool
        False in doubt.

    Examples
    --------
    >>> is_negative(np.full((60, 90, 3), 20, np.uint8))
    False

    """
    if not _smoothest_is_dark(pixels):
        return False
    return estimate_red_cell_diameter(255 - pixels).confidence > estimate_red_cell_diameter(pixels).confidence


def _smoothest_is_dark(pixels: NDArray[np.uint8]) -> bool:
    import cv2

    zoom = min(1.0, _SIDE_PX / max(pixels.shape[:2]))
    size = tuple(max(1, round(n * zoom)) for n in (pixels.shape[1], pixels.shape[0]))
    green = cv2.resize(np.ascontiguousarray(pixels[..., _GREEN]), size, interpolation=cv2.INTER_AREA)
    light = cv2.GaussianBlur(green, (0, 0), 1.0).astype(np.float32)
    slope = np.hypot(cv2.Scharr(light, cv2.CV_32F, 1, 0), cv2.Scharr(light, cv2.CV_32F, 0, 1))
    roughness = cv2.blur(slope, (5, 5))
    smoothest = float(np.median(light[roughness <= np.quantile(roughness, _SMOOTHEST)]))
    darkest, brightest = np.quantile(light, _ENDS)
    return bool(smoothest < darkest + _DARK * (brightest - darkest))
