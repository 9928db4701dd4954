"""Deleting: rows, and every file that no other row needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, SampleRow, now
from hemolens.web.events import tell
from hemolens.web.service import Service, open_sample, photograph_row, sample_row

_HOLDERS = (PhotographRow.file, CountRow.file, JobRow.file)


def delete_sample(service: Service, sample_id: str) -> None:
    """Delete a sample with all that belongs to it.

    Raises
    ------
    Refused
        There is none.

    """
    with service.database.writing() as session:
        row = sample_row(session, sample_id)
        files = [name for each in row.photographs for name in _files_of(each)]
        files += session.scalars(select(JobRow.file).where(JobRow.sample_id == sample_id, JobRow.file.is_not(None)))
        session.delete(row)
        tell(session, "deleted", sample_id)
        session.flush()
        unused = _unused(session, files)
    service.storage.remove(unused)


def delete_photograph(service: Service, photograph_id: str) -> None:
    """Delete a photograph, its counts and their corrections.

    Raises
    ------
    Refused
        There is none, or its sample is signed off.

    """
    with service.database.writing() as session:
        row = photograph_row(session, photograph_id)
        open_sample(session, row.sample_id)
        files = _files_of(row)
        tell(session, "deleted", row.sample_id, row.id)
        session.delete(row)
        session.flush()
        unused = _unused(session, files)
    service.storage.remove(unused)


def delete_what_nobody_needs(service: Service) -> None:
    """Delete samples that are past their time, and files that a service that was killed left without a row."""
    days = service.settings.retention_days
    if days is not None:
        with service.database.reading() as session:
            old = session.scalars(select(SampleRow.id).where(SampleRow.touched_at < now() - timedelta(days=days)))
            past = list(old)
        for sample_id in past:
            delete_sample(service, sample_id)
    names = service.storage.names()
    with service.database.writing() as session:  # nobody adds a row meanwhile
        unused = _unused(session, names)
        service.storage.remove(unused)


def _files_of(photograph: PhotographRow) -> list[str]:
    return [photograph.file, *(count.file for count in photograph.counts)]


def _unused(session: Session, names: Iterable[str]) -> set[str]:
    used = {name for column in _HOLDERS for name in session.scalars(select(column)) if name is not None}
    return set(names) - used
