"""Looking at the cells of a count, and correcting them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.cell_types import CellType
from hemolens.cells.cell import Cell
from hemolens.errors import ConflictError, quoted
from hemolens.review.edits import Edits
from hemolens.review.outlines import flat_outline
from hemolens.review.proposal import propose_cell
from hemolens.review.records import changes_record
from hemolens.review.reviewed import reviewed_result
from hemolens.review.trail import (
    Change,
    Correction,
    ReviewedCell,
    last_done,
    last_undone,
    next_seq,
    redo_of,
    undo_of,
)
from hemolens.statistics.counts import are_in_frame
from hemolens.web import schemas
from hemolens.web.database.tables import CorrectionRow, CountRow, PhotographRow, now
from hemolens.web.events import tell
from hemolens.web.problems import Refused, not_found
from hemolens.web.reviews import Reviewed, correction_of
from hemolens.web.service import Service, open_sample, photograph_row
from hemolens.web.telling import field_data, shown_count, tell_count


def cells_now(service: Service, photograph_id: str, actor: str) -> schemas.Cells:
    """Tell of the cells of the count that is shown, as they are now; `actor` is who asks."""
    with service.database.reading() as session:
        photograph = photograph_row(session, photograph_id)
        count = _shown(photograph)
        reviewed = service.reviewed(session, photograph, count)
    return schemas.Cells(
        count=count.id,
        revision=len(reviewed.trail),
        cells=_tell_cells(reviewed, list(reviewed.state.values())),
        **_undoable(reviewed, actor),
    )


def cells_of_model(service: Service, count_id: str) -> schemas.Cells:
    """Tell of the cells that the program had found."""
    with service.database.reading() as session:
        count = session.get(CountRow, count_id)
        if count is None:
            raise not_found("count")
        reviewed = service.reviewed(session, photograph_row(session, count.photograph_id), count)
    cells = [ReviewedCell(str(number), cell) for number, cell in enumerate(reviewed.result.cells, start=1)]
    return schemas.Cells(count=count_id, revision=0, cells=_tell_cells(reviewed, cells), can_undo=False, can_redo=False)


def trail_after(service: Service, photograph_id: str, since: int) -> schemas.Trail:
    """Tell of the corrections after one of them."""
    with service.database.reading() as session:
        photograph = photograph_row(session, photograph_id)
        count = _shown(photograph)
        reviewed = service.reviewed(session, photograph, count)
    return schemas.Trail(
        count=count.id, corrections=[_tell_correction(reviewed, each) for each in reviewed.trail[max(since, 0) :]]
    )


def correct(service: Service, photograph_id: str, wanted: schemas.Correction, actor: str) -> schemas.Corrected:
    """Correct the count of a photograph; what was done already is not done again.

    Raises
    ------
    Refused
        There is no such photograph, it is not counted, or its sample is signed off.
    ReviewError, ConflictError
        It cannot be corrected in this way.

    """
    with service.database.writing() as session:
        photograph = photograph_row(session, photograph_id)
        count = _shown(photograph)
        reviewed = service.reviewed(session, photograph, count)
        done = _done_already(session, wanted.id)
        if done is None:
            open_sample(session, photograph.sample_id).touched_at = now()
            done = _correction(reviewed, wanted, actor)
            reviewed = reviewed.corrected(done)
            _write(session, photograph, count, reviewed, done)
        told = schemas.Count.model_validate(count.told)
    service.reviews.keep(count.id, reviewed)
    return schemas.Corrected(correction=_tell_correction(reviewed, done), count=told, **_undoable(reviewed, actor))


def propose(service: Service, photograph_id: str, wanted: schemas.ProposalWanted) -> schemas.Proposal:
    """Propose the outline of a cell.

    Raises
    ------
    ReviewError
        The point is outside of the photograph.

    """
    with service.database.reading() as session:
        photograph = photograph_row(session, photograph_id)
        reviewed = service.reviewed(session, photograph, _shown(photograph))
    return schemas.Proposal(outline=flat_outline(_proposed(reviewed, wanted.point, wanted.type)))


def _shown(photograph: PhotographRow) -> CountRow:
    count = shown_count(photograph)
    if count is None:
        raise Refused(409, "this photograph is not counted yet")
    return count


def _done_already(session: Session, correction_id: str) -> Correction | None:
    row = session.scalar(select(CorrectionRow).where(CorrectionRow.id == correction_id))
    return None if row is None else correction_of(row)


def _correction(reviewed: Reviewed, wanted: schemas.Correction, actor: str) -> Correction:
    """Make the row of the trail that does what is wanted."""
    if isinstance(wanted, schemas.Undo):
        return undo_of(reviewed.trail, actor, reviewed.state, id=wanted.id, at=now())
    if isinstance(wanted, schemas.Redo):
        return redo_of(reviewed.trail, actor, reviewed.state, id=wanted.id, at=now())
    _refuse_unseen(reviewed, wanted, actor)
    changes = _changes(reviewed, wanted, Edits(reviewed.result, reviewed.state, actor, wanted.id))
    return Correction(wanted.id, next_seq(reviewed.trail), actor, now(), wanted.action, None, changes)


def _refuse_unseen(reviewed: Reviewed, wanted: schemas.Edit, actor: str) -> None:
    """Refuse to change cells that others have changed since the person looked.

    Raises
    ------
    ConflictError

    """
    named = {getattr(wanted, "cell", None), *getattr(wanted, "cells", ())}
    unseen = reviewed.trail[wanted.seen :] if wanted.seen is not None else ()
    for each in unseen:
        if each.actor != actor and named & {change.cell_id for change in each.changes}:
            raise ConflictError(
                "a cell has been changed meanwhile",
                came=f"one that {quoted(each.actor)} has changed since it was seen",
                allowed="cells as they are now",
                do="look at it as it is now, and correct that",
            )


def _changes(reviewed: Reviewed, wanted: schemas.Edit, edits: Edits) -> tuple[Change, ...]:
    match wanted:
        case schemas.Add(outline=None):
            changes = edits.add(_proposed(reviewed, wanted.point, wanted.type).outline, wanted.type)
        case schemas.Add():
            changes = edits.add(_rows_cols(wanted.outline or []), wanted.type)
        case schemas.Delete():
            changes = edits.delete(wanted.cells)
        case schemas.Retype():
            changes = edits.retype(wanted.cells, wanted.type)
        case schemas.Classify():
            changes = edits.classify(wanted.cells, wanted.white_cell_class)
        case schemas.Confirm():
            changes = edits.confirm(wanted.cells)
        case schemas.Split():
            changes = edits.split(wanted.cell, _rows_cols(wanted.stroke))
        case schemas.Merge():
            changes = edits.merge(wanted.cells)
        case schemas.Redraw():
            changes = edits.redraw(wanted.cell, _rows_cols(wanted.outline))
    return changes


def _proposed(reviewed: Reviewed, point: schemas.Point, kind: CellType) -> Cell:
    others = [each.cell for each in reviewed.state.values()]
    return propose_cell(reviewed.plan, point[1], point[0], kind, others)


def _rows_cols(points: Sequence[schemas.Point]) -> list[tuple[float, float]]:
    return [(y, x) for x, y in points]


def _write(
    session: Session, photograph: PhotographRow, count: CountRow, reviewed: Reviewed, correction: Correction
) -> None:
    session.add(
        CorrectionRow(
            count_id=count.id,
            seq=correction.seq,
            id=correction.id,
            actor=correction.actor,
            at=correction.at,
            action=correction.action,
            reverses=correction.reverses,
            changes=changes_record(correction.changes),
        )
    )
    result = reviewed_result(reviewed.result, reviewed.trail, state=reviewed.state)
    told = tell_count(result, count.id, count.options, count.created_at, len(reviewed.trail))
    count.told = told.model_dump(mode="json")
    count.field = field_data(result)
    tell(
        session,
        "correction",
        photograph.sample_id,
        photograph.id,
        count=count.id,
        seq=correction.seq,
        actor=correction.actor,
        correction=correction.id,
    )


def _undoable(reviewed: Reviewed, actor: str) -> dict[str, bool]:
    return {
        "can_undo": last_done(reviewed.trail, actor) is not None,
        "can_redo": last_undone(reviewed.trail, actor) is not None,
    }


def _tell_correction(reviewed: Reviewed, correction: Correction) -> schemas.CorrectionTold:
    sides = [each for change in correction.changes for each in (change.before, change.after) if each is not None]
    told = iter(_tell_cells(reviewed, sides))
    return schemas.CorrectionTold(
        seq=correction.seq,
        id=correction.id,
        actor=correction.actor,
        at=correction.at,
        action=correction.action,
        reverses=correction.reverses,
        changes=[
            schemas.CellChange(
                cell=change.cell_id,
                before=None if change.before is None else next(told),
                after=None if change.after is None else next(told),
            )
            for change in correction.changes
        ],
    )


def _tell_cells(reviewed: Reviewed, cells: Sequence[ReviewedCell]) -> list[schemas.CellTold]:
    result = reviewed.result
    in_frame = are_in_frame([each.cell for each in cells], result.image.shape, result.region)
    return [
        schemas.CellTold.model_construct(
            id=each.id,
            type=each.cell.type,
            x=each.cell.col,
            y=each.cell.row,
            outline=flat_outline(each.cell),
            area_px=each.cell.area_px,
            diameter_px=each.cell.diameter_px,
            score=each.cell.score,
            white_cell_class=each.cell.white_cell_class,
            class_probability=each.cell.class_probability,
            touches_frame=each.cell.touches_frame,
            in_frame=is_in,
            by=each.by,
            checked=each.checked,
            unsure=not each.checked and result.is_unsure(each.cell),
        )
        for each, is_in in zip(cells, in_frame, strict=True)
    ]
