"""Jobs are rows that outlive any process."""

from datetime import timedelta

import pytest

from hemolens.web import queue
from hemolens.web.database.sessions import Database
from hemolens.web.database.tables import JobRow, SampleRow, now
from hemolens.web.events import events_after


@pytest.fixture
def database(settings):
    settings.folder.mkdir()
    database = Database(settings.database_url)
    database.upgrade()
    yield database
    database.close()


@pytest.fixture
def job(database):
    with database.writing() as session:
        sample = SampleRow(name="Monday", options={}, created_by="A")
        session.add(sample)
        session.flush()
        return queue.enqueue(session, "results", {"report": False}, "A", sample).id


def state(database, job):
    with database.reading() as session:
        return session.get(JobRow, job).state


def claim(database, worker):
    with database.writing() as session:
        claimed = queue.claim(session, worker)
        return None if claimed is None else claimed.id


def expire(database, job):
    with database.writing() as session:
        session.get(JobRow, job).leased_until = now() - timedelta(seconds=1)


def test_a_job_is_claimed_once(database, job):
    assert claim(database, "a") == job
    assert claim(database, "b") is None


def test_jobs_are_done_in_the_order_in_which_they_came(database, job):
    with database.writing() as session:
        sample = session.get(JobRow, job).sample_id
        second = queue.enqueue(session, "results", {}, "A", session.get(SampleRow, sample)).id
    assert [claim(database, "a"), claim(database, "a")] == [job, second]


def test_a_finished_job_is_done(database, job):
    claim(database, "a")
    with database.writing() as session:
        assert queue.finish(session, job, "a") is not None
    assert state(database, job) == "done"


def test_the_job_of_a_dead_worker_goes_to_another(database, job):
    claim(database, "a")
    expire(database, job)
    assert claim(database, "b") == job


def test_who_lost_a_job_cannot_finish_it(database, job):
    claim(database, "a")
    expire(database, job)
    claim(database, "b")
    with database.writing() as session:
        assert queue.finish(session, job, "a") is None
    assert state(database, job) == "running"


def test_a_job_that_kills_its_workers_fails_in_words(database, job):
    for number in range(queue.MAX_ATTEMPTS):
        assert claim(database, f"worker {number}") == job
        expire(database, job)
    assert claim(database, "last") is None
    with database.reading() as session:
        assert session.get(JobRow, job).state == "failed"
        assert "ended unexpectedly" in session.get(JobRow, job).error


def test_a_worker_that_must_go_gives_its_job_back_at_once(database, job):
    for _ in range(queue.MAX_ATTEMPTS + 1):
        assert claim(database, "a") == job
        with database.writing() as session:
            queue.give_back(session, "a")
    assert state(database, job) == "queued"


def test_a_cancelled_job_is_the_workers_no_longer(database, job):
    claim(database, "a")
    with database.writing() as session:
        queue.cancel(session, session.get(JobRow, job))
        assert not queue.renew(session, job, "a", 0.5)
    assert state(database, job) == "cancelled"


def test_what_is_over_cannot_be_cancelled(database, job):
    claim(database, "a")
    with database.writing() as session:
        queue.finish(session, job, "a")
        queue.cancel(session, session.get(JobRow, job))
    assert state(database, job) == "done"


def test_every_step_is_told(database, job):
    claim(database, "a")
    with database.writing() as session:
        queue.renew(session, job, "a", 0.5)
        queue.finish(session, job, "a")
    with database.reading() as session:
        steps = [(each.details["state"], each.details["progress"]) for each in events_after(session, 0)]
    assert steps == [("queued", 0.0), ("running", 0.0), ("running", 0.5), ("done", 1.0)]
