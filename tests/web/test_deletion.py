"""A deletion deletes."""

import os
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from hemolens.web.database.tables import SampleRow, Table, now
from hemolens.web.deletion import UNCLAIMED_SECONDS, delete_what_nobody_needs


def files(settings):
    return [path for path in (settings.folder / "files").rglob("*") if path.is_file()]


def rows(client):
    with client.app.state.service.database.reading() as session:
        tables = [table for table in Table.metadata.sorted_tables if table.name not in {"event", "account"}]
        return {table.name: n for table in tables if (n := session.scalar(select(func.count()).select_from(table)))}


def test_nothing_of_a_deleted_sample_stays(client, counted, correct, work, settings):
    correct("delete", cells=["1"])
    client.post(f"/api/samples/{counted['sample']}/sign-off", json={"name": "A"})
    client.post(f"/api/samples/{counted['sample']}/results", json={"report": False})
    work()
    assert len(files(settings)) == 3
    assert client.delete(f"/api/samples/{counted['sample']}").status_code == 204
    assert files(settings) == []
    assert rows(client) == {}


def test_nothing_of_a_deleted_photograph_stays(client, counted, settings):
    assert client.delete(f"/api/photographs/{counted['id']}").status_code == 204
    assert files(settings) == []
    assert rows(client) == {"sample": 1}


def test_a_file_that_another_photograph_has_stays(client, counted, upload, picture, work):
    other = upload(picture, "copy.png")["id"]
    work()
    client.delete(f"/api/photographs/{counted['id']}")
    assert client.get(f"/api/photographs/{other}/tiles/0/0/0.jpg").status_code == 200


@pytest.mark.parametrize(("age_s", "stays"), [(UNCLAIMED_SECONDS / 2, True), (UNCLAIMED_SECONDS * 2, False)])
def test_files_without_a_row_are_removed_when_they_are_old(client, settings, age_s, stays):
    storage = client.app.state.service.storage
    path = storage.path(storage.keep(b"nobody's", ".png"))
    os.utime(path, (time.time() - age_s,) * 2)
    delete_what_nobody_needs(client.app.state.service)
    assert path.exists() == stays


def test_samples_past_their_time_are_deleted(client, counted, settings):
    service = client.app.state.service
    service.settings = settings.model_copy(update={"retention_days": 30})
    delete_what_nobody_needs(service)
    assert rows(client)["sample"] == 1
    with service.database.writing() as session:
        session.get(SampleRow, counted["sample"]).touched_at = now() - timedelta(days=31)
    delete_what_nobody_needs(service)
    assert rows(client) == {}


def test_not_even_in_the_bytes_of_the_database(local):
    service = local.app.state.service
    sample = local.post("/api/samples", json={"name": "Somebody who wants to be forgotten"}).json()["id"]

    def kept():
        return b"".join(path.read_bytes() for path in service.settings.folder.glob("hemolens.sqlite*"))

    assert b"wants to be forgotten" in kept()
    local.delete(f"/api/samples/{sample}")
    delete_what_nobody_needs(service)
    assert b"wants to be forgotten" not in kept()
