"""White cells by their classes → the differential as laboratories write it.

Its hundred per cent are the leukocytes that have a name. Erythroblasts are not among them: they are red cells with a
nucleus, which is stated for 100 leukocytes, and by which a count of all nucleated cells is corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hemolens.cell_types import LEUKOCYTES, WHITE_CELL_CLASSES, WhiteCellClass
from hemolens.statistics.uncertainty import Interval, share_interval

if TYPE_CHECKING:
    from hemolens.cells.cell import Cell

TARGETS = (100, 200)
"""Leukocytes that laboratories count for a differential."""

MOST_UNNAMED = 0.2
"""Share of all white cells that may be ``other`` or ``unsure`` without a warning."""


@dataclass(frozen=True)
class Differential:
    """How many white cells of each class there are.

    Attributes
    ----------
    counts : mapping
        Every class → its cells.

    """

    counts: Mapping[WhiteCellClass, int]

    @property
    def n_leukocytes(self) -> int:
        """Leukocytes with a name."""
        return sum(self.counts[each] for each in LEUKOCYTES)

    @property
    def n_found(self) -> int:
        """All that was found as a white cell."""
        return sum(self.counts.values())

    def share(self, white_cell_class: WhiteCellClass) -> Interval | None:
        """Say how large a share of the leukocytes a class is, with its exact 95 % interval.

        Returns
        -------
        Interval or None
            0 … 1; None without leukocytes, and for classes that are none.

        Examples
        --------
        >>> count_classes([]).share("monocyte") is None
        True

        """
        if white_cell_class not in LEUKOCYTES or not self.n_leukocytes:
            return None
        return share_interval(self.counts[white_cell_class], self.n_leukocytes)

    @property
    def erythroblasts_per_100(self) -> float | None:
        """Erythroblasts for 100 leukocytes; None without leukocytes."""
        return 100 * self.counts["erythroblast"] / self.n_leukocytes if self.n_leukocytes else None

    @property
    def n_white_cells(self) -> float | None:
        """What was found, without the erythroblasts among it: n · 100 / (100 + erythroblasts for 100 leukocytes).

        None without leukocytes.
        """
        per_100 = self.erythroblasts_per_100
        return None if per_100 is None else self.n_found * 100 / (100 + per_100)

    def n_needed(self, target: int) -> int:
        """Say how many more leukocytes a target needs.

        >>> count_classes([]).n_needed(100)
        100
        """
        return max(0, target - self.n_leukocytes)

    @property
    def warning(self) -> str:
        """What is wrong, in words; empty where nothing is."""
        n_unnamed = self.counts["other"] + self.counts["unsure"]
        if n_unnamed <= MOST_UNNAMED * self.n_found:
            return ""
        return (
            f"{n_unnamed} of {self.n_found} white cells fit no class or may be of several: look at them before you use "
            "the differential"
        )


def count_classes(cells: Iterable[Cell]) -> Differential:
    """Count the white cells among some cells by class; those without a class are ``unsure``."""
    return join_differentials([Counter(cell.white_cell_class or "unsure" for cell in cells if cell.type == "wbc")])


def join_differentials(counts: Iterable[Mapping[WhiteCellClass, int]]) -> Differential:
    """Add up the classes of several fields of one smear."""
    total: Counter[WhiteCellClass] = Counter()
    for each in counts:
        total.update(each)
    return Differential({each: total[each] for each in WHITE_CELL_CLASSES})
