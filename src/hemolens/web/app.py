"""The application: what answers a request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, FastAPI

from hemolens import __version__
from hemolens.web.page import add_page
from hemolens.web.problems import RESPONSES, add_problems
from hemolens.web.protection import add_protection
from hemolens.web.routes import ROUTERS
from hemolens.web.service import Service
from hemolens.web.settings import ServeSettings

API = "/api"
N_THREADS = 128
"""For requests: more than one client may send photographs at once, so that pages need not wait until those are kept."""


def create_app(settings: ServeSettings) -> FastAPI:
    """Make the application of a service; its database is opened and brought up to date when it starts.

    Parameters
    ----------
    settings : ServeSettings

    Returns
    -------
    FastAPI
        ``app.state.service`` is the :class:`~hemolens.web.service.Service` while it runs.

    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        service = Service(settings)
        service.database.upgrade()
        app.state.service, app.state.is_ending = service, False
        current_default_thread_limiter().total_tokens = N_THREADS
        yield
        app.state.is_ending = True
        service.close()

    app = FastAPI(
        title="hemolens",
        version=__version__,
        summary="Counts red cells, white cells and platelets in photographs of stained blood smears",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # its page would fetch scripts from elsewhere
        redoc_url=None,
    )
    add_problems(app)
    add_protection(app, settings)
    api = APIRouter(prefix=API, responses=RESPONSES)
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    add_page(app)
    return app
