"""The shape of a red cell, as measurements: how long, how round, how jagged, how pale in the middle.

An outline follows the borders of pixels, whose steps make it longer than the cell's. So it is taken as a sum of
elliptic Fourier terms (Kuhl and Giardina, *Computer Graphics and Image Processing* 18 (1982), 236-258): the first is
an ellipse, a few more are the shape of the cell, those beyond are its spikes, and the rest is pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

N_POINTS = 256
SHAPE_TERMS = 8
"""Terms that a smooth cell has: an ellipse, a drop, a sickle."""
SPIKE_TERMS = 20
"""Terms up to which an outline can show spikes: a crenated cell has ten to thirty around it, of which half are seen."""

N_RINGS = 20
_RIM = (0.5, 0.95)
"""Where the darkest ring of a cell lies, as a share of the way from its centre to its outline."""
_CENTRE = 0.2
LEAST_PALLOR = 0.1
"""A centre that is by less paler than the rim is not pale: its pallor has no size."""


class RedCellShape(NamedTuple):
    """Measurements of a red cell; none of them depends on the scale, or on where the cell is turned to.

    Attributes
    ----------
    elongation : float
        Length over width, 1 or more.
    circularity : float
        4π · area ÷ circumference² of the smooth outline, up to 1 for a disc.
    crenation : float
        How far the outline leaves the smooth one, root mean square, as a share of the cell's radius.
    pallor_depth : float
        How much less light the centre takes up than the rim: 0, as much, to 1, none.
    pallor_size : float
        Diameter of the pale centre, to half its depth, as a share of the cell's; 0 where there is none.

    """

    elongation: float
    circularity: float
    crenation: float
    pallor_depth: float
    pallor_size: float


def measure_shape(outline: NDArray[np.floating], absorbance: NDArray[np.floating]) -> RedCellShape:
    """Measure a red cell.

    Parameters
    ----------
    outline : ndarray of float, shape (N, 2)
        Closed polygon, (row, col) of its vertices; three or more, not all on one line.
    absorbance : ndarray of float, shape (H, W)
        Of the photograph around it, in the pixels of the outline; how much there is of all channels together, or of
        one.

    Returns
    -------
    RedCellShape

    Examples
    --------
    >>> angles = np.linspace(0, 2 * np.pi, 100, endpoint=False)
    >>> ellipse = np.stack([20 * np.sin(angles), 10 * np.cos(angles)], axis=1) + 25
    >>> [round(each, 2) for each in measure_shape(ellipse, np.ones((50, 50)))]
    [2.0, 0.84, 0.0, 0.0, 0.0]

    """
    terms = _fourier_terms(outline)
    smooth, spiky = _curve(terms, SHAPE_TERMS), _curve(terms, SPIKE_TERMS)
    area, length = _area_and_length(smooth)
    radius = np.sqrt(area / np.pi)
    depth, size = _pallor(spiky, absorbance)
    return RedCellShape(
        elongation=_elongation(smooth),
        circularity=float(min(1.0, 4 * np.pi * area / length**2)),
        crenation=float(np.sqrt(np.mean(np.abs(spiky - smooth) ** 2)) / radius),
        pallor_depth=depth,
        pallor_size=size,
    )


def _fourier_terms(outline: NDArray[np.floating]) -> NDArray[np.complex128]:
    """Fourier terms of the outline as col + i · row, at equal steps along it."""
    closed = np.append(outline[:, 1], outline[0, 1]) + 1j * np.append(outline[:, 0], outline[0, 0])
    along = np.append(0, np.cumsum(np.abs(np.diff(closed))))
    steps = np.linspace(0, along[-1], N_POINTS, endpoint=False)
    return np.fft.fft(np.interp(steps, along, closed.real) + 1j * np.interp(steps, along, closed.imag)) / N_POINTS


def _curve(terms: NDArray[np.complex128], n_terms: int) -> NDArray[np.complex128]:
    """The outline that has the first terms alone."""
    kept = terms.copy()
    kept[n_terms + 1 : N_POINTS - n_terms] = 0
    return np.fft.ifft(kept) * N_POINTS


def _area_and_length(curve: NDArray[np.complex128]) -> tuple[float, float]:
    following = np.roll(curve, -1)
    return float(abs((curve.conj() * following).imag.sum()) / 2), float(np.abs(following - curve).sum())


def _elongation(curve: NDArray[np.complex128]) -> float:
    """Length over width of the ellipse with the same second moments of area."""
    following = np.roll(curve, -1)
    cross = (curve.conj() * following).imag
    area = cross.sum() / 2
    centre = ((curve + following) * cross).sum() / (6 * area)
    first, second = curve - centre, following - centre
    cross = (first.conj() * second).imag
    squares = first**2 + first * second + second**2
    sizes = np.abs(first) ** 2 + (first * second.conj()).real + np.abs(second) ** 2
    sum_of_squares, spread = (sizes * cross).sum() / 12, abs((squares * cross).sum()) / 12
    return float(np.sqrt((abs(sum_of_squares) + spread) / (abs(sum_of_squares) - spread)))


def _pallor(curve: NDArray[np.complex128], absorbance: NDArray[np.floating]) -> tuple[float, float]:
    """Depth and size of the pale centre, from the mean absorbance of rings that are shaped as the outline."""
    import cv2

    centre = curve.mean()
    shares = (np.arange(N_RINGS) + 0.5) / N_RINGS
    places = centre + shares[:, None] * (curve - centre)
    values = cv2.remap(
        absorbance.astype(np.float32),
        places.real.astype(np.float32),
        places.imag.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    rings = values.mean(axis=1)
    low, high = np.searchsorted(shares, _RIM)
    at_rim = int(low + rings[low:high].argmax())
    rim, middle = float(rings[at_rim]), float(rings[shares < _CENTRE].mean())
    if rim <= 0 or (depth := min(1.0, (rim - middle) / rim)) < LEAST_PALLOR:
        return 0.0, 0.0
    half = (rim + middle) / 2
    beyond = int(np.argmax(rings[: at_rim + 1] >= half))
    if not beyond:
        return depth, float(shares[0])
    before = beyond - 1
    part = (half - rings[before]) / (rings[beyond] - rings[before])
    return depth, float(shares[before] + part / N_RINGS)
