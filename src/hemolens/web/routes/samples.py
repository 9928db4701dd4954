"""Samples: one smear each, with its fields."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from hemolens.web.access import Admin, Reviewer, Viewer
from hemolens.web.database.tables import PhotographRow, SampleRow, SignOffRow, now
from hemolens.web.deletion import delete_sample
from hemolens.web.drawn_sample import add_drawn_sample
from hemolens.web.events import tell
from hemolens.web.problems import Refused
from hemolens.web.schemas import NewSample, NewSignOff, Sample, SampleChange, SampleSummary, Withdrawal
from hemolens.web.service import Served, open_sample, sample_row, signed_off
from hemolens.web.signing import revisions_of, signer
from hemolens.web.telling import summarise_sample, tell_sample

router = APIRouter(tags=["samples"])


@router.get("/samples")
def get_samples(service: Served, _: Viewer) -> list[SampleSummary]:
    """List all samples, the newest first."""
    loading = (
        selectinload(SampleRow.photographs).selectinload(PhotographRow.jobs),
        selectinload(SampleRow.sign_offs),
    )
    with service.database.reading() as session:
        rows = session.scalars(select(SampleRow).options(*loading).order_by(SampleRow.created_at.desc()))
        return [summarise_sample(row) for row in rows]


@router.post("/samples", status_code=201)
def add_sample(wanted: NewSample, service: Served, asker: Reviewer) -> Sample:
    """Make a sample without photographs."""
    with service.database.writing() as session:
        row = SampleRow(name=wanted.name, options=wanted.settings.model_dump(), created_by=asker.name)
        session.add(row)
        session.flush()
        tell(session, "sample", row.id)
        return tell_sample(row)


@router.post("/demo", status_code=201)
def add_demo(service: Served, asker: Reviewer) -> Sample:
    """Make a sample of drawn smears, whose cells the program drew itself."""
    number = add_drawn_sample(service, asker.name)
    with service.database.reading() as session:
        return tell_sample(sample_row(session, number))


@router.get("/samples/{sample}")
def get_sample(sample: str, service: Served, _: Viewer) -> Sample:
    """Tell all of a sample."""
    with service.database.reading() as session:
        loading = selectinload(SampleRow.photographs)
        row = session.get(
            SampleRow,
            sample,
            options=[loading.selectinload(PhotographRow.jobs), loading.selectinload(PhotographRow.counts)],
        )
        return tell_sample(row or sample_row(session, sample))


@router.patch("/samples/{sample}")
def change_sample(sample: str, change: SampleChange, service: Served, _: Reviewer) -> Sample:
    """Rename a sample, or choose how its photographs are counted from now on."""
    with service.database.writing() as session:
        row = open_sample(session, sample)
        if change.name is not None:
            row.name = change.name
        if change.settings is not None:
            row.options = change.settings.model_dump()
        row.touched_at = now()
        tell(session, "sample", row.id)
        return tell_sample(row)


@router.delete("/samples/{sample}", status_code=204)
def remove_sample(sample: str, service: Served, _: Admin) -> Response:
    """Delete a sample: its photographs, counts, corrections and results."""
    delete_sample(service, sample)
    return Response(status_code=204)


@router.post("/samples/{sample}/sign-off", status_code=201)
def sign_off(sample: str, wanted: NewSignOff, service: Served, asker: Reviewer) -> Sample:
    """Stand up for the counts of a sample; nothing of it changes from then on."""
    with service.database.writing() as session:
        row = open_sample(session, sample)
        row.sign_offs.append(
            SignOffRow(signed_by=signer(asker, wanted.name), comment=wanted.comment, revisions=revisions_of(row))
        )
        tell(session, "sign-off", row.id)
        session.flush()
        return tell_sample(row)


@router.post("/samples/{sample}/sign-off/withdrawal")
def withdraw(sample: str, wanted: Withdrawal, service: Served, asker: Reviewer) -> Sample:
    """Withdraw a sign-off, and say why; it stays on record."""
    with service.database.writing() as session:
        row = sample_row(session, sample)
        if not signed_off(row):
            raise Refused(409, "this sample is not signed off", conflict=True)
        last = row.sign_offs[-1]
        last.withdrawn_by, last.withdrawn_at, last.reason = signer(asker, wanted.name), now(), wanted.reason
        tell(session, "sign-off", row.id)
        return tell_sample(row)
