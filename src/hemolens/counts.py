"""Cells → numbers: how many of each type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass

from hemolens.cells import Cell


@dataclass(frozen=True)
class Counts:
    """How many cells of each type; zero is a count.

    Examples
    --------
    >>> Counts(rbc=3, wbc=1, plt=0) + Counts(rbc=2, wbc=0, plt=0)
    Counts(rbc=5, wbc=1, plt=0)

    """

    rbc: int
    wbc: int
    plt: int

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


NO_CELLS = Counts(rbc=0, wbc=0, plt=0)


def count_cells(cells: Iterable[Cell]) -> Counts:
    """Count the cells of each type, those that touch the frame included.

    Parameters
    ----------
    cells : iterable of Cell

    Returns
    -------
    Counts
        All zero when there are no cells.

    Examples
    --------
    >>> count_cells([])
    Counts(rbc=0, wbc=0, plt=0)

    """
    n_cells = Counter(cell.type for cell in cells)
    return Counts(rbc=n_cells["rbc"], wbc=n_cells["wbc"], plt=n_cells["plt"])
