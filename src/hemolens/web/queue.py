"""The queue of jobs: rows of the database, which outlive any process.

::

    queued ──claim──► running ──finish──► done
      ▲                 │  └────fail────► failed
      └──lease over─────┘
    queued, running ──cancel──► cancelled

A worker leases a job and renews the lease while it lives. When the lease is over, its process is taken for dead, and the
job is queued again; a job that has cost :data:`MAX_ATTEMPTS` workers their lives has failed.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hemolens.web.database.tables import JobRow, now
from hemolens.web.events import tell

LEASE = timedelta(seconds=15)
MAX_ATTEMPTS = 2
LOST = "the program that worked on it ended unexpectedly; the photograph may need more memory than there is"


def claim(session: Session, worker: str) -> JobRow | None:
    """Lease the oldest job that waits; None where none does. In a transaction that writes."""
    requeue_lost(session)
    job = session.scalar(
        select(JobRow)
        .where(JobRow.state == "queued")
        .order_by(JobRow.created_at, JobRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
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


def give_back(session: Session, job_id: str, worker: str) -> None:
    """Queue a job again whose worker must end before it is done, and did not die of it."""
    job = session.get(JobRow, job_id, with_for_update=True)
    if job is not None and job.state == "running" and job.worker == worker:
        job.state, job.worker, job.leased_until, job.n_attempts = "queued", "", None, job.n_attempts - 1
        _tell(session, job)


def cancel(session: Session, job: JobRow) -> None:
    """End a job that nobody wants any more; its worker notices when it renews the lease."""
    if job.state in {"queued", "running"}:
        job.state, job.finished_at = "cancelled", now()
        _tell(session, job)


def requeue_lost(session: Session) -> None:
    """Queue the jobs of dead workers again."""
    lost = session.scalars(
        select(JobRow).where(JobRow.state == "running", JobRow.leased_until < now()).with_for_update(skip_locked=True)
    )
    for job in lost:
        if job.n_attempts >= MAX_ATTEMPTS:
            job.state, job.error, job.finished_at = "failed", LOST, now()
        else:
            job.state = "queued"
        job.worker, job.leased_until = "", None
        _tell(session, job)


def end_leases_of(session: Session, worker: str) -> None:
    """Say that a worker is known to be dead: nobody needs to wait for its lease."""
    session.execute(
        update(JobRow).where(JobRow.state == "running", JobRow.worker == worker).values(leased_until=now() - LEASE)
    )


def _end(session: Session, job_id: str, worker: str, state: str, error: str = "") -> JobRow | None:
    job = session.get(JobRow, job_id, with_for_update=True)
    if job is None or job.state != "running" or job.worker != worker:
        return None
    job.state, job.error, job.finished_at, job.leased_until = state, error, now(), None
    job.progress = 1.0 if state == "done" else job.progress
    _tell(session, job)
    return job


def _tell(session: Session, job: JobRow) -> None:
    tell(session, "job", job.sample_id, job.photograph_id, job=job.id, state=job.state, progress=job.progress)
