"""Who asks, and what they may.

Where only the own machine reaches the service (:attr:`~hemolens.web.settings.ServeSettings.is_local`), whoever is there
may do everything. Anywhere else a browser shows the cookie of a login, and a program a token
(``Authorization: Bearer``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import select, update

from hemolens.web.database.tables import AccountRow, LoginRow, TokenRow, now
from hemolens.web.logins import cookie_secret, find_login, hash_of
from hemolens.web.problems import Refused
from hemolens.web.schemas import Role
from hemolens.web.service import Service

RANK: dict[Role, int] = {"viewer": 0, "reviewer": 1, "admin": 2}
LOCAL = "local user"
"""Who asks where there are no accounts."""
NOTED_EVERY = timedelta(minutes=1)
"""How exactly it is known when a login or a token was used last."""


@dataclass(frozen=True)
class Asker:
    """Who asks.

    Attributes
    ----------
    name : str
    role : {"viewer", "reviewer", "admin"}
    account_id : str or None
        None where there are no accounts.
    login : str or None
        Hash of the login's secret; None for a program, and where there are no accounts.

    """

    name: str
    role: Role
    account_id: str | None = None
    login: str | None = None

    @property
    def is_program(self) -> bool:
        """Whether a token was shown, and no cookie."""
        return self.account_id is not None and self.login is None


def identify(service: Service, request: Request, *, is_use: bool = True) -> Asker | None:
    """Find out who asks; None where nobody is logged in, or the token is not valid.

    Where it `is_use`, a login that would end for not being used goes on.
    """
    if service.settings.is_local:
        return Asker(LOCAL, "admin")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    with service.database.reading() as session:
        row: LoginRow | TokenRow | None
        if scheme.lower() == "bearer":
            by_hash = select(TokenRow).where(TokenRow.hash == hash_of(token.strip()), TokenRow.revoked_at.is_(None))
            row = session.scalar(by_hash)
        else:
            row = find_login(session, cookie_secret(request))
        account = None if row is None else session.get(AccountRow, row.account_id)
    if row is None or account is None or not account.is_active:
        return None
    if is_use and (row.used_at is None or row.used_at + NOTED_EVERY < now()):
        _note_use(service, row)
    role: Role = account.role  # type: ignore[assignment]
    return Asker(account.name, role, account.id, row.hash if isinstance(row, LoginRow) else None)


def _note_use(service: Service, row: LoginRow | TokenRow) -> None:
    table = type(row)
    with service.database.writing() as session:
        session.execute(update(table).where(table.hash == row.hash).values(used_at=now()))


def asker_of(request: Request) -> Asker | None:
    """Tell who asks, as :func:`identify` found before anything else of the request was looked at."""
    asker: Asker | None = request.state.asker
    return asker


def at_least(role: Role) -> Callable[[Request], Asker]:
    """Let only those ask who have a role, or a higher one."""

    def check(request: Request) -> Asker:
        asker = asker_of(request)
        if asker is None:
            raise Refused(401, "log in first")
        if RANK[asker.role] < RANK[role]:
            raise Refused(403, f"this needs the role {role}; yours is {asker.role}: ask an admin of this service")
        return asker

    return check


def _in_person(request: Request) -> Asker:
    asker = at_least("viewer")(request)
    if asker.account_id is None:
        raise Refused(409, "this service is for its own machine and has no accounts")
    if asker.is_program:
        raise Refused(403, "a token may not do this: log in with name and password")
    return asker


Viewer = Annotated[Asker, Depends(at_least("viewer"))]
Reviewer = Annotated[Asker, Depends(at_least("reviewer"))]
Admin = Annotated[Asker, Depends(at_least("admin"))]
InPerson = Annotated[Asker, Depends(_in_person)]
"""Who is logged in by name and password, whatever the role: for the own password and tokens."""
