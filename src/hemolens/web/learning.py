"""What a worker does to adapt the model to the corrections of signed samples: ``hemolens adapt``, from the browser."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from hemolens.cell_types import CellType
from hemolens.errors import HemolensError
from hemolens.images.photograph import MAX_PIXELS
from hemolens.models.store import DEFAULT_MODEL, keep_model
from hemolens.output.entries import Entry
from hemolens.output.export.registry import FORMATS, ExportFiles, parts_of
from hemolens.output.run_record import PhotographRecord
from hemolens.web import queue, schemas
from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, SampleRow, SignOffRow
from hemolens.web.held_job import Held
from hemolens.web.results import LABELS, PHOTOGRAPHS, result_of
from hemolens.web.service import Service, in_order
from hemolens.web.telling import shown_count

if TYPE_CHECKING:
    from hemolens.training.adaptation.adapt import Adaptation, Compared

EXTRA = "train"
"""What has to be installed for it."""

FEWEST, MOST = 3, 10
"""Photographs that are learned from; of more, those that were signed last."""


def corrected_photographs(session: Session) -> list[tuple[PhotographRow, CountRow]]:
    """Find the photographs of signed samples that can be learned from, with their counts; what was signed last first.

    Those that nobody has corrected are left out: they would teach the model what it says already. So are slides, types
    whose cells were not located, and the same photograph in another sample.
    """
    signed = select(SampleRow).join(SampleRow.sign_offs).where(SignOffRow.withdrawn_at.is_(None))
    found: dict[str, tuple[PhotographRow, CountRow]] = {}
    for sample in session.scalars(signed.order_by(SignOffRow.signed_at.desc())):
        for row in in_order(sample.photographs):
            count = shown_count(row)
            if count is not None and _teaches(row, count):
                found.setdefault(row.file, (row, count))
            if len(found) == MOST:
                return list(found.values())
    return list(found.values())


def _teaches(row: PhotographRow, count: CountRow) -> bool:
    told = schemas.Count.model_validate(count.told)
    review = told.review
    return (
        review.n_added + review.n_removed + review.n_changed + review.n_checked > 0
        and all(each.in_frame is not None for each in told.numbers.values())
        and (row.height or 0) * (row.width or 0) <= MAX_PIXELS
    )


def learn_from_corrections(service: Service, job: JobRow, held: Held) -> None:
    """Adapt the model, and keep the new one where it is better beyond the noise; it does not count by itself.

    Raises
    ------
    HemolensError
        The photographs teach nothing, or the new model cannot be kept.

    """
    from hemolens.training.adaptation.adapt import adapt
    from hemolens.training.adaptation.own_photographs import read_own_photographs

    wanted = schemas.LearningWanted.model_validate(job.options)

    def tell(_: str, done: float) -> None:
        held.progress = done

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        labels = _write_corrected(service, folder)
        try:
            own = read_own_photographs(labels, folder / PHOTOGRAPHS, wanted.name, at_least=FEWEST)
        except HemolensError as error:
            raise error.renamed(f"{folder}{os.sep}", "") from error
        found = adapt(own, model=DEFAULT_MODEL, seconds=wanted.minutes * 60, tell=tell)
    with service.database.writing() as session:
        done = queue.finish(session, held.job_id, held.worker)
        if done is None:
            return
        kept = None if found.adapted is None else keep_model(found.adapted).full_name
        done.told = _learned(found, kept).model_dump(mode="json")


def _write_corrected(service: Service, folder: Path) -> Path:
    """Write the photographs with their labels, as the results of a sample have them; return the file of the labels."""
    (folder / PHOTOGRAPHS).mkdir()
    with service.database.reading() as session:
        corrected = corrected_photographs(session)
        names = [f"{n} {row.name}" for n, (row, _) in enumerate(corrected, start=1)]  # samples share names
        entries = [Entry(name, f"{name}.png", None) for name in names]
        labels, records = ExportFiles([LABELS], entries), list[PhotographRecord]()
        labels.begin(folder)
        for entry, (row, count) in zip(entries, corrected, strict=True):
            result = result_of(service, session, row, count)
            labels.append(folder, entry, parts_of([LABELS], entry, result))
            records.append(PhotographRecord.counted(entry, result))
            shutil.copyfile(service.storage.path(row.file), folder / PHOTOGRAPHS / entry.image)
        labels.end(folder, records, {})
    return folder / FORMATS[LABELS].shared[0]


def _learned(found: Adaptation, kept: str | None) -> schemas.Learned:
    from hemolens.training.adaptation.adapt import totals

    def told(compared: Compared, kind: CellType) -> schemas.Agreement:
        total = totals(compared, kind)
        return schemas.Agreement(count=total.count, f1=round(total.detection.f1, 4))

    return schemas.Learned(
        model=kept,
        start=found.start.card.name,
        n_photographs=len(found.own.photographs),
        seconds=round(found.seconds, 1),
        notes=found.own.notes,
        types=[
            schemas.TypeLearned(
                type=kind,
                labelled=totals(found.before, kind).truth,
                before=told(found.before, kind),
                after=told(found.after, kind),
            )
            for kind in found.own.types
        ],
    )
