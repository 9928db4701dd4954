"""Sum of a density: how many cells there are, without locating any of them.

For models that draw, instead of where cells are, how many there are to each pixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hemolens.cells.counters.source import CounterSettings
from hemolens.errors import ModelError
from hemolens.probability_maps import DensityMap


class DensitySumSettings(CounterSettings):
    """Settings of :func:`count_pixels`."""

    min_density: float = Field(
        default=0.05, ge=0, le=10, description="a pixel with fewer cells per squared red-cell diameter adds none"
    )


def count_pixels(density: DensityMap, settings: DensitySumSettings) -> NDArray[np.float64]:
    """Say how many cells each pixel adds to the count of an area that it lies in.

    Parameters
    ----------
    density : DensityMap
    settings : DensitySumSettings

    Returns
    -------
    ndarray of float64, shape (H, W)
        Not negative.

    Raises
    ------
    ModelError
        The density is not finite.

    Examples
    --------
    >>> density = DensityMap("rbc", np.float32([[0.04, 0, 0.21], [0, 0, 0.25]]), red_cell_diameter_px=2)
    >>> float(count_pixels(density, DensitySumSettings(min_density=0.2)).sum().round(6))
    0.46

    """
    per_pixel = density.density.astype(np.float64)
    if not np.isfinite(per_pixel).all():
        raise ModelError(
            f"the model draws no density of {density.cell_type} that can be summed",
            came="values that are infinite or no numbers",
            allowed="finite values",
            do="train the model again, or choose another",
        )
    return np.where(per_pixel >= settings.min_density / density.red_cell_diameter_px**2, np.maximum(per_pixel, 0), 0.0)
