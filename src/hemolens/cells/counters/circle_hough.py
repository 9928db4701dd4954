"""Circle Hough transform: a cell is a circle that edge pixels vote for."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from hemolens.cells.cell import Cell, cells_from_circles
from hemolens.cells.counters.source import (
    Diameters,
    Probability,
    SourceSettings,
    fill_mask,
    large_and_sure,
    read_source,
)
from hemolens.probability_maps import ProbabilityMaps

VOTING_DIAMETER_PX = 48.0
"""Red-cell diameter at which circles vote. Pictures are brought to it, so votes mean the same at any scale."""


class CircleHoughSettings(SourceSettings):
    """Settings of :func:`find_cells`."""

    smoothing: Diameters = Field(default=0.0, description="sigma of the blur before the search for edges")
    dp: float = Field(default=1.0, ge=1, le=8, description="side of a cell of the voting grid, in pixels")
    canny_threshold: Probability = Field(
        default=0.4, description="step in the image that makes an edge; half of it continues one"
    )
    votes: float = Field(
        default=0.2, gt=0, le=10, description="votes a circle needs, as a fraction of the smallest circumference"
    )
    min_distance: Diameters = Field(default=0.5, gt=0, description="between the centres of two circles")
    radius_min: Diameters = Field(default=0.25, gt=0)
    radius_max: Diameters = Field(default=0.75, gt=0)
    min_cover: Probability = Field(default=0.5, description="fraction of the disc that must lie on the mask")
    min_own: Probability = Field(
        default=0.0, description="fraction of the disc on the mask that no circle with more votes may hold"
    )

    @model_validator(mode="after")
    def _radii_in_order(self) -> Self:
        if self.radius_min >= self.radius_max:
            raise ValueError("radius_min must be smaller than radius_max")
        return self


def find_cells(maps: ProbabilityMaps, settings: CircleHoughSettings) -> list[Cell]:
    """Count circles.

    Parameters
    ----------
    maps : ProbabilityMaps
    settings : CircleHoughSettings

    Returns
    -------
    list of Cell
        In pixels of the maps, in reading order; empty when nothing is found. Centres lie inside the frame, so
        a cell of which the frame cuts off more than half may be missed.

    Raises
    ------
    UsageError
        When the settings ask for an edge that the maps do not have.

    Examples
    --------
    >>> row, col = np.mgrid[:80, :80]
    >>> disc = (np.hypot(row - 40, col - 30) < 24).astype(np.float32)
    >>> maps = ProbabilityMaps("rbc", disc, edge=None, red_cell_diameter_px=48)
    >>> len(find_cells(maps, CircleHoughSettings()))
    1

    """
    scale = VOTING_DIAMETER_PX / maps.red_cell_diameter_px
    circles = _vote(_resize(read_source(maps, settings), scale), settings)
    body = _resize(fill_mask(maps, settings), scale) > settings.body_threshold
    circles = _without_usurpers(circles, body, settings)
    # A resized picture has a whole number of pixels: the way back is measured, not assumed.
    back = np.array(maps.mask.shape, float) / body.shape
    circles[:, :2] = (circles[:, :2] + 0.5) * back - 0.5
    circles[:, 2] *= np.sqrt(back.prod())
    scores = np.array([_mean_in_disc(maps.mask, circle) for circle in circles])
    n_rows, n_cols = maps.mask.shape
    cells = cells_from_circles(circles, cell_type=maps.cell_type, shape=(n_rows, n_cols), scores=scores)
    return large_and_sure(cells, maps, settings)


def _resize(picture: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    import cv2

    n_rows, n_cols = (max(1, round(length * scale)) for length in picture.shape)
    if (n_rows, n_cols) == picture.shape:
        return picture
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (n_cols, n_rows), interpolation=how), np.float32)


def _vote(picture: NDArray[np.float32], settings: CircleHoughSettings) -> NDArray[np.float64]:
    """Circles of a picture at voting scale: row, column, radius, most votes first; float64, shape (N, 3)."""
    import cv2

    if settings.smoothing > 0:
        sigma_px = settings.smoothing * VOTING_DIAMETER_PX
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.float32)
    radius_min_px = settings.radius_min * VOTING_DIAMETER_PX
    found = cv2.HoughCircles(
        np.round(picture * 255).astype(np.uint8),
        cv2.HOUGH_GRADIENT,
        dp=settings.dp,
        minDist=settings.min_distance * VOTING_DIAMETER_PX,
        param1=max(1.0, settings.canny_threshold * 255),
        param2=max(1.0, settings.votes * 2 * np.pi * radius_min_px),
        minRadius=round(radius_min_px),
        maxRadius=round(settings.radius_max * VOTING_DIAMETER_PX),
    )
    if found is None:  # OpenCV's way to say that there is no circle: zero is a count
        return np.zeros((0, 3))
    circles = np.reshape(found, (-1, 3)).astype(np.float64)  # OpenCV 5 leaves out a dimension of OpenCV 4
    circles[:, :2] = circles[:, 1::-1]  # OpenCV gives column, row, radius
    circles[:, :2] = np.clip(circles[:, :2], -0.5, np.array(picture.shape) - 0.5)
    return circles


def _without_usurpers(
    circles: NDArray[np.float64], body: NDArray[np.bool_], settings: CircleHoughSettings
) -> NDArray[np.float64]:
    """Leave out circles that lie beside the mask, or on mask that circles with more votes hold already."""
    is_free = body.copy()
    stays = []
    for circle in circles:
        window, disc = _disc(circle, body.shape)
        on_mask = np.count_nonzero(body[window] & disc)
        own = np.count_nonzero(is_free[window] & disc)
        is_good = on_mask > 0 and on_mask >= settings.min_cover * np.count_nonzero(disc)
        stays.append(is_good and own >= settings.min_own * on_mask)
        if stays[-1]:
            is_free[window] &= ~disc
    kept: NDArray[np.float64] = circles[np.array(stays, bool)]
    return kept


def _mean_in_disc(mask: NDArray[np.float32], circle: NDArray[np.float64]) -> float:
    window, disc = _disc(circle, mask.shape)
    return float(mask[window][disc].mean()) if disc.any() else 0.0


def _disc(circle: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Window of a picture around a circle, and which of its pixels have their centre in the circle."""
    row, col, radius = (float(value) for value in circle)
    rows = np.arange(max(0, int(row - radius)), min(shape[0], int(row + radius) + 2))
    cols = np.arange(max(0, int(col - radius)), min(shape[1], int(col + radius) + 2))
    inside = (rows[:, None] - row) ** 2 + (cols - col) ** 2 <= radius**2
    return (slice(rows[0], rows[-1] + 1), slice(cols[0], cols[-1] + 1)), inside
