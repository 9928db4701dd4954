"""The stream of events (server-sent events): what has changed since."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from hemolens.web.access import Viewer, identify
from hemolens.web.events import events_after, last_event
from hemolens.web.schemas import Event
from hemolens.web.service import Served, Service

router = APIRouter(tags=["events"])
EVERY_SECONDS = 0.25
ALIVE_SECONDS = 15.0
"""How often a comment says that the connection lives."""
CHECK_SECONDS = 5.0
"""How often it is checked that whoever listens still may."""


@router.get(
    "/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "Messages whose data is an `Event`"}},
)
async def get_events(
    request: Request, service: Served, _: Viewer, last_event_id: Annotated[int | None, Header(ge=0)] = None
) -> StreamingResponse:
    """Tell what changes from now on, or since `Last-Event-ID`; ends with the service, and with the login."""
    since = await run_in_threadpool(_newest, service) if last_event_id is None else last_event_id
    return StreamingResponse(
        _messages(request, service, since),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _messages(request: Request, service: Service, since: int) -> AsyncIterator[str]:
    yield "retry: 1000\n\n"
    quiet, checked_at = 0.0, time.monotonic()
    while not await request.is_disconnected() and not request.app.state.is_ending:
        if time.monotonic() - checked_at >= CHECK_SECONDS:
            checked_at = time.monotonic()
            if await run_in_threadpool(identify, service, request, is_use=False) is None:
                return
        events = await run_in_threadpool(_events, service, since)
        for each in events:
            since = each.id
            yield f"id: {each.id}\nevent: change\ndata: {each.model_dump_json()}\n\n"
        quiet = 0.0 if events else quiet + EVERY_SECONDS
        if quiet >= ALIVE_SECONDS:
            quiet = 0.0
            yield ": alive\n\n"
        if not events:
            await asyncio.sleep(EVERY_SECONDS)


def _newest(service: Service) -> int:
    with service.database.reading() as session:
        return last_event(session)


def _events(service: Service, since: int) -> list[Event]:
    with service.database.reading() as session:
        return events_after(session, since)
