"""One file for each kind of resource; :data:`ROUTERS` is the table of them."""

from __future__ import annotations

from fastapi import APIRouter

from hemolens.web.routes import (
    accounts,
    cells,
    events,
    jobs,
    models,
    photographs,
    pictures,
    results,
    samples,
    session,
    tokens,
)

ROUTERS: tuple[APIRouter, ...] = (
    session.router,
    accounts.router,
    tokens.router,
    samples.router,
    photographs.router,
    pictures.router,
    cells.router,
    jobs.router,
    results.router,
    models.router,
    events.router,
)
