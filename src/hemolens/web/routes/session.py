"""Who asks, and what a page needs to know first; logging in and out."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request, Response

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cells.counters import COUNTERS
from hemolens.errors import quoted
from hemolens.models.method import AUTO
from hemolens.output.export.registry import FORMATS
from hemolens.web.access import asker_of
from hemolens.web.accounts import account_named
from hemolens.web.attempts import Guarded
from hemolens.web.logins import begin_login, cookie_secret, csrf_token, end_login, new_secret, set_cookie
from hemolens.web.passwords import hash_password, is_outdated, is_password
from hemolens.web.problems import Refused
from hemolens.web.schemas import Login, Person, Session
from hemolens.web.service import Served, Service
from hemolens.web.uploads import SUFFIXES

_log = logging.getLogger("hemolens.web")
router = APIRouter(tags=["session"])


@router.get("/session")
def get_session(service: Served, request: Request, response: Response) -> Session:
    """Tell who asks, and what the service can do; a browser that has no cookie gets one."""
    asker, secret = asker_of(request), cookie_secret(request)
    if not secret:
        secret = new_secret()
        set_cookie(request, response, secret)
    return _tell(service, None if asker is None else Person(name=asker.name, role=asker.role), secret)


@router.post("/session")
def log_in(given: Login, service: Served, attempts: Guarded, request: Request, response: Response) -> Session:
    """Log in; an unknown name and a wrong password have the same answer, after the same time."""
    if service.settings.is_local:
        raise Refused(409, "this service is for its own machine and has no accounts")
    with attempts.one(given.name, request.state.client):
        with service.database.reading() as session:
            found = account_named(session, given.name)
        kept = None if found is None else found.password_hash
        is_right = is_password(given.password, kept)
        if found is None or not is_right or not found.is_active:
            _log.warning("a log in as %s from %s failed", quoted(given.name), request.state.client)
            raise Refused(401, "the name or the password is not right, or the account is locked")
    renewed = hash_password(given.password) if is_outdated(found.password_hash) else None
    with service.database.writing() as session:
        account = account_named(session, given.name)
        if account is None or account.password_hash != kept or not account.is_active:
            raise Refused(401, "the account was changed at this moment: log in again")
        account.password_hash = renewed or account.password_hash
        secret = begin_login(session, account, cookie_secret(request))
        person = Person.model_validate(account, from_attributes=True)
    _log.info("%s logged in from %s", quoted(person.name), request.state.client)
    set_cookie(request, response, secret)
    return _tell(service, person, secret)


@router.delete("/session", status_code=204)
def log_out(service: Served, request: Request) -> Response:
    """Log this browser out, and let it forget the pictures that it has seen."""
    with service.database.writing() as session:
        end_login(session, cookie_secret(request))
    response = Response(status_code=204, headers={"Clear-Site-Data": '"cache"'})
    set_cookie(request, response, new_secret())
    return response


def _tell(service: Service, person: Person | None, secret: str) -> Session:
    return Session(
        person=person,
        has_accounts=not service.settings.is_local,
        csrf=csrf_token(secret),
        version=__version__,
        note=RESEARCH_USE_ONLY,
        max_upload_bytes=service.settings.max_upload_bytes,
        suffixes=list(SUFFIXES),
        counters=[AUTO, *COUNTERS],
        exports=list(FORMATS),
    )
