"""What protects a service and those who use it, whatever is asked for.

Before a route sees a request: is the service meant (``Host``), does a page of its own ask (``Origin``), is it not too
often, who asks, and is it they who want it (``X-CSRF-Token``). A browser that is led here by a page of another origin,
be it through a name that was made to mean this machine, is refused before anything is read or written.

What was changed and what was refused is logged, with who asked.
"""

from __future__ import annotations

import logging
import re
from contextlib import AbstractContextManager, nullcontext
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hemolens.errors import quoted
from hemolens.web.access import identify
from hemolens.web.attempts import Attempts
from hemolens.web.limits import Allowance, Simultaneous
from hemolens.web.logins import cookie_secret, is_csrf_token
from hemolens.web.problems import Refused, answer_to
from hemolens.web.service import service_of
from hemolens.web.settings import ServeSettings

_log = logging.getLogger("hemolens.web")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""Of every answer, unless a route says otherwise."""
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""Headers by which a proxy says that it asks for somebody else."""

REQUESTS, SECONDS = 2000, 10.0
"""Of one client: so many at once, and as many again in so many seconds."""
MAX_BODY_BYTES = 10_000_000
"""Of any request but a photograph's, which may have as much around it. A correction of 50,000 cells takes 3 MB."""
MOST_UPLOADS, MOST_STREAMS = 64, 32
"""Of one client at the same time."""

_SAFE = {"GET", "HEAD", "OPTIONS"}


class Protection:
    """The checks, and the headers that browsers shall hold to, around the application (ASGI).

    Parameters
    ----------
    app : ASGI application
    settings : ServeSettings

    """

    def __init__(self, app: ASGIApp, settings: ServeSettings) -> None:
        self._app, self._settings = app, settings
        self._requests = Allowance(REQUESTS, SECONDS)
        self._uploads, self._streams = Simultaneous(MOST_UPLOADS, "uploads"), Simultaneous(MOST_STREAMS, "open pages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, has_begun = Request(scope), False

        async def send_protected(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                _log_answer(request, message["status"])
                _add_headers(request, MutableHeaders(scope=message))
            await send(message)

        try:
            _check_host(request, self._settings)
            if "\0" in _path(request):
                raise Refused(404, "there is nothing at this address")  # a database may fail at it
            if _is_api(request):
                await self._check(request)
            with self._held(request):
                await self._app(scope, self._limited(request, receive), send_protected)
        except Exception as error:
            if has_begun:
                raise
            await answer_to(error)(scope, receive, send_protected)

    async def _check(self, request: Request) -> None:
        _check_origin(request)
        asker = await run_in_threadpool(identify, service_of(request), request)
        request.state.asker = asker
        request.state.client = (asker and asker.account_id) or (request.client.host if request.client else "")
        wait_s = self._requests.take(request.state.client)
        if wait_s:
            raise Refused(429, "too many requests: slow down", retry_after_s=wait_s)
        if request.method in _SAFE:
            return
        if asker is None and (request.method, _path(request)) != ("POST", "/api/session"):
            raise Refused(401, "log in first")  # before what they send is read
        is_program = asker is not None and asker.is_program
        token = request.headers.get("x-csrf-token", "")
        if not is_program and not is_csrf_token(token, cookie_secret(request)):
            raise Refused(403, "the X-CSRF-Token of /api/session is missing or an old one: load the page again")
        _check_type(request)

    def _held(self, request: Request) -> AbstractContextManager[None]:
        if _is_upload(request):
            return self._uploads.one(request.state.client)
        if _path(request) == "/api/events":
            return self._streams.one(request.state.client)
        return nullcontext()

    def _limited(self, request: Request, receive: Receive) -> Receive:
        """Receive no more than is allowed, whatever was announced."""
        most = MAX_BODY_BYTES + (self._settings.max_upload_bytes if _is_upload(request) else 0)
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > most:
            raise _too_large(most)
        n_bytes = 0

        async def receive_limited() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > most:
                raise _too_large(most)
            return message

        return receive_limited


def add_protection(app: FastAPI, settings: ServeSettings) -> None:
    """Check every request, and add to every answer what browsers shall hold to."""
    app.state.attempts = Attempts()
    app.add_middleware(Protection, settings=settings)


def _too_large(most: int) -> HTTPException:  # which FastAPI lets through where it reads a body
    return HTTPException(413, f"the request is larger than {most / 1e6:.0f} MB, the limit of this service")


def _is_upload(request: Request) -> bool:
    return request.method == "POST" and re.fullmatch(r"/api/samples/[^/]+/photographs", _path(request)) is not None


def _path(request: Request) -> str:
    path: str = request.scope["path"]  # as routes see it
    return path


def _is_api(request: Request) -> bool:
    return _path(request).startswith("/api/")


def _add_headers(request: Request, headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if request.url.scheme == "https":
        headers.update(HTTPS_HEADERS)
    if _is_api(request):
        headers.setdefault("Cache-Control", "no-store")
        if headers.get("Content-Type") == "application/json":
            headers["Content-Disposition"] = 'attachment; filename="api.json"'  # never shown as a page


def _check_host(request: Request, settings: ServeSettings) -> None:
    """Refuse what is meant for another name: a name that an attacker made to mean this machine (DNS rebinding)."""
    if not _is_known(_host_name(request), settings):
        raise Refused(421, "this service is not known by that name: whoever runs it can add the name to its settings")
    if settings.is_local and any(name in request.headers for name in FORWARDED):
        raise Refused(
            421, "a proxy passes this on, but the service is for its own machine: give it the name that others use"
        )


def _host_name(request: Request) -> str:
    try:
        return urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _is_known(host: str, settings: ServeSettings) -> bool:
    try:
        return ip_address(host).is_loopback or not settings.is_local  # no name, so no name server to deceive
    except ValueError:
        return host in {"localhost", settings.host.lower(), *(name.lower() for name in settings.names)}


def _check_origin(request: Request) -> None:
    """Refuse what a page of another origin asks for, if only to show it."""
    own = f"{request.url.scheme}://{request.headers['host']}".lower()
    origin = request.headers.get("origin", own).lower()
    if origin != own or request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise Refused(403, "a page of another origin may not ask this service for anything")


def _check_type(request: Request) -> None:
    """Refuse a body that does not say that it is what is read."""
    has_body = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
    expected = "multipart/form-data" if _is_upload(request) else "application/json"
    if has_body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != expected:
        raise Refused(415, f"the body must be {expected}, and its Content-Type must say so")


def _log_answer(request: Request, status: int) -> None:
    if request.method in _SAFE and status < 400:
        return
    asker = getattr(request.state, "asker", None)
    who = "nobody" if asker is None else quoted(asker.name)
    address = request.client.host if request.client else "?"
    _log.info("%s at %s: %s %s: %d", who, address, request.method, quoted(_path(request)[:200]), status)
