"""The queue of jobs: rows of the database, which outlive any process.

::

    queued ──claim──► running ──finish──► done
      ▲                 │  └────fail────► failed
      └── give_back ────┤
      └── lease over ───┘
    queued, running ──cancel──► cancelled

A worker leases a job and renews the lease while it lives. When the lease is over, its process is taken for dead, and
the job is queued again; a job that has cost :data:`MAX_ATTEMPTS` workers their lives has failed. All of it happens in
transactions that write, and those wait for each other (:meth:`hemolens.web.database.sessions.Database.writing`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.web.database.tables import JobRow, PhotographRow, SampleRow, now
from hemolens.web.events import tell

LEASE = timedelta(seconds=10)
MAX_ATTEMPTS = 2
LOST = "the program that worked on it ended unexpectedly; the photograph may need more memory than there is"


def enqueue(
    session: Session, kind: str, options: Mapping[str, object], by: str, of: PhotographRow | SampleRow | None = None
) -> JobRow:
    """Add a job.

    Parameters
    ----------
    session : Session
    kind : {"count", "results", "learning"}
    options : mapping
        What the job needs to know.
    by : str
        Who wants it.
    of : PhotographRow or SampleRow, optional
        What is to be worked on; nothing for what concerns several samples.

    """
    job = JobRow(kind=kind, options=dict(options), created_by=by, sample_id=None if of is None else of.id)
    if isinstance(of, PhotographRow):
        job.sample_id = of.sample_id
        of.jobs.append(job)
    session.add(job)
    session.flush()
    _tell(session, job)
    return job


def claim(session: Session, worker: str) -> JobRow | None:
    """Lease the oldest job that waits; None where none does."""
    requeue_lost(session)
    job = session.scalar(select(JobRow).where(JobRow.state == "queued").order_by(JobRow.created_at, JobRow.id).limit(1))
    if job is not None:
        job.state, job.worker, job.progress = "running", worker, 0.0
        job.leased_until, job.n_attempts = now() + LEASE, job.n_attempts + 1
        _tell(session, job)
    return job


def renew(session: Session, job_id: str, worker: str, progress: float) -> bool:
    """Renew the lease of a job; False when it is no longer the worker's: cancelled, deleted or given to another."""
    job = session.get(JobRow, job_id)
    if job is None or job.state != "running" or job.worker != worker:
        return False
    job.leased_until = now() + LEASE
    if progress != job.progress:
        job.progress = progress
        _tell(session, job)
    return True


def finish(session: Session, job_id: str, worker: str) -> JobRow | None:
    """End a job that was done; None when it is no longer the worker's, and what was done must not be kept."""
    return _end(session, job_id, worker, "done")


def fail(session: Session, job_id: str, worker: str, error: str) -> None:
    """End a job that cannot be done; `error` says why, in one line."""
    _end(session, job_id, worker, "failed", error)


def give_back(session: Session, worker: str) -> None:
    """Queue again what a worker has, which must end before that is done and did not die of it."""
    for job in session.scalars(select(JobRow).where(JobRow.state == "running", JobRow.worker == worker)):
        job.state, job.worker, job.leased_until, job.n_attempts = "queued", "", None, job.n_attempts - 1
        _tell(session, job)


def cancel(session: Session, job: JobRow) -> None:
    """End a job that nobody wants any more; its worker notices when it renews the lease."""
    if job.state in {"queued", "running"}:
        job.state, job.finished_at = "cancelled", now()
        _tell(session, job)


def requeue_lost(session: Session) -> None:
    """Queue the jobs of dead workers again."""
    lost = session.scalars(select(JobRow).where(JobRow.state == "running", JobRow.leased_until < now()))
    for job in lost:
        if job.n_attempts >= MAX_ATTEMPTS:
            job.state, job.error, job.finished_at = "failed", LOST, now()
        else:
            job.state = "queued"
        job.worker, job.leased_until = "", None
        _tell(session, job)


def _end(session: Session, job_id: str, worker: str, state: str, error: str = "") -> JobRow | None:
    job = session.get(JobRow, job_id)
    if job is None or job.state != "running" or job.worker != worker:
        return None
    job.state, job.error, job.finished_at, job.leased_until = state, error, now(), None
    job.progress = 1.0 if state == "done" else job.progress
    _tell(session, job)
    return job


def _tell(session: Session, job: JobRow) -> None:
    tell(session, "job", job.sample_id, job.photograph_id, job=job.id, state=job.state, progress=job.progress)
