"""The service as it is started: server and workers, which may be killed at any moment."""

import itertools
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys

import pytest

from hemolens.web.settings import ServeSettings

from .running import ROOT, WAIT_SECONDS, Running, until

PAGE = ROOT / "docs" / "how-to-serve.md"

pytestmark = pytest.mark.posix("signals")


@pytest.fixture
def started(tmp_path):
    running = []

    def start(*options):
        running.append(Running(tmp_path / "service", *options))
        return running[-1]

    yield start
    for service in running:
        service.close()


def test_a_server_that_is_killed_at_any_moment_finds_everything_again(started):
    service = started("--demo")
    until(service.photographs)
    service.kill()  # when photographs have come

    service = started()
    assert len(service.photographs()) == 6
    until(service.states, lambda now: "running" in now)
    service.kill()  # while they are counted

    service = started()
    until(service.states, lambda now: set(now) == {"done"})
    first = service.photographs()[0]
    correction = {"id": "1" * 32, "action": "delete", "cells": ["1", "2"]}
    corrected = service.client.post(f"/photographs/{first['id']}/corrections", json=correction).json()["count"]
    service.kill()  # right after a correction

    service = started()
    assert service.photographs()[0]["count"] == corrected
    assert set(service.states()) == {"done"}


def test_workers_end_with_the_server(started):
    import psutil

    service = started("--workers", "2")
    workers = until(lambda: psutil.Process(service.process.pid).children(), lambda found: len(found) == 2)
    service.kill()
    assert psutil.wait_procs(workers, timeout=WAIT_SECONDS)[1] == []


def test_a_worker_that_is_killed_costs_no_photograph(started):
    import psutil

    service = started("--demo")
    until(service.states, lambda now: "running" in now)
    psutil.Process(service.process.pid).children()[0].kill()
    until(service.states, lambda now: set(now) == {"done"})


def test_an_upload_of_a_browser_that_is_closed_leaves_nothing(started, tmp_path, picture):
    service = started("--workers", "0")
    sample = service.client.post("/samples", json={"name": "Monday"}).json()["id"]
    url = service.client.base_url
    head = [
        f"POST /api/samples/{sample}/photographs HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        f"Cookie: hemolens={service.client.cookies['hemolens']}",
        f"X-CSRF-Token: {service.client.headers['X-CSRF-Token']}",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 9000000",
        "",
        "--x",
        'Content-Disposition: form-data; name="photograph"; filename="a.png"',
        "",
        "",
    ]
    with socket.create_connection((url.host, url.port)) as browser:
        browser.sendall("\r\n".join(head).encode() + b"y" * 4_000_000)
    assert service.photographs() == []
    assert [path for part in ("files", "drafts") for path in (tmp_path / "service" / part).rglob("*")] == []
    answer = service.client.post(f"/samples/{sample}/photographs", files={"photograph": ("a.png", picture)})
    assert answer.status_code == 201


def test_a_page_whose_connection_was_lost_misses_nothing(started):
    service = started("--workers", "0")

    def change(name):
        return service.client.post("/samples", json={"name": name}).json()["id"]

    def hear(n, **headers):
        """Listen until n messages have come; gives their numbers and samples."""
        with service.client.stream("GET", "/events", headers=headers) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 1000"
            first = change("heard at once") if not headers else None
            data = [line.removeprefix("data: ") for line in itertools.islice(filter(is_data, lines), n)]
        return first, [json.loads(each) for each in data]

    def is_data(line):
        return line.startswith("data: ")

    first, heard = hear(1)
    assert [each["sample"] for each in heard] == [first]
    missed = [change(name) for name in ("a", "b", "c")]
    _, heard = hear(3, **{"Last-Event-ID": str(heard[-1]["id"])})
    assert [each["sample"] for each in heard] == missed


def test_ctrl_c_ends_it(started):
    service = started()
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(WAIT_SECONDS) in {0, 130}


def test_a_port_that_is_taken_is_told_in_words(started, tmp_path):
    port = str(started().client.base_url.port)
    command = [sys.executable, "-c", "from hemolens.cli import main; main()", "serve", "--no-browser", "--port", port]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [*command, "--folder", str(tmp_path / "other")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "choose another port with --port" in done.stderr


def test_a_job_that_takes_too_long_fails_in_words(tmp_path, picture):
    from hemolens.web.serve import Workers
    from hemolens.web.service import Service

    settings = ServeSettings(folder=tmp_path, job_memory_bytes=1)
    service = Service(settings)
    service.database.upgrade()
    with Workers(settings):
        job = add_photograph(service, picture)
        assert "needed more than 0.0 GB" in until(lambda: job_of(service, job).error)
    service.close()


def add_photograph(service, picture):
    from hemolens.web import queue
    from hemolens.web.database.tables import PhotographRow, SampleRow

    with service.database.writing() as session:
        sample = SampleRow(name="Monday", options={}, created_by="A")
        session.add(sample)
        name = service.storage.keep(picture * 1, ".png")
        row = PhotographRow(position=1, name="a.png", file=name, n_bytes=len(picture), created_by="A")
        sample.photographs.append(row)
        session.flush()
        return queue.enqueue(session, "count", {}, "A", row).id


def job_of(service, job):
    from hemolens.web.database.tables import JobRow

    with service.database.reading() as session:
        return session.get(JobRow, job)


def test_the_documented_program_counts_a_photograph(started, tmp_path, picture, monkeypatch, capsys):
    (program,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "smear.jpg").write_bytes(picture)
    monkeypatch.chdir(tmp_path)
    exec(program.replace("http://127.0.0.1:8000", str(started().client.base_url).removesuffix("/api/")), {})  # noqa: S102
    assert json.loads(capsys.readouterr().out.replace("'", '"')) == {"rbc": 12, "wbc": 1, "plt": 2}


def test_the_documented_options_exist():
    from typer.main import get_command

    from hemolens.cli import app

    documented = [
        shlex.split(line.removeprefix("$ "))
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
        for line in page.read_text("utf-8").splitlines()
        if line.startswith("$ hemolens serve")
    ]
    assert documented
    for words in documented:
        with get_command(app).commands["serve"].make_context("serve", words[2:]):
            pass
