"""Jobs: what waits, goes on or is over."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from hemolens.web import queue
from hemolens.web.access import Reviewer, Viewer
from hemolens.web.database.tables import JobRow
from hemolens.web.problems import not_found
from hemolens.web.schemas import Job
from hemolens.web.service import Served
from hemolens.web.telling import tell_job

router = APIRouter(tags=["jobs"])


@router.get("/jobs")
def get_jobs(service: Served, _: Viewer) -> list[Job]:
    """List the jobs that wait or go on, in the order in which they are done."""
    waiting = select(JobRow).where(JobRow.state.in_(["queued", "running"])).order_by(JobRow.created_at)
    with service.database.reading() as session:
        return [tell_job(row) for row in session.scalars(waiting)]


@router.get("/jobs/{job}")
def get_job(job: str, service: Served, _: Viewer) -> Job:
    """Tell of a job."""
    with service.database.reading() as session:
        row = session.get(JobRow, job)
        if row is None:
            raise not_found("job")
        return tell_job(row)


@router.post("/jobs/{job}/cancel")
def cancel_job(job: str, service: Served, _: Reviewer) -> Job:
    """End a job that nobody wants any more; one that is over stays as it is."""
    with service.database.writing() as session:
        row = session.get(JobRow, job)
        if row is None:
            raise not_found("job")
        queue.cancel(session, row)
        return tell_job(row)
