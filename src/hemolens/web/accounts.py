"""Accounts: added, changed and removed, by the service's admins or on its command line."""

from __future__ import annotations

import unicodedata

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hemolens.errors import UsageError, quoted
from hemolens.web.access import LOCAL
from hemolens.web.database.sessions import Database
from hemolens.web.database.tables import AccountRow, CorrectionRow, JobRow, PhotographRow, SampleRow, SignOffRow
from hemolens.web.logins import end_logins
from hemolens.web.passwords import check_new_password, hash_password
from hemolens.web.schemas import Account, AccountChange, Role
from hemolens.web.settings import ServeSettings

_NAMED_IN = (
    SampleRow.created_by,
    PhotographRow.created_by,
    JobRow.created_by,
    CorrectionRow.actor,
    SignOffRow.signed_by,
    SignOffRow.withdrawn_by,
)
"""Where a person's name stands on record."""


def accounts(session: Session) -> list[AccountRow]:
    """List all accounts, the oldest first."""
    return list(session.scalars(select(AccountRow).order_by(AccountRow.created_at)))


def folded(name: str) -> str:
    """Give what names that mean the same account have in common."""
    return unicodedata.normalize("NFKC", name).casefold()


def account_named(session: Session, name: str) -> AccountRow | None:
    """Find an account; capital and small letters are the same."""
    return next((row for row in accounts(session) if folded(row.name) == folded(name)), None)


def add_account(database: Database, name: str, password: str, role: Role) -> Account:
    """Add a person.

    Raises
    ------
    UsageError
        The name is taken, or the password is easily guessed.

    """
    check_new_password(password, name)
    kept = hash_password(password)
    with database.writing() as session:
        if folded(name) == folded(LOCAL) or account_named(session, name) is not None:
            raise UsageError(
                "there is somebody of this name already",
                came=quoted(name),
                allowed="a name that nobody has or had here",
                do="add something to it",
                option="name",
            )
        row = AccountRow(name=name, password_hash=kept, role=role)
        session.add(row)
        session.flush()
        return tell_account(row)


def change_account(database: Database, account_id: str, change: AccountChange) -> Account | None:
    """Change what an account may, lock it, or give it a new password; None where there is no such account.

    A new password and a lock end all its logins; a lock stops its tokens, too.

    Raises
    ------
    UsageError
        The password is easily guessed, or nobody would be left to look after the accounts.

    """
    with database.reading() as session:
        found = session.get(AccountRow, account_id)
    if found is None:
        return None
    if change.password is not None:
        check_new_password(change.password, found.name)
    kept = None if change.password is None else hash_password(change.password)
    with database.writing() as session:
        row = session.get(AccountRow, account_id)
        if row is None:
            return None
        was_admin = _looks_after_accounts(row)
        row.role = change.role or row.role
        row.is_active = row.is_active if change.is_active is None else change.is_active
        row.password_hash = kept or row.password_hash
        if was_admin:
            _require_an_admin(session)
        if kept is not None or not row.is_active:
            end_logins(session, row.id)
        return tell_account(row)


def set_own_password(database: Database, account_id: str, password: str, login: str | None) -> None:
    """Give somebody the password that they chose; they stay logged in where `login` is the hash of the login.

    Raises
    ------
    UsageError
        It is easily guessed.

    """
    with database.reading() as session:
        name = session.scalar(select(AccountRow.name).where(AccountRow.id == account_id)) or ""
    check_new_password(password, name)
    kept = hash_password(password)
    with database.writing() as session:
        row = session.get(AccountRow, account_id)
        if row is not None:
            row.password_hash = kept
            end_logins(session, account_id, but=login)


def remove_account(database: Database, account_id: str) -> bool:
    """Remove an account with its logins and tokens; False where there is none.

    Raises
    ------
    UsageError
        Its name stands on record, where another person of that name must not take its place, or nobody would be left
        to look after the accounts.

    """
    with database.writing() as session:
        row = session.get(AccountRow, account_id)
        if row is None:
            return False
        if any(session.scalar(select(func.count()).where(column == row.name)) for column in _NAMED_IN):
            raise UsageError(
                "this account cannot be removed: its name is on record",
                came=quoted(row.name),
                allowed="an account that has done nothing yet",
                do="lock it",
            )
        session.delete(row)
        if _looks_after_accounts(row):
            _require_an_admin(session)
    return True


def require_accounts(database: Database, settings: ServeSettings) -> None:
    """Refuse to serve others while there is nobody who could log in.

    Raises
    ------
    UsageError

    """
    if settings.is_local:
        return
    with database.reading() as session:
        if not any(map(_looks_after_accounts, accounts(session))):
            raise UsageError(
                "a service that others reach needs accounts",
                came="no account of an admin",
                allowed="at least one admin, or an address of this machine only (127.0.0.1) and no names",
                do="run: hemolens accounts add NAME --role admin",
            )


def tell_account(row: AccountRow) -> Account:
    """Tell of an account."""
    return Account.model_validate(row, from_attributes=True)


def _looks_after_accounts(row: AccountRow) -> bool:
    return row.role == "admin" and row.is_active


def _require_an_admin(session: Session) -> None:
    session.flush()
    if not any(map(_looks_after_accounts, accounts(session))):
        raise UsageError(
            "this is the last admin",
            came="a service that nobody could look after",
            allowed="at least one admin who is not locked",
            do="make somebody else an admin first",
        )
