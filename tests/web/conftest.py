"""A service for every test, on each database that it can have."""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

pytest.importorskip("fastapi", reason="needs hemolens[web]")

from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from hemolens.output.overlay_png import png_bytes
from hemolens.synthetic import draw_smear
from hemolens.web import counting, page, passwords
from hemolens.web.accounts import add_account
from hemolens.web.app import create_app
from hemolens.web.settings import ServeSettings
from hemolens.web.worker import do_one

from .browsers import LABORATORY, LOCAL, PASSWORD, PEOPLE, logged_in, service_of, with_token

SEED = 3


def postgres_programs():
    """Where Debian and others put initdb and postgres; None where there is no PostgreSQL."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [shutil.which("initdb")]
    return None if found[-1] is None else Path(found[-1]).parent


@pytest.fixture(scope="session")
def postgres(tmp_path_factory):
    """Start a PostgreSQL server of its own; gives the address of a database to fill in."""
    programs = postgres_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL (Debian: apt install postgresql)")
    folder = Path("/tmp") / f"hemolens-postgres-{uuid4().hex[:12]}"  # a path of a socket must be short  # noqa: S108
    folder.mkdir(mode=0o700)
    options = {}
    if os.getuid() == 0:  # it refuses to run as root
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        options = {"user": owner.pw_uid, "group": owner.pw_gid}
    data = folder / "data"
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "hemolens", "--auth=trust", "--no-sync", "-E", "UTF8"],
        check=True, capture_output=True, cwd=folder, **options,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", folder, "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **options,
    )  # fmt: skip
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.1)
        yield f"postgresql+pg8000://hemolens@127.0.0.1:{port}/"
    finally:
        server.send_signal(signal.SIGINT)  # without waiting for those that are connected
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


_numbers = itertools.count(1)


def new_database(address):
    """Make an empty database on a PostgreSQL server."""
    from sqlalchemy import create_engine, text

    name = f"test_{next(_numbers)}"
    engine = create_engine(address + "postgres", isolation_level="AUTOCOMMIT")
    for attempt in range(50):
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {quote(name)}"))
            break
        except Exception:
            if attempt == 49:
                raise
            time.sleep(0.1)
    engine.dispose()
    return address + name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """Where the tables are: nothing for a file in the service's folder."""
    return "" if request.param == "sqlite" else new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def settings(tmp_path, database_url):
    return ServeSettings(folder=tmp_path / "service", database=database_url, n_workers=0)


@pytest.fixture
def client(settings):
    """A browser on the own machine."""
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as client:
        client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
        yield client


@pytest.fixture(scope="session")
def smear():
    """A small drawn smear, whose every cell is known."""
    return draw_smear(SEED, height=360, width=480, n_rbc=12, n_wbc=1, n_plt=2, red_cell_diameter_px=60.0)


@pytest.fixture(scope="session")
def picture(smear):
    """The same as the bytes of a PNG file."""
    return png_bytes(smear.pixels)


@pytest.fixture
def sample(client):
    """A sample without photographs."""
    return client.post("/api/samples", json={"name": "Monday"}).json()["id"]


@pytest.fixture
def upload(client, sample):
    """Send a photograph; gives what the service says of it."""

    def send(data, name="smear.png", to=None):
        answer = client.post(f"/api/samples/{to or sample}/photographs", files={"photograph": (name, data)})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return send


@pytest.fixture
def work(client):
    """Do all jobs that wait, in this process."""

    def do_all():
        while do_one(client.app.state.service, uuid4().hex):
            pass

    return do_all


_counted = {}


@pytest.fixture(autouse=True)
def same_counts_are_remembered(monkeypatch):
    """Count each photograph once in all tests: what is counted does not depend on the test."""
    really = counting.count_by_blocks

    def remembered(image, options, held):
        key = image.sha256, options.model_dump_json()
        if key not in _counted:
            _counted[key] = really(image, options, held)
        return _counted[key]

    monkeypatch.setattr(counting, "count_by_blocks", remembered)


@pytest.fixture
def counted(client, upload, work, picture):
    """A photograph that has been counted."""
    photograph = upload(picture)["id"]
    work()
    return client.get(f"/api/photographs/{photograph}").json()


@pytest.fixture
def correct(client, counted):
    """Correct the counted photograph; gives the answer."""

    def send(action, *, photograph=None, id=None, **wanted):
        body = {"id": id or uuid4().hex, "action": action, **wanted}
        return client.post(f"/api/photographs/{photograph or counted['id']}/corrections", json=body)

    return send


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch):
    """Hash passwords with as little work as argon2 allows; what a service does is tested in test_passwords.py."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """Start services in the test's own process, with a page of two files; the keyword arguments are settings."""
    monkeypatch.setattr(page, "BUILT", tmp_path / "page")
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text("<!doctype html><title>hemolens</title>")
    (tmp_path / "page" / "assets" / "page.js").write_text("export {};")
    with contextlib.ExitStack() as stack:

        def start(base_url=LOCAL, **settings):
            app = create_app(ServeSettings.model_validate({"folder": tmp_path / "service", **settings}))
            return stack.enter_context(TestClient(app, base_url=base_url))

        yield start


@pytest.fixture
def local(serve):
    """A browser on the machine of a service without accounts."""
    return with_token(serve())


@pytest.fixture
def laboratory(serve):
    """A browser at a service with accounts; nobody is logged in."""
    client = serve(LABORATORY, names=("counts.example",))
    for name, role in PEOPLE.items():
        add_account(service_of(client).database, name, PASSWORD, role)
    return client


@pytest.fixture
def admin(laboratory):
    """A browser in which an admin is logged in."""
    return logged_in(laboratory, "Ada")
