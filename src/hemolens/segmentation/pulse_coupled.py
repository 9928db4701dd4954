"""Cells are what a pulse-coupled neural network fires together.

Kimbahune, Uke, 'Blood Cell Image Segmentation and Counting', Int. J. Engineering Science and Technology 3(3), 2011,
2448-2453. Its text was not at hand; what is known of it is a pulse-coupled neural network that removes noise together
with a median filter, one that segments, and a count of contours by square tracing. Chosen here:

- One neuron for each pixel, fed with its darkness and linked with its eight neighbours; the threshold falls step by
  step, and a neuron that has fired helps its neighbours to fire in the same step (the simplified model of Kuntimad,
  Ranganath, 'Perfect image segmentation using pulse coupled neural networks', IEEE Trans. Neural Networks 10(3), 1999,
  591-598). Each neuron fires once: when, is all that is kept.
- Noise is a pixel whose neuron, unlinked, fires at another time than the median of its neighbourhood; it gets the
  median of their light, and the others stay as they are.
- Cells are what has fired by the step at which the cross-entropy between photograph and division is smallest (Li, Lee,
  'Minimum cross entropy thresholding', Pattern Recognition 26, 1993, 617-625); nuclei, likewise, by the step that
  divides the cells. White cells are large groups of neurons that fire so early.

Square tracing walks once around each group of neurons that are connected through their sides, unless two groups touch
at a corner; so the number of contours is that of the groups, which the counter ``connected-components`` counts.
Nothing parts cells that touch; where the light is uneven, the dark corner fires with the cells.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from hemolens.segmentation.stained_bodies import (
    CELLS_AT_MOST,
    NOTHING,
    bodies_of,
    green_light,
    nuclei_of_white_cells,
    red_cells_of,
    white_cells_around,
)

N_STEPS = 64
"""The threshold falls from black to white in so many steps."""

LINKING = 0.1
"""How much darker a pixel seems to its neuron when all of its neighbours have fired."""

NUCLEI_AT_MOST = 0.7
"""Mean light of nuclei as a share of that of the other cells; where red cells overlap, they let more light through."""

NUCLEI_ALONE = 0.6
"""Where the median cell lets no more light through than this share of the background's, it is a nucleus."""

_ROUNDS = 3  # of linking in each step
_NOISE_STEPS = 2  # so much later or earlier than the neighbourhood is noise


def firing_times(green: NDArray[np.uint8], linking: float = LINKING) -> NDArray[np.uint8]:
    """Let the network pulse once and say when each neuron fires.

    Parameters
    ----------
    green : ndarray of uint8, shape (H, W)
    linking : float
        0 for neurons that do not see each other.

    Returns
    -------
    ndarray of uint8, shape (H, W)
        Step from 0, for black, to :data:`N_STEPS`, for white.

    Examples
    --------
    >>> firing_times(np.uint8([[0, 255, 128]]), linking=0).tolist()
    [[0, 64, 33]]

    """
    import cv2

    darkness = 1 - green.astype(np.float32) / 255
    times = np.full(green.shape, N_STEPS, np.uint8)
    for step in range(N_STEPS):
        threshold = np.float32(1 - step / N_STEPS)
        for _ in range(_ROUNDS if linking else 1):
            has_fired = (times < N_STEPS).astype(np.float32)
            linked = cv2.boxFilter(has_fired, -1, (3, 3)) if linking else np.float32(0)
            fires = (times == N_STEPS) & (darkness * (1 + np.float32(linking) * linked) >= threshold)
            if not fires.any():
                break
            times[fires] = step
    return times


def without_noise(green: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give pixels whose neurons fire out of step the median of their neighbourhood.

    >>> without_noise(np.uint8([[200, 202, 200], [201, 20, 200], [200, 200, 203]])).tolist()
    [[200, 202, 200], [201, 200, 200], [200, 200, 203]]
    """
    import cv2

    times = firing_times(green, linking=0)
    out_of_step = cv2.absdiff(times, cv2.medianBlur(times, 3)) > _NOISE_STEPS
    return np.where(out_of_step, np.asarray(cv2.medianBlur(green, 3)), green)


def measure_levels(pixels: NDArray[np.uint8], red_cell_diameter_px: float) -> tuple[float, ...]:
    """Measure the steps by which cells, and among them nuclei, have fired.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels; not needed.

    Returns
    -------
    (float, float)
        :data:`~hemolens.segmentation.stained_bodies.NOTHING` without any.

    """
    green = without_noise(green_light(pixels))
    times = firing_times(green)
    cells = _dividing_step(times, green, CELLS_AT_MOST)
    dark = times <= cells
    if dark.any() and np.median(green[dark]) <= NUCLEI_ALONE * np.median(green[~dark]):
        return max(cells, _dividing_step(times[~dark], green[~dark], CELLS_AT_MOST)), cells
    return cells, _dividing_step(times[dark], green[dark], NUCLEI_AT_MOST)


def _dividing_step(times: NDArray[np.uint8], light: NDArray[np.uint8], at_most: float) -> float:
    """Find the step at which the cross-entropy of light and division is smallest.

    Up to a constant the cross-entropy is −Σ light · log(mean light of its class).
    """
    n = np.bincount(times.ravel(), minlength=N_STEPS + 1).astype(np.float64)
    total = np.bincount(times.ravel(), weights=light.ravel().astype(np.float64) + 1, minlength=N_STEPS + 1)
    n_dark, dark = np.cumsum(n)[:-1], np.cumsum(total)[:-1]
    n_bright, bright = n.sum() - n_dark, total.sum() - dark
    possible = (n_dark > 0) & (n_bright > 0)
    if not possible.any():
        return NOTHING
    means = [part / np.maximum(number, 1) for part, number in ((dark, n_dark), (bright, n_bright))]
    entropy = -dark * np.log(np.maximum(means[0], 1)) - bright * np.log(np.maximum(means[1], 1))
    step = int(np.argmin(np.where(possible, entropy, np.inf)))
    return float(step) if means[0][step] <= at_most * means[1][step] else NOTHING


def draw(
    pixels: NDArray[np.uint8], red_cell_diameter_px: float, levels: tuple[float, ...]
) -> Mapping[str, NDArray[np.float32]]:
    """Draw the masks of red and white cells.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, 3)
        RGB, at least one pixel.
    red_cell_diameter_px : float
        In these pixels, > 0.
    levels : (float, float)
        From :func:`measure_levels`.

    Returns
    -------
    mapping of str to ndarray of float32, shape (H, W)
        ``rbc.mask`` and ``wbc.mask``, 0 or 1.

    """
    times = firing_times(without_noise(green_light(pixels)))
    bodies = bodies_of(times <= levels[0], red_cell_diameter_px)
    nuclei = nuclei_of_white_cells(times <= levels[1], bodies, red_cell_diameter_px)
    white = white_cells_around(nuclei, red_cell_diameter_px)
    red = red_cells_of(bodies, white, red_cell_diameter_px)
    return {"rbc.mask": red.astype(np.float32), "wbc.mask": white.astype(np.float32)}
