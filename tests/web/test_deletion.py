from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from hemolens.web.database.tables import (
    CorrectionRow,
    CountRow,
    EventRow,
    JobRow,
    PhotographRow,
    SampleRow,
    SignOffRow,
    Table,
    now,
)
from hemolens.web.deletion import delete_sample, delete_what_nobody_needs
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

NAME = "Smear of a person who wants to be forgotten"
KEPT = {EventRow.__table__}
"""Who looks at the sample must be told that it is gone; without its name."""


@pytest.fixture
def open_service(tmp_path):
    opened = []

    def start(**settings):
        service = Service(ServeSettings(folder=tmp_path, **settings))
        service.database.upgrade()
        opened.append(service)
        return service

    yield start
    for service in opened:
        service.close()


def add_sample(service, data=b"photograph", name=NAME):
    """A sample with a row in every table that can hold something of it."""
    files = [service.storage.keep(data + kind, ".png") for kind in (b"", b" counted", b" results")]
    with service.database.writing() as session:
        row = SampleRow(name=name, options={}, created_by="Rita")
        photograph = PhotographRow(position=1, name=name, file=files[0], n_bytes=len(data), created_by="Rita")
        count = CountRow(options={}, file=files[1], told={}, field={})
        count.corrections.append(CorrectionRow(seq=1, id=f"{now()}"[:36], actor="Rita", action="add", changes=[]))
        photograph.counts.append(count)
        row.photographs.append(photograph)
        row.sign_offs.append(SignOffRow(signed_by="Rita", comment=name, revisions={}))
        session.add(row)
        session.flush()
        session.add(JobRow(kind="results", sample_id=row.id, options={}, file=files[2], created_by="Rita"))
        return row.id, files


def rows(service):
    with service.database.reading() as session:
        tables = [table for table in Table.metadata.sorted_tables if table not in KEPT]
        return {table.name: n for table in tables if (n := session.scalar(select(func.count()).select_from(table)))}


def test_of_a_sample_nothing_is_left(open_service):
    service = open_service()
    number, files = add_sample(service)
    assert set(rows(service)) == {"sample", "photograph", "count", "correction", "sign_off", "job"}
    delete_sample(service, number)
    assert rows(service) == {}
    assert not [name for name in files if service.storage.path(name).exists()]


def test_not_even_in_the_bytes_of_the_database(open_service, tmp_path):
    service = open_service()
    number, _ = add_sample(service)
    assert NAME.encode() in b"".join(path.read_bytes() for path in tmp_path.glob("hemolens.sqlite*"))
    delete_sample(service, number)
    delete_what_nobody_needs(service)
    assert NAME.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("hemolens.sqlite*"))


def test_a_file_that_another_sample_needs_stays(open_service):
    service = open_service()
    number, files = add_sample(service)
    add_sample(service)
    delete_sample(service, number)
    assert [name for name in files if not service.storage.path(name).exists()] == []


@pytest.mark.parametrize(("days", "is_kept"), [(None, True), (30, True), (20, False)])
def test_samples_are_deleted_when_their_time_is_over(open_service, days, is_kept):
    service = open_service(retention_days=days)
    add_sample(service)
    with service.database.writing() as session:
        session.execute(update(SampleRow).values(touched_at=now() - timedelta(days=25)))
    delete_what_nobody_needs(service)
    assert bool(rows(service)) == is_kept
