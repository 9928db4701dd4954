"""Counts as they were corrected so far, kept in memory while people work on them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.plan.plan import Plan
from hemolens.result import Result
from hemolens.review.proposal import plan_of
from hemolens.review.records import read_changes
from hemolens.review.trail import Correction, ReviewedCell, apply, initial
from hemolens.web.database.tables import CorrectionRow, CountRow

MAX_CELLS = 200_000
"""Of the counts that are kept in memory; the last one always is."""


@dataclass(frozen=True, eq=False)
class Reviewed:
    """A count of the program, its corrections, and what they have made of it.

    Attributes
    ----------
    result : Result
        As the program counted it.
    trail : tuple of Correction
    state : mapping
        Id → cell, as they are now.
    plan : Plan
        For proposals.

    """

    result: Result
    trail: tuple[Correction, ...]
    state: Mapping[str, ReviewedCell]
    plan: Plan

    def corrected(self, correction: Correction) -> Reviewed:
        """Apply one more correction.

        Raises
        ------
        ConflictError
            A cell is not as the correction takes it to be.

        """
        return replace(self, trail=(*self.trail, correction), state=apply(self.state, correction))


class Reviews:
    """The counts that were looked at last; safe to use from several threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Reviewed] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, session: Session, count: CountRow, load: Callable[[], Result]) -> Reviewed:
        """Give a count with all corrections that the session knows of.

        Parameters
        ----------
        session : Session
        count : CountRow
        load : callable
            Reads what the program had counted; called when it is not in memory.

        Raises
        ------
        ReviewError
            What is kept of the count cannot be read.

        """
        with self._lock:
            reviewed = self._kept.get(count.id)
        if reviewed is None:
            result = load()
            reviewed = Reviewed(result, (), initial(result.cells), plan_of(result))
        newer = select(CorrectionRow).where(CorrectionRow.count_id == count.id, CorrectionRow.seq > len(reviewed.trail))
        for row in session.scalars(newer.order_by(CorrectionRow.seq)):
            reviewed = reviewed.corrected(correction_of(row))
        self.keep(count.id, reviewed)
        return reviewed

    def keep(self, count_id: str, reviewed: Reviewed) -> None:
        """Remember a count as it is after a correction that the database has."""
        with self._lock:
            before = self._kept.pop(count_id, None)
            self._kept[count_id] = reviewed if before is None or len(before.trail) <= len(reviewed.trail) else before
            while len(self._kept) > 1 and sum(len(each.state) for each in self._kept.values()) > MAX_CELLS:
                self._kept.popitem(last=False)


def correction_of(row: CorrectionRow) -> Correction:
    """Read a row of the trail."""
    return Correction(row.id, row.seq, row.actor, row.at, row.action, row.reverses, read_changes(row.changes))  # type: ignore[arg-type]
