"""How a database is opened, and read from or written to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as WaitedTooLong
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"
WRITERS_KEY = 0x68656D6F
"""Of the lock by which writers wait for each other (PostgreSQL; SQLite has but one writer)."""
BUSY_SECONDS = 20.0
"""How long a writer waits for those of its process, and then for those of others (SQLite), before it gives up."""
BUSY = OperationalError, WaitedTooLong
"""What is raised when others write for too long, or the database's disk is full: what was to be written was not."""


class Database:
    """An open database.

    Parameters
    ----------
    url : str
        SQLAlchemy URL.

    """

    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True
        )  # of errors that are logged
        if self.engine.dialect.name == "sqlite":
            _prepare_sqlite(self.engine)
        self._one_writes = threading.Lock()
        self._for_writing = self.engine.execution_options(is_writing=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Read one state of the database, whatever others write meanwhile."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Write all or, when an exception leaves the block, nothing. Writers wait for each other, in any database.

        Those of one process do so without a connection each, of which there would be none left for readers.

        Raises
        ------
        :data:`BUSY`
            Others write for too long.

        """
        if not self._one_writes.acquire(timeout=BUSY_SECONDS):
            raise WaitedTooLong(f"others have been writing for {BUSY_SECONDS:g} s")
        try:
            with self._transaction() as session:
                yield session
        finally:
            self._one_writes.release()

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._for_writing, expire_on_commit=False) as session, session.begin():
            if self.engine.dialect.name == "postgresql":
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITERS_KEY})
            yield session

    def upgrade(self) -> None:
        """Make the tables, or bring those of an earlier version up to date."""
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self._for_writing.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def clear_log(self) -> None:
        """Leave nothing of what was deleted in the log of changes (SQLite); where others read it, at the next time."""
        if self.engine.dialect.name == "sqlite":
            with closing(self.engine.raw_connection()) as connection:  # in no transaction
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    """Let readers and one writer work side by side, and nobody fail because somebody else writes.

    Python's driver begins a transaction only at the first change; then two that had read before cannot both write.
    So transactions begin here, and those that will write wait for each other at once.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {round(BUSY_SECONDS * 1000)}",
            "journal_mode = WAL",
            "synchronous = FULL",  # what was said to be saved outlives a power cut
            "foreign_keys = ON",
            "secure_delete = ON",  # what is deleted is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
