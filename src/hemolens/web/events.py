"""What pages are told: rows of the database, so that every process can tell, and a page that was away catches up."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from hemolens.web.database.tables import EventRow, now
from hemolens.web.schemas import Event

KEPT = timedelta(days=1)


def tell(
    session: Session, kind: str, sample_id: str | None, photograph_id: str | None = None, **details: float | str | None
) -> None:
    """Add an event to what the transaction changes."""
    session.add(EventRow(kind=kind, sample_id=sample_id, photograph_id=photograph_id, details=details))


def last_event(session: Session) -> int:
    """Number of the newest event; 0 where there is none."""
    return session.scalar(select(func.max(EventRow.id))) or 0


def events_after(session: Session, number: int, limit: int = 500) -> list[Event]:
    """Give the events after one, the oldest first."""
    rows = session.scalars(select(EventRow).where(EventRow.id > number).order_by(EventRow.id).limit(limit))
    return [
        Event.model_validate(
            {
                "id": row.id,
                "kind": row.kind,
                "sample": row.sample_id,
                "photograph": row.photograph_id,
                "details": row.details,
            }
        )
        for row in rows
    ]


def forget_old_events(session: Session) -> None:
    """Remove what no page waits for any more."""
    session.execute(delete(EventRow).where(EventRow.at < now() - KEPT))
