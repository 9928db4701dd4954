"""The tables of a service. What a row once said of a count or a correction is never changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

NAME_LENGTH = 200
"""Most characters in the name of a sample, a photograph or a person."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, with its time zone, whether or not the database knows any."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def new_id() -> str:
    """Make a name that nobody can guess: 32 hexadecimal digits."""
    return uuid4().hex


def now() -> datetime:
    """Say what time it is, in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}  # noqa: RUF012  SQLAlchemy's way
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class SampleRow(Table):
    """One smear, with its fields."""

    __tablename__ = "sample"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    options: Mapped[dict[str, Any]]
    """How its photographs are counted: :class:`hemolens.web.schemas.CountSettings`."""
    created_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(default=now)
    touched_at: Mapped[datetime] = mapped_column(default=now)
    photographs: Mapped[list[PhotographRow]] = relationship(
        back_populates="sample", order_by="PhotographRow.position", cascade="all, delete-orphan", passive_deletes=True
    )
    sign_offs: Mapped[list[SignOffRow]] = relationship(
        order_by="SignOffRow.signed_at", cascade="all, delete-orphan", passive_deletes=True
    )


class PhotographRow(Table):
    """A photograph of a sample; its bytes are a file of the storage."""

    __tablename__ = "photograph"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    sample_id: Mapped[str] = mapped_column(ForeignKey("sample.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    """Its place in the sample."""
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    """What the user called it; never a path."""
    file: Mapped[str] = mapped_column(String(80), index=True)
    """Its name in the storage."""
    n_bytes: Mapped[int] = mapped_column(BigInteger)
    width: Mapped[int | None]
    """Columns of pixels; None until it has been read."""
    height: Mapped[int | None]
    um_per_px: Mapped[float | None]
    """As the file states it."""
    created_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(default=now)
    shown_count_id: Mapped[str | None] = mapped_column(String(32))
    """The count that is shown and corrected; none while it has not been counted."""
    sample: Mapped[SampleRow] = relationship(back_populates="photographs")
    counts: Mapped[list[CountRow]] = relationship(
        order_by="CountRow.created_at", cascade="all, delete-orphan", passive_deletes=True
    )
    jobs: Mapped[list[JobRow]] = relationship(
        order_by="JobRow.created_at", cascade="all, delete-orphan", passive_deletes=True
    )


class CountRow(Table):
    """What the program found on a photograph; that never changes. What it amounts to follows from the corrections."""

    __tablename__ = "count"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    photograph_id: Mapped[str] = mapped_column(ForeignKey("photograph.id", ondelete="CASCADE"), index=True)
    options: Mapped[dict[str, Any]]
    file: Mapped[str] = mapped_column(String(80), index=True)
    """The kept result's name in the storage (:mod:`hemolens.review.kept_result`)."""
    told: Mapped[dict[str, Any]]
    """:class:`hemolens.web.schemas.Count` after the last correction."""
    field: Mapped[dict[str, Any]]
    """What it adds to the summary of its sample after the last correction."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    corrections: Mapped[list[CorrectionRow]] = relationship(
        order_by="CorrectionRow.seq", cascade="all, delete-orphan", passive_deletes=True
    )


class CorrectionRow(Table):
    """One correction of a count by a person (:mod:`hemolens.review.trail`); never changed, never removed."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("id"),)

    count_id: Mapped[str] = mapped_column(ForeignKey("count.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(36))
    """Made by the client, so that a correction that is sent twice is one."""
    actor: Mapped[str] = mapped_column(String(NAME_LENGTH))
    at: Mapped[datetime] = mapped_column(default=now)
    action: Mapped[str] = mapped_column(String(16))
    reverses: Mapped[int | None]
    changes: Mapped[list[Any]]
    """Of each cell: its id, what it was, what it is."""


class SignOffRow(Table):
    """A person stands up for the counts of a sample; withdrawn, the row stays, with the reason."""

    __tablename__ = "sign_off"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    sample_id: Mapped[str] = mapped_column(ForeignKey("sample.id", ondelete="CASCADE"), index=True)
    signed_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    signed_at: Mapped[datetime] = mapped_column(default=now)
    comment: Mapped[str] = mapped_column(Text, default="")
    revisions: Mapped[dict[str, Any]]
    """Photograph → the count and how many of its corrections were signed."""
    withdrawn_by: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)


class JobRow(Table):
    """Work for a worker: a photograph to count, the results of a sample to write, or a model to adapt."""

    __tablename__ = "job"
    __table_args__ = (Index(None, "state", "created_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(16))
    """``count``, ``results`` or ``learning``."""
    sample_id: Mapped[str | None] = mapped_column(ForeignKey("sample.id", ondelete="CASCADE"), index=True)
    """None of a job for learning, which is from several."""
    photograph_id: Mapped[str | None] = mapped_column(ForeignKey("photograph.id", ondelete="CASCADE"), index=True)
    options: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(16), default="queued")
    """``queued``, ``running``, ``done``, ``failed`` or ``cancelled``."""
    progress: Mapped[float] = mapped_column(default=0.0)
    error: Mapped[str] = mapped_column(Text, default="")
    n_attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(32), default="")
    leased_until: Mapped[datetime | None]
    """Until when the worker has it; who does not renew that is taken for dead."""
    file: Mapped[str | None] = mapped_column(String(80))
    """What a job for results wrote, in the storage."""
    told: Mapped[dict[str, Any] | None]
    """What a job for learning found: :class:`hemolens.web.schemas.Learned`."""
    created_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]


class EventRow(Table):
    """Something has changed: what pages are told. Old ones are removed."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(String(16))
    sample_id: Mapped[str | None] = mapped_column(String(32), index=True)
    photograph_id: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[dict[str, Any]]


class AccountRow(Table):
    """A person who may use the service."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    """``viewer``, ``reviewer`` or ``admin``."""
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    tokens: Mapped[list[TokenRow]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class LoginRow(Table):
    """A browser in which a person is logged in."""

    __tablename__ = "login"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of what the cookie holds."""
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class TokenRow(Table):
    """What a program of a person shows in place of a password."""

    __tablename__ = "token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
