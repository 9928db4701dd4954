"""What a worker does to pack the results of a sample: the files of the command line, of counts as corrected."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from hemolens.options import CountOptions
from hemolens.output.entries import Entry, name_entries
from hemolens.output.options import OutputOptions
from hemolens.output.run_files import RunFiles
from hemolens.result import Result
from hemolens.review.reviewed import reviewed_result
from hemolens.web import queue, schemas
from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, SampleRow
from hemolens.web.held_job import Held
from hemolens.web.service import Service, in_order, signed_off
from hemolens.web.telling import shown_count

LABELS = "coco"
"""Format of the labels beside photographs."""
PHOTOGRAPHS = "photographs"
"""Folder of the photographs in what is packed."""
NOT_COUNTED = "not counted"


def write_results(service: Service, job: JobRow, held: Held) -> None:
    """Pack the results of the sample of a job into one zip file of the storage.

    Raises
    ------
    HemolensError
        They cannot be written.

    """
    wanted = schemas.ResultsWanted.model_validate(job.options)
    exports = {*wanted.export, *([LABELS] if wanted.photographs else [])}
    output = OutputOptions(export=tuple(exports), report=wanted.report)
    with service.database.reading() as session, tempfile.TemporaryDirectory() as folder:
        sample = session.get(SampleRow, job.sample_id)
        if sample is None:
            return
        rows = in_order(sample.photographs)
        entries = [Entry(each.image, each.overlay, None) for each in name_entries([row.name for row in rows])]
        _write_run(service, session, sample, rows, Path(folder), entries, output, held)
        with service.storage.draft() as draft:
            kept = [service.storage.path(row.file) for row in rows] if wanted.photographs else []
            _pack(draft.path, Path(folder), list(zip(entries, kept, strict=False)))
            name = draft.adopt(".zip")
    with service.database.writing() as session:
        done = queue.finish(session, held.job_id, held.worker)
        if done is not None:
            done.file = name


def _write_run(
    service: Service,
    session: Session,
    sample: SampleRow,
    rows: Sequence[PhotographRow],
    folder: Path,
    entries: Sequence[Entry],
    output: OutputOptions,
    held: Held,
) -> None:
    command: dict[str, object] = {"name": "serve", "sample": sample.name}
    options = _options(service, session, rows)
    with RunFiles(folder, entries, options, output, command) as files:
        for number, (entry, row) in enumerate(zip(entries, rows, strict=True), start=1):
            count = shown_count(row)
            if count is None:
                files.add_failure(entry, row.jobs[-1].error or NOT_COUNTED if row.jobs else NOT_COUNTED)
            else:
                files.add(entry, result_of(service, session, row, count))
            held.progress = 0.9 * number / len(entries)


def _options(service: Service, session: Session, rows: Sequence[PhotographRow]) -> CountOptions:
    """Give the options and models of the newest count: others may have been chosen since."""
    counted = [(row, count) for row in rows if (count := shown_count(row)) is not None]
    if not counted:
        return CountOptions()
    row, count = max(counted, key=lambda each: each[1].created_at)
    return service.reviewed(session, row, count).result.options


def result_of(service: Service, session: Session, photograph: PhotographRow, count: CountRow) -> Result:
    """Give what holds of a counted photograph, with who signed."""
    reviewed, sample = service.reviewed(session, photograph, count), photograph.sample
    signed = sample.sign_offs[-1] if signed_off(sample) else None
    if signed is None:
        return reviewed_result(reviewed.result, reviewed.trail)
    return reviewed_result(
        reviewed.result,
        reviewed.trail,
        signed_by=signed.signed_by,
        signed_at=signed.signed_at,
        comment=signed.comment,
    )


def _pack(archive: Path, folder: Path, photographs: Sequence[tuple[Entry, Path]]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                packed.write(path, path.relative_to(folder))
        for entry, path in photographs:
            packed.write(path, f"{PHOTOGRAPHS}/{entry.image}", zipfile.ZIP_STORED)
