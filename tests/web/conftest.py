"""Services to ask: one for the own machine, and a laboratory's with accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from hemolens.web import page, passwords
from hemolens.web.accounts import add_account
from hemolens.web.app import create_app
from hemolens.web.schemas import Role
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

LOCAL = "http://localhost:8000"
LABORATORY = "https://counts.example"
PASSWORD = "red cells on monday"  # noqa: S105
PEOPLE: dict[str, Role] = {"Vera": "viewer", "Rita": "reviewer", "Ada": "admin"}

Serve = Callable[..., TestClient]


def with_token(client: TestClient) -> TestClient:
    """Open the page: the browser gets a cookie, and the token that belongs to it."""
    client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
    return client


def another_browser(client: TestClient, base_url: str | None = None) -> TestClient:
    """A browser without cookies, at the same service."""
    return TestClient(client.app, base_url=base_url or str(client.base_url))


def logged_in(client: TestClient, name: str, password: str = PASSWORD) -> TestClient:
    """Another browser, in which a person is logged in."""
    browser = with_token(another_browser(client))
    answer = browser.post("/api/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return browser


def service_of(client: TestClient) -> Service:
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    return service


def id_of(admin: TestClient, name: str) -> str:
    return next(each["id"] for each in admin.get("/api/accounts").json() if each["name"] == name)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords with as little work as argon2 allows; what a service does is tested in test_passwords.py."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Start services in the test's own process, with a page of two files; the keyword arguments are settings."""
    monkeypatch.setattr(page, "BUILT", tmp_path / "page")
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text("<!doctype html><title>hemolens</title>")
    (tmp_path / "page" / "assets" / "page.js").write_text("export {};")
    with ExitStack() as stack:

        def start(base_url: str = LOCAL, **settings: object) -> TestClient:
            app = create_app(ServeSettings.model_validate({"folder": tmp_path / "service", **settings}))
            return stack.enter_context(TestClient(app, base_url=base_url))

        yield start


@pytest.fixture
def local(serve: Serve) -> TestClient:
    """A browser on the machine of a service without accounts."""
    return with_token(serve())


@pytest.fixture
def laboratory(serve: Serve) -> TestClient:
    """A browser at a service with accounts; nobody is logged in."""
    client = serve(LABORATORY, names=("counts.example",))
    for name, role in PEOPLE.items():
        add_account(service_of(client).database, name, PASSWORD, role)
    return client


@pytest.fixture
def admin(laboratory: TestClient) -> TestClient:
    return logged_in(laboratory, "Ada")
