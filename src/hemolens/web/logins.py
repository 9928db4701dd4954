"""Browsers in which a person is logged in: the cookie, its row, and the token against forged requests.

The cookie holds a secret; the database holds its hash. Before anybody logs in a browser has a cookie, too: what changes
something must show, besides, a token that follows from the cookie (``X-CSRF-Token``), which a page of another origin
cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta

from fastapi import Request, Response
from sqlalchemy import delete
from sqlalchemy.orm import Session

from hemolens.web.database.tables import AccountRow, LoginRow, now

UNUSED = timedelta(minutes=30)
"""After this time without a request somebody is logged out."""
LONGEST = timedelta(hours=12)
"""After this time anybody is logged out."""


def new_secret() -> str:
    """Make what nobody can guess: 256 bits, as 43 letters."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """Hash a secret of :func:`new_secret`; such a one needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(secret: str) -> str:
    """Give the token that belongs to a cookie: with everything that changes something, to be sent beside it."""
    return hmac.new(secret.encode(), b"X-CSRF-Token", hashlib.sha256).hexdigest()


def is_csrf_token(given: str, secret: str) -> bool:
    """Whether a token belongs to a cookie."""
    return bool(secret) and hmac.compare_digest(csrf_token(secret).encode(), given.encode())


def cookie_secret(request: Request) -> str:
    """Give what the cookie of a browser holds; empty where there is none."""
    return request.cookies.get(_cookie_name(request), "")


def set_cookie(request: Request, response: Response, secret: str) -> None:
    """Give a browser its cookie; scripts do not see it, and no page of another site sends it."""
    is_https = request.url.scheme == "https"
    response.set_cookie(_cookie_name(request), secret, secure=is_https, httponly=True, samesite="strict", path="/")


def begin_login(session: Session, account: AccountRow, former_secret: str) -> str:
    """Log a person in, with a new secret, and the browser's former one out."""
    end_login(session, former_secret)
    session.execute(delete(LoginRow).where(LoginRow.expires_at < now()))
    secret = new_secret()
    session.add(LoginRow(hash=hash_of(secret), account_id=account.id, expires_at=now() + LONGEST))
    return secret


def end_login(session: Session, secret: str) -> None:
    """Log one browser out."""
    session.execute(delete(LoginRow).where(LoginRow.hash == hash_of(secret)))


def end_logins(session: Session, account_id: str, but: str | None = None) -> None:
    """Log a person out everywhere, except where the login has the hash `but`."""
    session.execute(delete(LoginRow).where(LoginRow.account_id == account_id, LoginRow.hash != (but or "")))


def find_login(session: Session, secret: str) -> LoginRow | None:
    """Find who is logged in with a cookie; None where nobody is, or no longer."""
    row = session.get(LoginRow, hash_of(secret))
    if row is None or row.expires_at <= now() or row.used_at + UNUSED <= now():
        return None
    return row


def _cookie_name(request: Request) -> str:
    return "__Host-hemolens" if request.url.scheme == "https" else "hemolens"
