"""Photographs of a sample: sent, counted, counted again, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, File, Response, UploadFile
from sqlalchemy import func, select

from hemolens.web.access import Reviewer, Viewer
from hemolens.web.database.tables import CountRow, PhotographRow, now
from hemolens.web.deletion import delete_photograph
from hemolens.web.events import tell
from hemolens.web.problems import Refused, not_found
from hemolens.web.queue import enqueue
from hemolens.web.schemas import Photograph, Recount, Shown
from hemolens.web.service import Served, open_sample, photograph_row
from hemolens.web.telling import tell_photograph
from hemolens.web.uploads import receive, refuse_when_full, shown_name, suffix_of

router = APIRouter(tags=["photographs"], form_limits={"max_files": 1, "max_fields": 0})


@router.post("/samples/{sample}/photographs", status_code=201)
def add_photograph(
    sample: str, photograph: Annotated[UploadFile, File()], service: Served, asker: Reviewer
) -> Photograph:
    """Send a photograph; it is kept, and waits to be counted."""
    name = shown_name(photograph.filename)
    suffix = suffix_of(name)
    with service.database.reading() as session:
        refuse_when_full(session, open_sample(session, sample), service.settings)
    file, n_bytes = receive(photograph, service.storage, suffix, service.settings.max_upload_bytes)
    with service.database.writing() as session:
        row = open_sample(session, sample)
        refuse_when_full(session, row, service.settings)
        if not service.storage.holds(file):  # the same photograph was deleted elsewhere at this moment
            raise Refused(503, "the photograph was deleted while it was sent: send it again")
        added = PhotographRow(
            sample_id=row.id,
            position=1 + (session.scalar(_last_position(sample)) or 0),
            name=name,
            file=file,
            n_bytes=n_bytes,
            created_by=asker.name,
        )
        session.add(added)
        row.touched_at = now()
        session.flush()
        tell(session, "photograph", row.id, added.id)
        enqueue(session, "count", row.options, asker.name, added)
        return tell_photograph(added)


@router.get("/photographs/{photograph}")
def get_photograph(photograph: str, service: Served, _: Viewer) -> Photograph:
    """Tell of a photograph, and of its count as corrected so far."""
    with service.database.reading() as session:
        return tell_photograph(photograph_row(session, photograph))


@router.post("/photographs/{photograph}/count", status_code=202)
def count_again(photograph: str, wanted: Recount, service: Served, asker: Reviewer) -> Photograph:
    """Count a photograph again; earlier counts and their corrections stay."""
    with service.database.writing() as session:
        row = photograph_row(session, photograph)
        sample = open_sample(session, row.sample_id)
        if row.jobs and row.jobs[-1].state in {"queued", "running"}:
            raise Refused(409, "this photograph is being counted already", conflict=True)
        options = sample.options if wanted.settings is None else wanted.settings.model_dump()
        enqueue(session, "count", options, asker.name, row)
        return tell_photograph(row)


@router.put("/photographs/{photograph}/shown")
def show_count(photograph: str, wanted: Shown, service: Served, _: Reviewer) -> Photograph:
    """Choose which count of a photograph is shown, corrected and summed up."""
    with service.database.writing() as session:
        row = photograph_row(session, photograph)
        open_sample(session, row.sample_id)
        count = session.get(CountRow, wanted.count)
        if count is None or count.photograph_id != row.id:
            raise not_found("count of this photograph")
        row.shown_count_id = count.id
        tell(session, "photograph", row.sample_id, row.id)
        return tell_photograph(row)


@router.delete("/photographs/{photograph}", status_code=204)
def remove_photograph(photograph: str, service: Served, _: Reviewer) -> Response:
    """Delete a photograph with its counts and corrections."""
    delete_photograph(service, photograph)
    return Response(status_code=204)


def _last_position(sample: str) -> Any:
    return select(func.max(PhotographRow.position)).where(PhotographRow.sample_id == sample)
