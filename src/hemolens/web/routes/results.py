"""Results of a sample for taking away: tables, overlays, report, formats of other programs, packed into one file."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from hemolens.output.options import OutputOptions
from hemolens.web.access import Viewer
from hemolens.web.database.tables import JobRow
from hemolens.web.problems import Refused, not_found
from hemolens.web.queue import enqueue
from hemolens.web.schemas import Job, ResultsWanted
from hemolens.web.service import Served, sample_row
from hemolens.web.telling import shown_count, tell_job

router = APIRouter(tags=["results"])
_ZIP: dict[int | str, dict[str, object]] = {200: {"content": {"application/zip": {}}, "description": "A zip file"}}


@router.post("/samples/{sample}/results", status_code=202)
def want_results(sample: str, wanted: ResultsWanted, service: Served, asker: Viewer) -> Job:
    """Have the results of a sample packed, as they are when that begins; the job says when it is done."""
    OutputOptions(export=tuple(wanted.export), report=wanted.report)  # refuses what does not exist
    with service.database.writing() as session:
        row = sample_row(session, sample)
        if not any(shown_count(each) for each in row.photographs):
            raise Refused(409, "no photograph of this sample is counted yet: there are no results")
        return tell_job(enqueue(session, "results", wanted.model_dump(), asker.name, row))


@router.get("/jobs/{job}/results.zip", response_class=FileResponse, responses=_ZIP)
def get_results(job: str, service: Served, _: Viewer) -> FileResponse:
    """Give what a job has packed."""
    with service.database.reading() as session:
        row = session.get(JobRow, job)
        if row is None or row.kind != "results" or row.sample_id is None:
            raise not_found("job")
        if row.file is None:
            raise Refused(409, "the results are not packed yet")
        name = "".join(c if c.isalnum() or c in " -_" else "_" for c in sample_row(session, row.sample_id).name)
        return FileResponse(
            service.storage.path(row.file), media_type="application/zip", filename=f"{name.strip()[:80]}.zip"
        )
