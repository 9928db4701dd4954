"""Who asks, and what a page needs to know first."""

from __future__ import annotations

from fastapi import APIRouter, Request

from hemolens import RESEARCH_USE_ONLY, __version__
from hemolens.cells.counters import COUNTERS
from hemolens.models.method import AUTO
from hemolens.output.export.registry import FORMATS
from hemolens.web.access import asker_of
from hemolens.web.schemas import Person, Session
from hemolens.web.service import Served
from hemolens.web.uploads import SUFFIXES

router = APIRouter(tags=["session"])


@router.get("/session")
def get_session(service: Served, request: Request) -> Session:
    """Tell who asks, and what the service can do."""
    asker = asker_of(request)
    return Session(
        person=None if asker is None else Person(name=asker.name, role=asker.role),
        has_accounts=not service.settings.is_local,
        csrf="",
        version=__version__,
        note=RESEARCH_USE_ONLY,
        max_upload_bytes=service.settings.max_upload_bytes,
        suffixes=list(SUFFIXES),
        counters=[AUTO, *COUNTERS],
        exports=list(FORMATS),
    )
