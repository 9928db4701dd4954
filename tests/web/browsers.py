"""Browsers at a service: on its own machine, and in a laboratory with accounts."""

from __future__ import annotations

from fastapi.testclient import TestClient

from hemolens.web.schemas import Role
from hemolens.web.service import Service

LOCAL = "http://localhost:8000"
LABORATORY = "https://counts.example"
PASSWORD = "red cells on monday"  # noqa: S105
PEOPLE: dict[str, Role] = {"Vera": "viewer", "Rita": "reviewer", "Ada": "admin"}


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
