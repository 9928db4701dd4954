"""Measured red cells → what a sample of them says: how much they differ, and how many are beyond stated limits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hemolens.cells.red_cell_shape import RedCellShape
from hemolens.statistics.uncertainty import Interval, deviation_interval, share_interval

if TYPE_CHECKING:
    from hemolens.cells.cell import Cell


class Limit(NamedTuple):
    """A limit, and what lies beyond it is called.

    Attributes
    ----------
    name : str
    measure : str
        ``diameter``, as a share of the sample's median, or a measurement of
        :class:`~hemolens.cells.red_cell_shape.RedCellShape`.
    side : {"above", "below"}
    value : float

    """

    name: str
    measure: str
    side: str
    value: float


LIMITS = (
    Limit("small", "diameter", "below", 0.8),
    Limit("large", "diameter", "above", 1.2),
    Limit("elongated", "elongation", "above", 1.3),
    Limit("crenated", "crenation", "above", 0.03),
    Limit("without pallor", "pallor_depth", "below", 0.1),
)
"""Conventions, to compare samples by: no limit between healthy and ill."""

MEASURES = ("diameter", *RedCellShape._fields)

FEWEST = 20
"""Of fewer cells no share and no variation is stated."""


@dataclass(frozen=True)
class RedCells:
    """The measured red cells of a sample.

    Attributes
    ----------
    values : tuple of tuple of float
        One for each cell, with a number for each of :data:`MEASURES`; diameters as a share of the median of their
        photograph.

    """

    values: tuple[tuple[float, ...], ...]

    @property
    def n_cells(self) -> int:
        """Cells that were measured."""
        return len(self.values)

    def of(self, measure: str) -> NDArray[np.float64]:
        """Give one measure of every cell, shape (N,)."""
        place = MEASURES.index(measure)
        return np.array([each[place] for each in self.values])

    @property
    def variation(self) -> Interval | None:
        """Standard deviation of the diameters over their mean: anisocytosis; None of fewer than :data:`FEWEST`."""
        if self.n_cells < FEWEST:
            return None
        diameters = self.of("diameter")
        return deviation_interval(float(diameters.std(ddof=1) / diameters.mean()), self.n_cells)

    def beyond(self, limit: Limit) -> NDArray[np.float64]:
        """Say how far each cell is beyond a limit, shape (N,): in the unit of the measure, negative on this side."""
        distance = self.of(limit.measure) - limit.value
        return distance if limit.side == "above" else -distance

    def n_beyond(self, limit: Limit) -> int:
        """Count the cells beyond a limit."""
        return int(np.count_nonzero(self.beyond(limit) > 0))

    def share_beyond(self, limit: Limit) -> Interval | None:
        """Share of the cells beyond a limit, with its exact 95 % interval; None of fewer than :data:`FEWEST`."""
        return None if self.n_cells < FEWEST else share_interval(self.n_beyond(limit), self.n_cells)


def measured_red_cells(cells: Iterable[Cell]) -> list[Cell]:
    """Choose the cells whose shape was measured."""
    return [cell for cell in cells if cell.shape is not None]


def collect_red_cells(cells: Iterable[Cell]) -> RedCells:
    """Collect the measured red cells of one photograph, in their order."""
    measured = measured_red_cells(cells)
    usual_px = float(np.median([cell.diameter_px for cell in measured])) if measured else 1.0
    return RedCells(tuple((cell.diameter_px / usual_px, *(cell.shape or ())) for cell in measured))


def join_red_cells(samples: Iterable[RedCells]) -> RedCells:
    """Join those of several photographs of one smear."""
    return RedCells(tuple(chain.from_iterable(each.values for each in samples)))
