"""Files by URL, from a server of this machine that fails now and then, and stalls."""

import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from hemolens.errors import OutputError, PhotographError, UsageError
from hemolens.files import remote
from hemolens.files.remote import RemoteFile, fetched, list_remote, put_folder, refuse_held_results

fsspec = pytest.importorskip("fsspec", reason="needs fsspec: pip install 'hemolens[cluster]'")
pytest.importorskip("aiohttp", reason="needs aiohttp: pip install 'hemolens[cluster]'")

MOST_BYTES = 10_000
FAILING, STALLING, FIRST = 20, 100, 75


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serves a folder; one request in twenty fails and one in a hundred stalls. Gives its URL and the folder."""
    monkeypatch.setattr(remote, "STALLED_S", 1.0)
    monkeypatch.setattr(remote, "WAIT_S", 0.01)
    folder, requests, over = tmp_path / "served", count(FIRST), threading.Event()
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=folder)

        def send_head(self):
            n = next(requests)
            if n % STALLING == 0:
                over.wait(10)
            if n % FAILING == 0:
                self.send_error(503)
                return None
            return super().send_head()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    over.set()
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_file_is_fetched_whole_from_a_server_that_fails_and_stalls(server):
    url, folder = server
    contents = {f"{n}.png": bytes([n]) * (n + 1) for n in range(20)}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    began = time.monotonic()
    for name, content in contents.items():
        with fetched(RemoteFile(f"{url}/{name}"), MOST_BYTES) as path:
            assert (path.name, path.read_bytes()) == (name, content)
        assert not path.exists()
    assert time.monotonic() - began > remote.STALLED_S  # a request has stalled


def test_a_file_that_is_missing_or_too_large_is_refused(server):
    url, folder = server
    (folder / "large.png").write_bytes(bytes(MOST_BYTES + 1))
    with pytest.raises(PhotographError, match=r"large.png' of 10001 bytes; allowed: at most 10000 bytes; download it"):
        fetched(RemoteFile(f"{url}/large.png"), MOST_BYTES).__enter__()
    with pytest.raises(PhotographError, match=r"the URL cannot be read: got '.*/missing.png' \(.*\);"):
        fetched(RemoteFile(f"{url}/missing.png"), MOST_BYTES).__enter__()


@pytest.fixture
def store(request):
    """An object store in memory."""
    store = fsspec.filesystem("memory")
    yield store
    store.store.clear()
    store.pseudo_dirs[:] = [""]


def test_folders_and_patterns_are_listed(store):
    for name in ("/bucket/a.png", "/bucket/b.jpg", "/bucket/deeper/c.png"):
        store.pipe(name, b"x")
    named = {file.url for file in list_remote("memory://bucket/**/*.png")}
    assert named == {"memory:///bucket/a.png", "memory:///bucket/deeper/c.png"}
    assert RemoteFile("memory:///bucket/b.jpg") in list_remote("memory://bucket")


def test_secrets_in_a_url_are_refused():
    with pytest.raises(PhotographError, match="user names, passwords and queries of a URL are not taken"):
        list_remote("https://me:secret@example.org/photos/")


def test_a_folder_is_put_whole_and_its_last_file_last(store, tmp_path, monkeypatch):
    order = []
    put = type(store).put
    monkeypatch.setattr(type(store), "put", lambda self, here, there: (order.extend(there), put(self, here, there)))
    (tmp_path / "overlay").mkdir()
    for name in ("run.json", "counts.csv", "overlay/a.png"):
        (tmp_path / name).write_text(name)
    put_folder(tmp_path, "memory://bucket/results", "run.json")
    assert store.cat("/bucket/results/overlay/a.png") == b"overlay/a.png"
    assert [name.rpartition("/")[2] for name in order] == ["counts.csv", "a.png", "run.json"]
    with pytest.raises(UsageError, match="holds the results of an earlier run"):
        refuse_held_results("memory://bucket/results", "run.json")


def test_where_nothing_can_be_put_the_folder_here_is_named(tmp_path):
    (tmp_path / "run.json").touch()
    with pytest.raises(OutputError, match=r"the results cannot be copied there: .*; copy '.*', which has all of them"):
        put_folder(tmp_path, "nowhere://bucket/results", "run.json")


def test_a_free_place_is_not_refused(store):
    refuse_held_results("memory://bucket/results", "run.json")
