"""The tables, and how the database is read and written."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hemolens.web.database.sessions import Database
from hemolens.web.database.tables import SampleRow, Table


@pytest.fixture
def database(settings):
    settings.folder.mkdir()
    database = Database(settings.database_url)
    database.upgrade()
    yield database
    database.close()


def add(database, name="Monday"):
    with database.writing() as session:
        row = SampleRow(name=name, options={}, created_by="A")
        session.add(row)
        session.flush()
        return row.id


def number_of_samples(database):
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(SampleRow))


def test_migrations_make_the_tables_that_the_code_has(database):
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []


def test_upgrading_twice_changes_nothing(database):
    add(database)
    database.upgrade()
    assert number_of_samples(database) == 1


def test_an_exception_undoes_the_whole_transaction(database):
    def fail():
        with database.writing() as session:
            session.add(SampleRow(name="Tuesday", options={}, created_by="A"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert number_of_samples(database) == 0


def test_an_error_does_not_tell_what_was_to_be_written(database):
    number = add(database)
    with pytest.raises(IntegrityError) as fault, database.writing() as session:
        session.add(SampleRow(id=number, name="a name of a person", options={}, created_by="A"))
    assert "INSERT" in str(fault.value)
    assert "person" not in str(fault.value)


def test_moments_come_back_in_utc(database):
    number = add(database)
    with database.reading() as session:
        assert session.get(SampleRow, number).created_at.utcoffset().total_seconds() == 0


def test_many_writers_wait_for_each_other(database):
    def count_up():
        for _ in range(10):
            with database.writing() as session:  # reads first, then writes: nobody else comes between
                row = session.get(SampleRow, number)
                row.name = str(int(row.name) + 1)

    number = add(database, "0")
    threads = [threading.Thread(target=count_up) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.get(SampleRow, number).name == "50"


def test_a_reader_does_not_wait_for_a_writer(database):
    add(database)
    with database.writing() as session:
        session.add(SampleRow(name="Tuesday", options={}, created_by="A"))
        session.flush()
        assert number_of_samples(database) == 1
    assert number_of_samples(database) == 2
