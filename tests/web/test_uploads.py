import asyncio
import errno
import tempfile

import pytest
from PIL import Image

from hemolens.web.database.tables import PhotographRow
from hemolens.web.uploads import SUFFIXES, shown_name
from hemolens.web.worker import do_one

from .browsers import service_of, with_token


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "smear.png"
    Image.effect_noise((300, 200), 50).convert("RGB").save(path)
    return path.read_bytes()


def new_sample(client):
    return client.post("/api/samples", json={"name": "a smear"}).json()["id"]


def send(client, data, name="smear.png", sample=None):
    return client.post(f"/api/samples/{sample or new_sample(client)}/photographs", files={"photograph": (name, data)})


def kept_files(client):
    folder = service_of(client).settings.folder
    return [path for part in ("files", "drafts") for path in (folder / part).rglob("*") if path.is_file()]


def n_rows(client):
    with service_of(client).database.reading() as session:
        return session.query(PhotographRow).count()


def test_what_is_sent_is_kept(local, picture):
    assert send(local, picture).status_code == 201
    (kept,) = kept_files(local)
    assert kept.read_bytes() == picture


def test_a_photograph_that_is_too_large_leaves_nothing(serve, picture):
    client = with_token(serve(max_upload_bytes=len(picture) - 1))
    answer = send(client, picture)
    assert answer.status_code == 413
    assert (kept_files(client), n_rows(client)) == ([], 0)


@pytest.mark.parametrize(("data", "name", "status"), [(b"", "a.png", 422), (b"x", "a.exe", 415), (b"x", "a.png/", 415)])
def test_what_is_no_photograph_leaves_nothing(local, data, name, status):
    assert send(local, data, name).status_code == status
    assert (kept_files(local), n_rows(local)) == ([], 0)


def test_a_form_has_one_file_and_nothing_else(local, picture):
    path = f"/api/samples/{new_sample(local)}/photographs"
    files = [("photograph", ("a.png", picture)), ("photograph", ("b.png", picture))]
    assert local.post(path, files=files).status_code == 400
    assert local.post(path, files=files[:1], data={"more": "x"}).status_code == 400
    assert n_rows(local) == 0


def test_a_sample_holds_no_more_than_it_may(serve, picture):
    client = with_token(serve(max_photographs=1))
    sample = new_sample(client)
    assert [send(client, picture, sample=sample).status_code for _ in range(2)] == [201, 413]
    assert n_rows(client) == 1


def test_a_service_holds_no_more_bytes_than_it_may(serve, picture):
    client = with_token(serve(max_storage_bytes=len(picture)))
    assert send(client, picture).status_code == 201
    answer = send(client, picture)
    assert answer.status_code == 413
    assert "delete some samples" in answer.json()["what"]


def test_a_temporary_disk_that_is_full_is_said(local, picture, monkeypatch):
    class Full(tempfile.SpooledTemporaryFile):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", Full)
    answer = send(local, picture)
    assert answer.status_code == 503
    assert "make room" in answer.json()["what"]
    assert (kept_files(local), n_rows(local)) == ([], 0)


def test_an_upload_that_breaks_off_leaves_nothing(local, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = f"/api/samples/{new_sample(local)}/photographs"
    head = b'--x\r\nContent-Disposition: form-data; name="photograph"; filename="a.png"\r\n\r\n'
    coming = [{"type": "http.request", "body": head + b"y" * 3_000_000, "more_body": True}, {"type": "http.disconnect"}]

    async def receive():
        return coming.pop(0)

    async def send_nowhere(_):
        pass

    headers = {**local.headers, "Cookie": f"hemolens={local.cookies['hemolens']}", "Host": "localhost"}
    headers["Content-Type"] = "multipart/form-data; boundary=x"
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "scheme": "http", "root_path": ""}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(local.app(scope, receive, send_nowhere))
    assert coming == []
    assert (kept_files(local), n_rows(local), list(temporary.iterdir())) == ([], 0, [])


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../../etc/cron.d/a.png", "a.png"),
        ("..\\..\\a.png", "a.png"),
        ("a\u202egnp.png", "agnp.png"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
    ],
)
def test_a_name_is_never_a_path(local, picture, given, shown):
    assert shown_name(given) == shown
    assert send(local, picture, given).json()["name"] == shown
    (kept,) = kept_files(local)
    assert kept.name.removesuffix(".png").isalnum()


def test_no_file_that_a_browser_would_run_is_taken():
    assert not {".html", ".svg", ".js", ".htm", ".xml", ".pdf"} & set(SUFFIXES)


def test_a_photograph_with_too_many_pixels_is_not_counted(serve, picture):
    client = with_token(serve(max_pixels=300 * 200 - 1))
    photograph = send(client, picture).json()["id"]
    assert do_one(service_of(client), "worker")
    job = client.get(f"/api/photographs/{photograph}").json()["job"]
    assert job["state"] == "failed"
    assert "300 × 200" in job["error"]
