"""A disk without room, a database that does not answer: told in words, nothing half-saved, and the service goes on."""

import contextlib
import os
import sqlite3
import threading
import time
import zipfile
from uuid import uuid4

import pytest
from sqlalchemy import text

from hemolens.web.app import N_THREADS
from hemolens.web.database import sessions
from hemolens.web.database.tables import CountRow, PhotographRow
from hemolens.web.protection import MOST_UPLOADS
from hemolens.web.settings import DATABASE_NAME
from hemolens.web.worker import do_one

from .browsers import service_of, with_token


def no_room(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch):
    """A disk without room while the block runs; files are made, but not kept."""

    @contextlib.contextmanager
    def full():
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", no_room)
            yield

    return full


@pytest.fixture
def sample(local):
    return local.post("/api/samples", json={"name": "Monday"}).json()["id"]


def send(client, sample, picture):
    return client.post(f"/api/samples/{sample}/photographs", files={"photograph": ("a.png", picture)})


def work(client):
    while do_one(service_of(client), uuid4().hex):
        pass


def shown(client, photograph):
    return client.get(f"/api/photographs/{photograph}").json()


def kept_files(client):
    folder = service_of(client).settings.folder
    return [path for part in ("files", "drafts") for path in (folder / part).rglob("*") if path.is_file()]


def n_rows(client, table):
    with service_of(client).database.reading() as session:
        return session.query(table).count()


def test_an_upload_without_room_leaves_nothing_and_the_next_is_kept(local, sample, picture, full_disk):
    with full_disk():
        answer = send(local, sample, picture)
    assert answer.status_code == 503
    assert "make room on the service's disk" in answer.json()["what"]
    assert (kept_files(local), n_rows(local, PhotographRow)) == ([], 0)
    assert send(local, sample, picture).status_code == 201


def test_a_draft_that_cannot_even_begin_is_told_in_words(local, sample, picture, monkeypatch):
    monkeypatch.setattr("hemolens.web.storage.tempfile.mkstemp", no_room)
    answer = send(local, sample, picture)
    assert (answer.status_code, n_rows(local, PhotographRow)) == (503, 0)


def test_a_count_without_room_fails_in_words_and_can_be_done_again(local, sample, picture, full_disk):
    photograph = send(local, sample, picture).json()["id"]
    with full_disk():
        work(local)
    told = shown(local, photograph)
    assert (told["job"]["state"], told["count"]) == ("failed", None)
    assert "make room on the service's disk" in told["job"]["error"]
    assert n_rows(local, CountRow) == 0
    assert len(kept_files(local)) == 1  # the photograph

    local.post(f"/api/photographs/{photograph}/count", json={})
    work(local)
    assert shown(local, photograph)["count"] is not None


def test_results_without_room_fail_in_words_and_can_be_packed_again(local, sample, picture, monkeypatch):
    send(local, sample, picture)
    work(local)
    before = kept_files(local)
    path = f"/api/samples/{sample}/results"
    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "write", no_room)
        job = local.post(path, json={"report": False}).json()["id"]
        work(local)
    told = local.get(f"/api/jobs/{job}").json()
    assert told["state"] == "failed"
    assert "make room on the service's disk" in told["error"]
    assert sorted(kept_files(local)) == sorted(before)

    job = local.post(path, json={"report": False}).json()["id"]
    work(local)
    assert local.get(f"/api/jobs/{job}/results.zip").status_code == 200


@pytest.fixture
def impatient(serve, monkeypatch):
    """A browser at a service that waits for other writers for a moment only."""
    monkeypatch.setattr(sessions, "BUSY_SECONDS", 0.2)
    return with_token(serve())


@contextlib.contextmanager
def locked(client):
    """Write from elsewhere while the block runs."""
    with contextlib.closing(sqlite3.connect(service_of(client).settings.folder / DATABASE_NAME)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_correction_that_meets_a_locked_database_is_not_lost_when_sent_again(impatient, picture):
    sample = impatient.post("/api/samples", json={"name": "Monday"}).json()["id"]
    photograph = send(impatient, sample, picture).json()["id"]
    work(impatient)
    path, correction = (
        f"/api/photographs/{photograph}/corrections",
        {"id": "1" * 32, "action": "delete", "cells": ["1"]},
    )
    with locked(impatient):
        refused = impatient.post(path, json=correction)
    assert refused.status_code == 503
    assert "try again in a moment" in refused.json()["what"]
    assert impatient.get(path).json()["corrections"] == []
    assert impatient.post(path, json=correction).status_code == 201
    assert [each["id"] for each in impatient.get(path).json()["corrections"]] == ["1" * 32]


def test_a_worker_that_meets_a_locked_database_leaves_the_job_to_be_done(impatient, picture):
    sample = impatient.post("/api/samples", json={"name": "Monday"}).json()["id"]
    photograph = send(impatient, sample, picture).json()["id"]
    with locked(impatient), pytest.raises(sessions.BUSY):
        do_one(service_of(impatient), "worker")
    assert shown(impatient, photograph)["job"]["state"] == "queued"
    work(impatient)
    assert shown(impatient, photograph)["job"]["state"] == "done"


def test_pages_are_answered_while_more_writers_wait_than_there_are_connections(local):
    def write():
        with service_of(local).database.writing() as session:
            session.execute(text("SELECT 1"))

    writers = [threading.Thread(target=write) for _ in range(20)]
    with locked(local):
        for each in writers:
            each.start()
        time.sleep(0.3)  # until they wait
        assert local.get("/api/samples").status_code == 200
        assert all(each.is_alive() for each in writers)
    for each in writers:
        each.join()


def test_a_client_that_sends_all_it_may_leaves_threads_for_pages():
    assert N_THREADS > MOST_UPLOADS
