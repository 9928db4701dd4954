import asyncio

import pytest
from fastapi import Request
from sqlalchemy import update

from hemolens.web.access import identify
from hemolens.web.database.tables import LoginRow, now
from hemolens.web.logins import UNUSED
from hemolens.web.routes import events

from ..browsers import logged_in, service_of


@pytest.fixture
def vera(laboratory):
    return logged_in(laboratory, "Vera")


def request_of(browser):
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    scope = {
        "type": "http",
        "scheme": "https",
        "path": "/api/events",
        "app": browser.app,
        "headers": [(b"host", b"counts.example"), (b"cookie", cookie.encode())],
    }

    async def never():
        await asyncio.Event().wait()

    return Request(scope, never)


def listen(browser, seconds):
    """Listen for so long at most; whether the stream has ended by itself."""

    async def read():
        return [each async for each in events._messages(request_of(browser), service_of(browser), 0)]

    async def read_for_a_while():
        try:
            await asyncio.wait_for(read(), seconds)
        except TimeoutError:
            return False
        return True

    return asyncio.run(read_for_a_while())


def test_who_is_logged_out_hears_no_more(vera, monkeypatch):
    monkeypatch.setattr(events, "CHECK_SECONDS", 0.0)
    assert not listen(vera, 1)
    with service_of(vera).database.writing() as session:
        session.query(LoginRow).delete()
    assert listen(vera, 30)


def test_listening_alone_does_not_keep_a_login_alive(vera):
    before = now() - UNUSED / 2
    with service_of(vera).database.writing() as session:
        session.execute(update(LoginRow).values(used_at=before))
    assert identify(service_of(vera), request_of(vera), is_use=False) is not None
    with service_of(vera).database.reading() as session:
        assert session.query(LoginRow).one().used_at == before
