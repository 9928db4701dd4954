"""The trail of corrections: what people changed, row by row, and nothing else.

The model's result is never changed. What holds now is that result with every row of the trail applied to it, one after
the other (:func:`replay`). To undo is a row, too: it puts back what an earlier row of the same person had changed. So a
person may undo and redo without limit, after a reload as well, and all that was ever done can be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from hemolens.cells.cell import Cell
from hemolens.counted_image import MODEL
from hemolens.errors import ConflictError, ReviewError, quoted

Action = Literal["add", "delete", "retype", "classify", "split", "merge", "redraw", "confirm", "undo", "redo"]


@dataclass(frozen=True, eq=False)
class ReviewedCell:
    """A cell as it stands in a review.

    Attributes
    ----------
    id : str
        ``"1"`` … ``"N"`` for the cells of the model, in their order; ``"CORRECTION.k"`` for one that a correction made.
    cell : Cell
    by : str
        Who made it or last changed it: :data:`~hemolens.counted_image.MODEL`, or the name of a person.
    checked : bool
        Whether a person has made, changed or confirmed it.

    """

    id: str
    cell: Cell
    by: str = MODEL
    checked: bool = False

    def is_same(self, other: ReviewedCell | None) -> bool:
        """Whether nothing of the cell is different."""
        if other is None or (self.id, self.by, self.checked) != (other.id, other.by, other.checked):
            return False
        return self.cell.is_same(other.cell)


State = Mapping[str, ReviewedCell]
"""The cells of an image by their ids; their order says nothing."""


@dataclass(frozen=True, eq=False)
class Change:
    """What becomes of one cell.

    Attributes
    ----------
    cell_id : str
    before, after : ReviewedCell or None
        None where there is no such cell.

    """

    cell_id: str
    before: ReviewedCell | None
    after: ReviewedCell | None

    @property
    def reversed(self) -> Change:
        """The change that takes this one back."""
        return Change(self.cell_id, self.after, self.before)


@dataclass(frozen=True, eq=False)
class Correction:
    """One row of the trail.

    Attributes
    ----------
    id : str
        Made by the one who asks for it, so that a correction that is sent twice is one.
    seq : int
        From 1, rising along the trail.
    actor : str
        Name of the person.
    at : datetime
        With its time zone.
    action : str
        One of :data:`Action`.
    reverses : int or None
        Of an undo the row that it takes back, of a redo the undo; None for all others.
    changes : tuple of Change

    Raises
    ------
    ReviewError
        The name is empty, or it is what the model is called.

    """

    id: str
    seq: int
    actor: str
    at: datetime
    action: Action
    reverses: int | None
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        if not self.actor.strip() or self.actor == MODEL:
            raise ReviewError(
                "a correction needs the name of a person",
                came=quoted(self.actor),
                allowed=f"any name but {quoted(MODEL)}, which stands for the model",
                do="give another name",
            )


@dataclass(frozen=True)
class NetChanges:
    """How the cells of a review differ from those of the model.

    Attributes
    ----------
    n_added, n_removed, n_changed : int
        As in :class:`~hemolens.counted_image.Review`.
    by : tuple of str

    """

    n_added: int
    n_removed: int
    n_changed: int
    by: tuple[str, ...]


def initial(cells: Iterable[Cell]) -> dict[str, ReviewedCell]:
    """Begin a review with the cells of the model, numbered from 1 as in ``cells.csv``."""
    return {str(number): ReviewedCell(str(number), cell) for number, cell in enumerate(cells, start=1)}


def apply(state: State, correction: Correction) -> dict[str, ReviewedCell]:
    """Apply one correction.

    Parameters
    ----------
    state : mapping
        Id → cell; it stays as it is.
    correction : Correction

    Returns
    -------
    dict

    Raises
    ------
    ConflictError
        A cell is no longer as the correction takes it to be; nothing is applied then.

    """
    changed = dict(state)
    _apply_to(changed, correction)
    return changed


def replay(model_cells: Iterable[Cell], trail: Iterable[Correction]) -> dict[str, ReviewedCell]:
    """Apply a trail to the model's result.

    Parameters
    ----------
    model_cells : iterable of Cell
        In the order in which the model's result has them.
    trail : iterable of Correction
        All of it, in the order of `seq`.

    Raises
    ------
    ConflictError
        The trail is not one of this result.

    """
    state = initial(model_cells)
    for correction in trail:
        _apply_to(state, correction)
    return state


def next_seq(trail: Sequence[Correction]) -> int:
    """Number the row that comes next."""
    return trail[-1].seq + 1 if trail else 1


def last_done(trail: Iterable[Correction], actor: str) -> Correction | None:
    """Give what a person would undo: the last of their corrections that holds; None without one."""
    done = _done_and_undone(trail, actor)[0]
    return done[-1] if done else None


def last_undone(trail: Iterable[Correction], actor: str) -> Correction | None:
    """Give the undo that a person would take back; None where they have corrected something since."""
    undone = _done_and_undone(trail, actor)[1]
    return undone[-1] if undone else None


def undo_of(trail: Sequence[Correction], actor: str, state: State, *, id: str, at: datetime) -> Correction:
    """Make the row that takes back the last correction of a person.

    Parameters
    ----------
    trail : sequence of Correction
        All of it.
    actor : str
        Whose.
    state : mapping
        What holds now.
    id : str
    at : datetime
        Of the new row.

    Returns
    -------
    Correction
        Not yet applied.

    Raises
    ------
    ReviewError
        There is nothing to undo.
    ConflictError
        Somebody else has changed its cells since.

    """
    row = last_done(trail, actor)
    if row is None:
        raise _nothing_to("undo", actor, allowed="one's own corrections")
    return Correction(id, next_seq(trail), actor, at, "undo", row.seq, _reversed(row, state))


def redo_of(trail: Sequence[Correction], actor: str, state: State, *, id: str, at: datetime) -> Correction:
    """Make the row that brings back what a person has undone last; arguments and errors as of :func:`undo_of`."""
    row = last_undone(trail, actor)
    if row is None:
        raise _nothing_to("redo", actor, allowed="what one has undone, until one corrects something else")
    return Correction(id, next_seq(trail), actor, at, "redo", row.seq, _reversed(row, state))


def net_changes(model_cells: Iterable[Cell], trail: Sequence[Correction], state: State) -> NetChanges:
    """Compare what holds with the model's result.

    Parameters
    ----------
    model_cells : iterable of Cell
    trail : sequence of Correction
    state : mapping
        What the trail makes of the result.

    Returns
    -------
    NetChanges
        The number of cells is always that of the model, plus the added ones, less the removed ones.

    """
    by_model = {str(number): cell for number, cell in enumerate(model_cells, start=1)}
    both = by_model.keys() & state.keys()
    holding = {
        correction.seq: actor
        for actor in dict.fromkeys(row.actor for row in trail)
        for correction in _done_and_undone(trail, actor)[0]
    }
    return NetChanges(
        n_added=len(state) - len(both),
        n_removed=len(by_model) - len(both),
        n_changed=sum(_differs(by_model[each], state[each].cell) for each in both),
        by=tuple(dict.fromkeys(holding[seq] for seq in sorted(holding))),
    )


def _apply_to(state: dict[str, ReviewedCell], correction: Correction) -> None:
    for change in correction.changes:
        _check_unchanged(state, change)
    for change in correction.changes:
        if change.after is None:
            state.pop(change.cell_id, None)
        else:
            state[change.cell_id] = change.after


def _check_unchanged(state: State, change: Change) -> None:
    now, before = state.get(change.cell_id), change.before
    if now is None and before is None:
        return
    if now is None:
        came = "it is no longer there"
    elif before is None:
        came = f"it is there already, by {quoted(now.by)}"
    elif now.is_same(before):
        return
    else:
        came = f"it was last changed by {quoted(now.by)}"
    raise ConflictError(
        f"cell {quoted(change.cell_id)} is not as this correction takes it to be",
        came=came,
        allowed="cells that nobody has changed in between",
        do="look at it as it is now, and correct that",
    )


def _done_and_undone(trail: Iterable[Correction], actor: str) -> tuple[list[Correction], list[Correction]]:
    """Rows of a person that hold, and their undos that can be taken back; the last of each is the next to be."""
    done: list[Correction] = []
    undone: list[Correction] = []
    for row in trail:
        if row.actor != actor:
            continue
        if row.action == "undo":
            done = [each for each in done if each.seq != row.reverses]
            undone.append(row)
        elif row.action == "redo":
            undone = [each for each in undone if each.seq != row.reverses]
            done.append(row)
        else:
            done.append(row)
            undone = []
    return done, undone


def _nothing_to(action: Literal["undo", "redo"], actor: str, *, allowed: str) -> ReviewError:
    came = f"nothing of {quoted(actor)}'s"
    return ReviewError(f"there is nothing to {action}", came=came, allowed=allowed, do="go on correcting")


def _reversed(row: Correction, state: State) -> tuple[Change, ...]:
    """Take the changes of a row back, if its cells are as it left them."""
    changes = tuple(change.reversed for change in row.changes)
    for change in changes:
        _check_unchanged(state, change)
    return changes


def _differs(model: Cell, now: Cell) -> bool:
    """Whether type, class or outline differ; the score does not count: of a confirmed cell it is 1."""
    if model is now:
        return False
    kinds = (model.type, model.white_cell_class), (now.type, now.white_cell_class)
    return kinds[0] != kinds[1] or not np.array_equal(model.outline, now.outline)
