"""What a worker does with a photograph: the pipeline of the command line, block by block."""

from __future__ import annotations

import time
from pathlib import Path

from hemolens.block_count import count_block
from hemolens.errors import PhotographError
from hemolens.images.image import SmearImage
from hemolens.images.slides import open_image
from hemolens.options import CountOptions
from hemolens.pipeline import conclude
from hemolens.plan.plan import make_plan
from hemolens.result import Result
from hemolens.review.kept_result import result_bytes
from hemolens.web import queue, schemas
from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, new_id, now
from hemolens.web.events import tell
from hemolens.web.held_job import Held
from hemolens.web.service import Service
from hemolens.web.telling import field_data, shown_count, tell_count

KEPT_SUFFIX = ".count"


def count_photograph(service: Service, job: JobRow, held: Held) -> None:
    """Count the photograph of a job, and keep what was found.

    Raises
    ------
    HemolensError
        It cannot be counted.

    """
    with service.database.reading() as session:
        row = session.get(PhotographRow, job.photograph_id)
        if row is None:
            return
        path, name = service.storage.path(row.file), row.name
    image = _opened(path, name)
    _check_size(image, service.settings.max_pixels)
    with service.database.writing() as session:
        row = session.get(PhotographRow, job.photograph_id)
        if row is None:
            return
        (row.height, row.width), row.um_per_px = image.shape, image.um_per_px
        tell(session, "photograph", row.sample_id, row.id)
    options = schemas.CountSettings.model_validate(job.options).options()
    result = count_by_blocks(image, options, held)
    kept = service.storage.keep(result_bytes(result), KEPT_SUFFIX)
    with service.database.writing() as session:
        if queue.finish(session, held.job_id, held.worker) is None:
            return
        row = session.get(PhotographRow, job.photograph_id)
        if row is None:
            return
        number, moment = new_id(), now()
        told = tell_count(result, number, job.options, moment).model_dump(mode="json")
        shown = shown_count(row)
        row.counts.append(
            CountRow(id=number, options=job.options, file=kept, told=told, field=field_data(result), created_at=moment)
        )
        if shown is None or not shown.corrections:
            row.shown_count_id = number
        tell(session, "photograph", row.sample_id, row.id)


def _opened(path: Path, name: str) -> SmearImage:
    """Open a photograph of the storage; an error calls it what its owner does."""
    try:
        return open_image(path)
    except PhotographError as error:
        raise error.renamed(str(path), name) from error


def count_by_blocks(image: SmearImage, options: CountOptions, held: Held) -> Result:
    """Do what :func:`hemolens.pipeline.count_image` does, and say after each block how far it is."""
    started = time.perf_counter()
    plan = make_plan(image, options)
    by_block = []
    for number, block in enumerate(plan.blocks, start=1):
        by_block.append(count_block(plan, block))
        held.progress = number / len(plan.blocks)
    return conclude(plan, by_block, started)


def _check_size(image: SmearImage, max_pixels: int) -> None:
    n_rows, n_cols = image.shape
    if n_rows * n_cols > max_pixels:
        raise PhotographError(
            "the photograph has too many pixels",
            came=f"{n_cols} × {n_rows}",
            allowed=f"{max_pixels / 1e6:g} million pixels, the limit of this service",
            do="cut it into parts",
        )
