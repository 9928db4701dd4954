"""Cells of a photograph, and their corrections."""

from __future__ import annotations

from fastapi import APIRouter

from hemolens.web import corrections
from hemolens.web.access import Reviewer, Viewer
from hemolens.web.schemas import Cells, Corrected, Correction, Proposal, ProposalWanted, Trail
from hemolens.web.service import Served

router = APIRouter(tags=["cells"])


@router.get("/photographs/{photograph}/cells")
def get_cells(photograph: str, service: Served, asker: Viewer) -> Cells:
    """List the cells of the count that is shown, as they are now."""
    return corrections.cells_now(service, photograph, asker.name)


@router.get("/counts/{count}/cells")
def get_model_cells(count: str, service: Served, _: Viewer) -> Cells:
    """List the cells that the program had found, before any correction."""
    return corrections.cells_of_model(service, count)


@router.get("/photographs/{photograph}/corrections")
def get_corrections(photograph: str, service: Served, _: Viewer, since: int = 0) -> Trail:
    """List the corrections of the count that is shown, after the one that `since` numbers."""
    return corrections.trail_after(service, photograph, since)


@router.post("/photographs/{photograph}/corrections", status_code=201)
def correct(photograph: str, wanted: Correction, service: Served, asker: Reviewer) -> Corrected:
    """Correct a count; a correction whose id is known already is not done again, and answered as it was."""
    return corrections.correct(service, photograph, wanted, asker.name)


@router.post("/photographs/{photograph}/proposal")
def propose(photograph: str, wanted: ProposalWanted, service: Served, _: Reviewer) -> Proposal:
    """Propose the outline of a cell at a point; nothing is changed."""
    return corrections.propose(service, photograph, wanted)
