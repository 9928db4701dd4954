"""The model's result and the trail of corrections → the corrected result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from hemolens.counted_image import CellOrigin, CountedImage, Review
from hemolens.errors import ReviewError
from hemolens.review.trail import Correction, State, net_changes, replay
from hemolens.statistics.counts import count_cells

Counted = TypeVar("Counted", bound=CountedImage)


def reviewed_result(
    result: Counted,
    trail: Sequence[Correction],
    *,
    state: State | None = None,
    signed_by: str | None = None,
    signed_at: datetime | None = None,
    comment: str = "",
) -> Counted:
    """Correct a counted image.

    Parameters
    ----------
    result : CountedImage
        What the model counted; it stays as it is.
    trail : sequence of Correction
        All corrections of it.
    state : mapping, optional
        What the trail makes of it, if that is known: replaying a long trail takes time.
    signed_by : str, optional
        Who stands up for the counts.
    signed_at : datetime, optional
        When, with its time zone; needed if somebody has signed.
    comment : str, optional
        Of the one who signed.

    Returns
    -------
    CountedImage
        Of the same class: the cells as corrected, in reading order, and all numbers that follow from them. The verdict
        on the image and its scale are as they were measured. Where a person vouches for the count of a type, its
        intervals do not hold the model's error (:attr:`~hemolens.counted_image.CountedImage.count_errors`). The same
        result if there are no corrections, and nobody has signed.

    Raises
    ------
    ConflictError
        The trail is not one of this result.
    ReviewError
        Who signed is given without when.

    """
    if not trail and signed_by is None:
        return result
    if signed_by is not None and signed_at is None:
        raise ReviewError(
            "a signature has no time", came="signed_by alone", allowed="signed_by and signed_at", do="say when"
        )
    state = replay(result.cells, trail) if state is None else state
    cells = sorted(state.values(), key=lambda each: (each.cell.row, each.cell.col, each.cell.type))
    net = net_changes(result.cells, trail, state)
    review = Review(
        n_added=net.n_added,
        n_removed=net.n_removed,
        n_changed=net.n_changed,
        by=net.by,
        origins=tuple(CellOrigin(each.by, each.checked) for each in cells),
        signed_by=signed_by,
        signed_at=signed_at,
        comment=comment,
    )
    own = [each.cell for each in cells]
    return replace(result, cells=own, counts=count_cells(own, result.unlocated), review=review)
