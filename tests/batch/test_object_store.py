"""Photographs from an object store and results into it: S3, on this machine, where requests fail and stall."""

import json
import threading
import time
from itertools import count

import pytest

from hemolens.batch.photograph_task import count_here
from hemolens.cli import main
from hemolens.files import remote

from .drawn_run import EXPORT, draw_photographs, tables
from .drawn_run import count as count_folder

s3fs = pytest.importorskip("s3fs", reason="needs s3fs: pip install 'hemolens[cluster]'")
moto_server = pytest.importorskip("moto.server", reason="needs moto: pip install 'moto[s3]' flask flask-cors")
serving = pytest.importorskip("werkzeug.serving")

FAILING, STALLING, FIRST, STALLED_S = 20, 100, 80, 2.0
BUCKET = "smears"


@pytest.fixture
def store(monkeypatch):
    """An empty bucket; of all requests one in twenty fails and one in a hundred stalls, which `disturbed` counts."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "tests")
    monkeypatch.setattr(remote, "STALLED_S", STALLED_S / 2)
    monkeypatch.setattr(remote, "WAIT_S", 0.01)
    answers, requests, disturbed = (
        moto_server.DomainDispatcherApplication(moto_server.create_backend_app),
        count(FIRST),
        [],
    )

    def answer(environment, start):
        n = next(requests)
        if n % STALLING == 0:
            disturbed.append("stalled")
            time.sleep(STALLED_S)
        elif n % FAILING == 0:
            disturbed.append("failed")
            start("503 Slow Down", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
            return [b""]
        return answers(environment, start)

    server = serving.make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    s3fs.S3FileSystem.clear_instance_cache()
    store = s3fs.S3FileSystem()
    store.mkdir(BUCKET)
    store.disturbed = disturbed
    yield store
    s3fs.S3FileSystem.clear_instance_cache()
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_comes_of_a_bucket_is_what_comes_of_a_folder(store, tmp_path, monkeypatch):
    photographs = tmp_path / "photographs"
    photographs.mkdir()
    draw_photographs(photographs)
    expected = count_folder(photographs, tmp_path / "expected", count_here)
    store.put(str(photographs), f"{BUCKET}/photographs", recursive=True)
    monkeypatch.chdir(tmp_path)
    out = ["--out", f"s3://{BUCKET}/results", "--export", ",".join(EXPORT)]
    with pytest.raises(SystemExit) as ended:
        main(["count", f"s3://{BUCKET}/photographs/*.png", *out])
    assert ended.value.code == 1  # one is no photograph
    store.get(f"{BUCKET}/results/", str(tmp_path / "fetched"), recursive=True)
    assert {"failed", "stalled"} <= set(store.disturbed)
    found = tables(tmp_path / "fetched")
    assert found.keys() == expected.keys()
    assert [row["rbc"] for row in found["counts"]] == [row["rbc"] for row in expected["counts"]]
    names = [image["image"] for image in json.loads((tmp_path / "fetched" / "run.json").read_text())["photographs"]]
    assert names == ["0.png", "1.png", "2.png", "2b.png", "3.png"]
