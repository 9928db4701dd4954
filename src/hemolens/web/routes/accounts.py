"""Accounts, for admins; everybody's own password."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from hemolens.web import accounts
from hemolens.web.access import Admin, InPerson
from hemolens.web.attempts import Guarded
from hemolens.web.database.tables import AccountRow
from hemolens.web.passwords import is_password
from hemolens.web.problems import Refused, not_found
from hemolens.web.schemas import Account, AccountChange, NewAccount, PasswordChange
from hemolens.web.service import Served

router = APIRouter(tags=["accounts"])


@router.get("/accounts")
def get_accounts(service: Served, _: Admin) -> list[Account]:
    """List all accounts, the oldest first."""
    with service.database.reading() as session:
        return [accounts.tell_account(row) for row in accounts.accounts(session)]


@router.post("/accounts", status_code=201)
def add_account(wanted: NewAccount, service: Served, _: Admin) -> Account:
    """Add a person."""
    return accounts.add_account(service.database, wanted.name, wanted.password, wanted.role)


@router.patch("/accounts/{account}")
def change_account(account: str, change: AccountChange, service: Served, _: Admin) -> Account:
    """Change what a person may, lock or unlock the account, or give it a new password."""
    changed = accounts.change_account(service.database, account, change)
    if changed is None:
        raise not_found("account")
    return changed


@router.delete("/accounts/{account}", status_code=204)
def remove_account(account: str, service: Served, _: Admin) -> Response:
    """Remove an account that has done nothing yet; others are locked, so that their names keep their meaning."""
    if not accounts.remove_account(service.database, account):
        raise not_found("account")
    return Response(status_code=204)


@router.post("/account/password", status_code=204)
def set_password(
    wanted: PasswordChange, service: Served, asker: InPerson, attempts: Guarded, request: Request
) -> Response:
    """Change one's own password; other browsers are logged out, tokens stay until they are revoked."""
    with service.database.reading() as session:
        row = session.get(AccountRow, asker.account_id)
        kept = None if row is None else row.password_hash
    with attempts.one(asker.name, request.state.client):
        if not is_password(wanted.old, kept):
            raise Refused(403, "the old password is not right")
    accounts.set_own_password(service.database, asker.account_id or "", wanted.new, asker.login)
    return Response(status_code=204)
