"""How much a count changes when the photograph does and the cells stay: colour, light, focus, compression, size, turn.

A change takes the pixels of a photograph, uint8 (H, W, 3) in sRGB, and returns new ones; it has no chance in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.evaluation.agreement import Estimate, bootstrap_interval, bootstrap_ratio_interval

Pixels = NDArray[np.uint8]


def shift_hue(pixels: Pixels, degrees: float) -> Pixels:
    """Turn the hue of every pixel on the circle of colours (HSV); grey stays grey.

    Examples
    --------
    >>> shift_hue(np.array([[[200, 0, 0], [90, 90, 90]]], np.uint8), 120).tolist()
    [[[0, 200, 0], [90, 90, 90]]]

    """
    hsv = _to_hsv(pixels)
    hsv[..., 0] = (hsv[..., 0] + degrees) % 360
    return _from_hsv(hsv)


def scale_saturation(pixels: Pixels, factor: float) -> Pixels:
    """Multiply the saturation (HSV) of every pixel, up to full saturation.

    Examples
    --------
    >>> scale_saturation(np.array([[[200, 100, 100]]], np.uint8), 0.5).tolist()
    [[[200, 150, 150]]]

    """
    hsv = _to_hsv(pixels)
    hsv[..., 1] = np.minimum(hsv[..., 1] * factor, 1)
    return _from_hsv(hsv)


def scale_brightness(pixels: Pixels, factor: float) -> Pixels:
    """Multiply all values as they are stored (sRGB), up to white.

    Examples
    --------
    >>> scale_brightness(np.array([[[100, 200, 250]]], np.uint8), 1.3).tolist()
    [[[130, 255, 255]]]

    """
    table = np.clip(np.round(np.arange(256) * factor), 0, 255).astype(np.uint8)
    scaled: Pixels = table[pixels]
    return scaled


def blur(pixels: Pixels, sigma_px: float) -> Pixels:
    """Blur with a Gaussian of this standard deviation, as a lens out of focus does roughly.

    Examples
    --------
    >>> blur(np.full((5, 5, 3), 80, np.uint8), 2).max()
    np.uint8(80)

    """
    import cv2

    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px), np.uint8)


def compress(pixels: Pixels, quality: int) -> Pixels:
    """Write as JPEG of this quality (1 … 95) and read again.

    Examples
    --------
    >>> compress(np.full((8, 8, 3), 128, np.uint8), 30).shape
    (8, 8, 3)

    """
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file).convert("RGB"))


def resize(pixels: Pixels, factor: float) -> Pixels:
    """Make the photograph larger or smaller, to whole pixels, at least one.

    Examples
    --------
    >>> resize(np.zeros((4, 6, 3), np.uint8), 1.5).shape
    (6, 9, 3)

    """
    import cv2

    height, width = (max(1, round(side * factor)) for side in pixels.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=method), np.uint8)


def rotate(pixels: Pixels) -> Pixels:
    """Turn by 90° against the clock.

    Examples
    --------
    >>> rotate(np.arange(2, dtype=np.uint8)[None, :, None])[..., 0].tolist()
    [[1], [0]]

    """
    return np.ascontiguousarray(np.rot90(pixels))


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "hue +10°": partial(shift_hue, degrees=10),
    "hue −10°": partial(shift_hue, degrees=-10),
    "saturation × 0.7": partial(scale_saturation, factor=0.7),
    "saturation × 1.3": partial(scale_saturation, factor=1.3),
    "brightness × 0.7": partial(scale_brightness, factor=0.7),
    "brightness × 1.3": partial(scale_brightness, factor=1.3),
    "blur σ = 2 px": partial(blur, sigma_px=2.0),
    "JPEG quality 30": partial(compress, quality=30),
    "size × 0.5": partial(resize, factor=0.5),
    "size × 1.5": partial(resize, factor=1.5),
    "turn by 90°": rotate,
}
"""What is done to each photograph, in the order of the table."""


class CountChange(NamedTuple):
    """How counts change, relative to those of the unchanged photographs.

    Attributes
    ----------
    mean_absolute : Estimate
        Mean over the photographs with a cell of |changed − unchanged| / unchanged; NaN without such photographs.
    pooled : Estimate
        Sum of the changed over the sum of the unchanged counts of all photographs, minus 1; NaN without a cell.
    n_with_cells : int
        Photographs with at least one cell when unchanged: what the mean is of.
    n_without_cells : int
        The others.
    cells_there : int
        How many cells are found on the others when they are changed.

    """

    mean_absolute: Estimate
    pooled: Estimate
    n_with_cells: int
    n_without_cells: int
    cells_there: int


def change_of_counts(unchanged: Sequence[int], changed: Sequence[int]) -> CountChange:
    """Compare the counts of photographs with those of the same photographs changed.

    Examples
    --------
    >>> change = change_of_counts([10, 20, 0], [9, 22, 3])
    >>> round(change.mean_absolute.value, 3), round(change.pooled.value, 3), change.cells_there
    (0.1, 0.133, 3)

    """
    pairs = list(zip(unchanged, changed, strict=True))
    each = [abs(after - before) / before for before, after in pairs if before]
    total = sum(unchanged)
    low, high = bootstrap_ratio_interval(changed, unchanged)
    nothing = Estimate(float("nan"))
    return CountChange(
        Estimate(sum(each) / len(each), *bootstrap_interval(each)) if each else nothing,
        Estimate(sum(changed) / total - 1, low - 1, high - 1) if total else nothing,
        len(each),
        len(pairs) - len(each),
        sum(after for before, after in pairs if not before),
    )


def _to_hsv(pixels: Pixels) -> NDArray[np.float32]:
    """Hue in degrees 0 … 360, saturation and value 0 … 1."""
    import cv2

    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2HSV), np.float32)


def _from_hsv(hsv: NDArray[np.float32]) -> Pixels:
    import cv2

    return np.clip(np.round(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB) * 255), 0, 255).astype(np.uint8)
