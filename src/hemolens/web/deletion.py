"""Deleting: rows, and every file that no other row needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, SampleRow, now
from hemolens.web.events import tell
from hemolens.web.service import Service, open_sample, photograph_row, sample_row

UNCLAIMED_SECONDS = 3600.0
"""How old a file is at least that is removed because no row has it: a row is written after its file."""

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
    _remove_unused(service, files)


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
    _remove_unused(service, files)


def delete_what_nobody_needs(service: Service) -> None:
    """Delete samples that are past their time, and files that a service that was killed left without a row."""
    days = service.settings.retention_days
    if days is not None:
        with service.database.reading() as session:
            old = session.scalars(select(SampleRow.id).where(SampleRow.touched_at < now() - timedelta(days=days)))
            past = list(old)
        for sample_id in past:
            delete_sample(service, sample_id)
    _remove_unused(service, service.storage.names(older_than_s=UNCLAIMED_SECONDS))
    service.database.clear_log()


def _files_of(photograph: PhotographRow) -> list[str]:
    return [photograph.file, *(count.file for count in photograph.counts)]


def _remove_unused(service: Service, names: Iterable[str]) -> None:
    with service.database.writing() as session:  # nobody adds a row meanwhile; who does so later finds the file gone
        used = {name for column in _HOLDERS for name in session.scalars(select(column)) if name is not None}
        service.storage.remove(set(names) - used)
