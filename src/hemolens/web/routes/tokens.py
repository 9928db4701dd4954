"""Tokens: what programs of a person show in place of a password."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from hemolens.web.access import InPerson
from hemolens.web.database.tables import TokenRow, now
from hemolens.web.logins import hash_of, new_secret
from hemolens.web.problems import not_found
from hemolens.web.schemas import NewToken, Token, TokenOnce
from hemolens.web.service import Served

router = APIRouter(tags=["accounts"])


@router.get("/tokens")
def get_tokens(service: Served, asker: InPerson) -> list[Token]:
    """List one's own tokens, the oldest first; those that were revoked, too."""
    own = select(TokenRow).where(TokenRow.account_id == asker.account_id).order_by(TokenRow.created_at)
    with service.database.reading() as session:
        return [Token.model_validate(row, from_attributes=True) for row in session.scalars(own)]


@router.post("/tokens", status_code=201)
def add_token(wanted: NewToken, service: Served, asker: InPerson) -> TokenOnce:
    """Make a token; its secret is told this once, and goes into the header `Authorization: Bearer SECRET`."""
    secret = new_secret()
    with service.database.writing() as session:
        row = TokenRow(hash=hash_of(secret), account_id=asker.account_id or "", name=wanted.name)
        session.add(row)
        session.flush()
        return TokenOnce(**Token.model_validate(row, from_attributes=True).model_dump(), secret=secret)


@router.delete("/tokens/{token}", status_code=204)
def revoke_token(token: str, service: Served, asker: InPerson) -> Response:
    """Revoke one of one's own tokens."""
    with service.database.writing() as session:
        row = session.get(TokenRow, token)
        if row is None or row.account_id != asker.account_id:
            raise not_found("token")
        row.revoked_at = row.revoked_at or now()
    return Response(status_code=204)
