"""A smear at the scale that a network works at, window by window.

A window has the pixels that one would cut out of the whole picture after resizing that with OpenCV, so that where a
window begins changes nothing. OpenCV itself cannot be told that a picture is a part of a larger one: a pixel of the
reduced picture is the mean of a rectangle whose sides fall between pixels, and they fall elsewhere in each window.
Where it enlarges, it takes one of two grey levels by where a picture begins: all windows agree on one, the whole
picture, which is OpenCV's, may have the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hemolens.images.box import Box
from hemolens.images.image import Shape, SmearImage

MOST_READ_PX = 16_000_000
"""So many pixels of a smear are read and reduced at once."""

_LEAST_OVERLAP = 1e-3
"""What a rectangle covers of a pixel less than this is left out, as OpenCV does."""

_LINEAR_STEPS = 2048
"""OpenCV interpolates in so many steps."""

_BAND_ROWS = 32
"""So many rows are reduced at once: they stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class ScaledImage:
    """A smear that is seen at another scale.

    Attributes
    ----------
    image : SmearImage
    level : int
        The reduction that is read.
    shape : (int, int)
        Rows and columns at the new scale.

    """

    image: SmearImage
    level: int
    shape: Shape

    @cached_property
    def whole(self) -> Box:
        """The box of all pixels."""
        return Box(0, 0, *self.shape)

    def read(self, box: Box) -> NDArray[np.uint8]:
        """Give the pixels of a box at the new scale.

        Parameters
        ----------
        box : Box
            Inside the scaled picture.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3)
            RGB, as :func:`resize` gives them for the whole picture; enlarged, to within one grey level.

        """
        source = self.image.levels[self.level]
        if source == self.shape:
            return self.image.read(box, self.level)
        n_source_rows, n_source_cols = source
        if box == self.whole and n_source_rows * n_source_cols <= MOST_READ_PX:
            return resize(self.image.read(Box(0, 0, *source), self.level), self.shape)
        across = _weights(n_source_cols, self.shape[1], box.col0, box.col1)
        pixels = np.empty((box.row1 - box.row0, box.col1 - box.col0, 3), np.uint8)
        n_rows = max(1, int(MOST_READ_PX / (n_source_rows / self.shape[0] * (across.stop - across.start))))
        for row0 in range(box.row0, box.row1, n_rows):
            row1 = min(row0 + n_rows, box.row1)
            down = _weights(n_source_rows, self.shape[0], row0, row1)
            part = self.image.read(Box(down.start, across.start, down.stop, across.stop), self.level)
            pixels[row0 - box.row0 : row1 - box.row0] = _combined(part, down, across)
        return pixels


def scale_image(image: SmearImage, from_px: float, to_px: float) -> ScaledImage:
    """See a smear at a scale at which a length of ``from_px`` is ``to_px`` long.

    Parameters
    ----------
    image : SmearImage
    from_px, to_px : float
        The length at full resolution and at the new scale, > 0.

    Returns
    -------
    ScaledImage
        At least one pixel large. It reads the most reduced level that still has all that the new scale shows.

    """
    zoom = to_px / from_px
    n_rows, n_cols = (max(1, round(side * zoom)) for side in image.shape)
    enough = [n for n, level in enumerate(image.levels) if level[0] >= n_rows and level[1] >= n_cols]
    return ScaledImage(image, max(enough, default=0), (n_rows, n_cols))


def resize(pixels: NDArray[np.uint8], shape: Shape) -> NDArray[np.uint8]:
    """Resize an RGB picture: to its mean over each new pixel, or, enlarged, by straight lines between the old ones.

    The values are those of OpenCV's ``INTER_AREA``; enlarged, those of ``INTER_LINEAR``.

    >>> resize(np.arange(12, dtype=np.uint8).reshape(1, 4, 3), (1, 2)).tolist()
    [[[2, 2, 4], [8, 8, 10]]]
    """
    import cv2

    n_rows, n_cols = shape
    height, width = pixels.shape[:2]
    if (n_rows, n_cols) == (height, width):
        return pixels
    way = cv2.INTER_AREA if n_rows <= height and n_cols <= width else cv2.INTER_LINEAR
    return cv2.resize(pixels, (n_cols, n_rows), interpolation=way).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class _Weights:
    """How pixels ``start … stop - 1`` along one axis are combined to the N of a window.

    Each of these is the sum of the K pixels from ``first`` on, shape (N,), counted from ``start``, times their
    ``shares``, shape (N, K); those beyond the end have none.
    """

    start: int
    stop: int
    first: NDArray[np.intp]
    shares: NDArray[np.float32]
    reduction: float


def _weights(n_from: int, n_to: int, first: int, stop: int) -> _Weights:
    """Say how an axis of ``n_from`` pixels becomes one of ``n_to``, of which ``first … stop - 1`` are wanted."""
    reduction = n_from / n_to
    wanted = np.arange(first, stop)
    low, shares = _overlaps(wanted, reduction, n_from) if n_to <= n_from else _neighbours(wanted, reduction, n_from)
    columns = (low[:, None] + np.arange(shares.shape[1]))[shares > 0]
    start, end = int(columns.min()), int(columns.max()) + 1
    return _Weights(start, end, low - start, shares, reduction)


def _overlaps(wanted: NDArray[np.intp], reduction: float, n_from: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """First old pixel under each new one, and the shares of it and of those that follow."""
    left = wanted * reduction
    right = left + reduction
    length = np.minimum(reduction, n_from - left)
    low = np.floor(left).astype(np.intp)
    pixels = low[:, None] + np.arange(int(np.ceil(reduction)) + 1)
    covered = np.minimum(pixels + 1, right[:, None]) - np.maximum(pixels, left[:, None])
    covered[(covered < _LEAST_OVERLAP) | (pixels >= n_from)] = 0
    return low, (covered / length[:, None]).astype(np.float32)


def _neighbours(
    wanted: NDArray[np.intp], reduction: float, n_from: int
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Old pixel before the middle of each new one, and the shares of it and of the next."""
    middle = np.clip((wanted + 0.5) * reduction - 0.5, 0, n_from - 1)
    low = np.minimum(np.floor(middle).astype(np.intp), max(0, n_from - 2))
    share = np.rint((middle - low) * _LINEAR_STEPS).astype(np.float32) / np.float32(_LINEAR_STEPS)
    return low, np.stack([1 - share, share], axis=1)


def _combined(pixels: NDArray[np.uint8], down: _Weights, across: _Weights) -> NDArray[np.uint8]:
    """Combine pixels along both axes, a few rows at a time, in the order in which OpenCV adds them up."""
    n_rows, n_cols = len(down.first), len(across.first)
    combined = np.empty((n_rows, n_cols, 3), np.uint8)
    # OpenCV rounds halves to even numbers, but up when it halves both sides or enlarges.
    rounds_up = (down.reduction, across.reduction) == (2, 2) or min(down.reduction, across.reduction) < 1
    # Where old pixels lie wholly under new ones, it adds them up first, and divides the sum.
    divides = down.reduction >= 1 and down.reduction.is_integer() and across.reduction.is_integer()
    across_shares, down_shares = (np.sign(each.shares) if divides else each.shares for each in (across, down))
    part = np.float32(1 / (down.reduction * across.reduction)) if divides else np.float32(1)
    for row0 in range(0, n_rows, _BAND_ROWS):
        rows = slice(row0, row0 + _BAND_ROWS)
        top = max(0, int(down.first[rows][0]))  # a first row without a share may lie before the window
        bottom = int(down.first[rows][-1]) + down.shares.shape[1]
        band = pixels[top:bottom].transpose(1, 0, 2).astype(np.float32, order="C")
        narrow = np.ascontiguousarray(_summed(band, across.first, across_shares).transpose(1, 0, 2))
        values = _summed(narrow, down.first[rows] - top, down_shares[rows]) * part
        rounded = np.floor(values + np.float32(0.5)) if rounds_up else np.rint(values)
        combined[rows] = np.clip(rounded, 0, 255).astype(np.uint8)
    return combined


def _summed(lines: NDArray[np.float32], first: NDArray[np.intp], shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum the lines from each ``first`` on, times their shares: (n, M, 3), (N,) and (N, K) to (N, M, 3)."""
    total = np.zeros((len(first), *lines.shape[1:]), np.float32)
    for step in range(shares.shape[1]):
        part = lines.take(first + step, axis=0, mode="clip")  # beyond the last, the share is 0
        part *= shares[:, step, None, None]
        total += part
    return total
