"""``hemolens accounts``: who may use a service that others reach."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemolens.errors import HemolensError, UsageError, quoted
from hemolens.extras import require_extra

if TYPE_CHECKING:
    from hemolens.web.database.sessions import Database

Name = Annotated[str, typer.Argument(help="Name of the person.", metavar="NAME")]
Folder = Annotated[Path, typer.Option("--folder", help="Folder of the service.", metavar="DIR")]
Url = Annotated[
    str, typer.Option("--database", help="SQLAlchemy URL, as for serve.", metavar="URL", envvar="HEMOLENS_DATABASE")
]
FOLDER = Path("hemolens-data")

app = typer.Typer(no_args_is_help=True, help="Say who may use a service that others reach.", rich_markup_mode=None)


@app.command()
def add(
    name: Name,
    role: Annotated[
        str,
        typer.Option(
            help="viewer: looks; reviewer: also counts, corrects and signs; admin: also deletes and manages accounts.",
            metavar="ROLE",
        ),
    ] = "reviewer",
    folder: Folder = FOLDER,
    database: Url = "",
) -> None:
    """Add a person; the password is asked for, or read from the input."""
    with _opened(folder, database) as opened:
        from pydantic import ValidationError

        from hemolens.web.accounts import add_account
        from hemolens.web.passwords import check_new_password
        from hemolens.web.schemas import NewAccount

        password = _ask_password()
        check_new_password(password, name)
        try:
            wanted = NewAccount.model_validate({"name": name, "role": role, "password": password})
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            option = str(first["loc"][0])
            raise UsageError(
                f"this {option} is not possible",
                came=quoted(role if option == "role" else name),
                allowed=first["msg"],
                do="choose another one",
            ) from error
        added = add_account(opened, wanted.name, wanted.password, wanted.role)
        typer.echo(f"added {added.name}, {added.role}")


@app.command("list")
def list_accounts(folder: Folder = FOLDER, database: Url = "") -> None:
    """List all accounts: name, role, and whether they are locked."""
    with _opened(folder, database) as opened:
        from hemolens.web.accounts import accounts

        with opened.reading() as session:
            for row in accounts(session):
                typer.echo(f"{row.name}\t{row.role}{'' if row.is_active else ', locked'}")


@app.command()
def remove(name: Name, folder: Folder = FOLDER, database: Url = "") -> None:
    """Remove an account that has done nothing yet; others are locked on the page of accounts."""
    with _opened(folder, database) as opened:
        from hemolens.web.accounts import remove_account

        remove_account(opened, _id_of(opened, name))
        typer.echo(f"removed {name}")


@app.command()
def password(name: Name, folder: Folder = FOLDER, database: Url = "") -> None:
    """Give a person a new password, and unlock the account; all browsers are logged out."""
    with _opened(folder, database) as opened:
        from hemolens.web.accounts import change_account
        from hemolens.web.schemas import AccountChange

        account_id = _id_of(opened, name)
        change_account(opened, account_id, AccountChange.model_construct(password=_ask_password(), is_active=True))
        typer.echo(f"{name} has a new password")


@contextmanager
def _opened(folder: Path, url: str) -> Iterator[Database]:
    require_extra("web")
    from hemolens.web.database.sessions import Database
    from hemolens.web.settings import ServeSettings

    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(ServeSettings(folder=folder.absolute(), database=url).database_url)
    try:
        database.upgrade()
        yield database
    except HemolensError as error:
        error.option = None  # of the page; here they are no options
        raise
    finally:
        database.close()


def _id_of(database: Database, name: str) -> str:
    from hemolens.web.accounts import account_named, accounts

    with database.reading() as session:
        row = account_named(session, name)
        if row is None:
            raise UsageError(
                "there is no such account",
                came=quoted(name),
                allowed=", ".join(quoted(each.name) for each in accounts(session)) or "none: there is no account yet",
                do="choose one of these",
            )
        return row.id


def _ask_password() -> str:
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\r\n")
