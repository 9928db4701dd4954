"""Models: which one counts, and learning another one from the corrections of signed samples."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.extras import missing_packages, require_extra
from hemolens.models.store import check_model_name, count_by_default_with
from hemolens.web import schemas
from hemolens.web.access import Admin, Reviewer, Viewer
from hemolens.web.database.tables import JobRow
from hemolens.web.events import tell
from hemolens.web.learning import EXTRA, FEWEST, MOST, corrected_photographs
from hemolens.web.problems import Refused
from hemolens.web.queue import enqueue
from hemolens.web.service import Served, Service
from hemolens.web.telling import tell_job, tell_models

router = APIRouter(tags=["models"])


@router.get("/models")
def get_models(service: Served, _: Viewer) -> schemas.Models:
    """List what may count, the figures of each, and what came of learning the last time."""
    with service.database.reading() as session:
        return _tell(service, session)


@router.post("/models", status_code=202)
def learn(wanted: schemas.LearningWanted, service: Served, asker: Reviewer) -> schemas.Job:
    """Have a model learn from the corrections of signed samples, as they are when that begins."""
    require_extra(EXTRA)
    check_model_name(wanted.name, "name")
    most = _max_minutes(service)
    if wanted.minutes > most:
        raise Refused(422, f"this service lets a job take {most:g} minutes: learn for less")
    with service.database.writing() as session:
        last = _last_learning(session)
        if last is not None and last.state in {"queued", "running"}:
            raise Refused(409, "a model is learning already: wait for it, or cancel it", conflict=True)
        n = len(corrected_photographs(session))
        if n < FEWEST:
            raise Refused(409, f"learning needs {FEWEST} corrected photographs of signed samples, and there are {n}")
        return tell_job(enqueue(session, "learning", wanted.model_dump(), asker.name))


@router.put("/models/default")
def choose_model(wanted: schemas.DefaultModel, service: Served, _: Admin) -> schemas.Models:
    """Choose the model that counts from now on; what is counted already stays as it is."""
    count_by_default_with(wanted.name)
    with service.database.writing() as session:
        tell(session, "default model", None)
        return _tell(service, session)


def _last_learning(session: Session) -> JobRow | None:
    return session.scalar(
        select(JobRow).where(JobRow.kind == "learning").order_by(JobRow.created_at.desc(), JobRow.id).limit(1)
    )


def _max_minutes(service: Service) -> float:
    return service.settings.job_seconds / 60


def _tell(service: Service, session: Session) -> schemas.Models:
    last = _last_learning(session)
    return schemas.Models(
        models=tell_models(),
        n_corrected=len(corrected_photographs(session)),
        fewest=FEWEST,
        most=MOST,
        missing_packages=missing_packages(EXTRA),
        max_minutes=_max_minutes(service),
        learning=None
        if last is None
        else schemas.Learning(
            job=tell_job(last), found=None if last.told is None else schemas.Learned.model_validate(last.told)
        ),
    )
