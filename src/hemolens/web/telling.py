"""Counted photographs and rows of the database in the words of the API."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import TypeAdapter

from hemolens.cell_types import CELL_TYPES, CellType
from hemolens.counted_image import CountedImage
from hemolens.images.region import Region
from hemolens.models.store import DEFAULT_MODEL, default_model, full_name, read_card
from hemolens.models.user_models import user_models
from hemolens.output.differential_csv import percent
from hemolens.statistics.differential import TARGETS, Differential
from hemolens.statistics.summary import CountedField, TypeSummary, join_classes, summarise
from hemolens.statistics.uncertainty import Interval
from hemolens.web import schemas
from hemolens.web.database.tables import CountRow, JobRow, PhotographRow, SampleRow, SignOffRow
from hemolens.web.service import in_order

_FIELD = TypeAdapter(CountedField)


def tell_numbers(
    summary: Mapping[CellType, TypeSummary],
    unsure: Mapping[CellType, int],
    corrected: Mapping[CellType, Interval] | None = None,
) -> schemas.Numbers:
    """Tell what the cells of each type amount to; `corrected` is known of a single photograph."""
    return {
        kind: schemas.TypeNumbers(
            total=each.total,
            in_frame=each.in_frame,
            expected=_interval(each.expected),
            includes_model_error=each.includes_model_error,
            corrected=_interval((corrected or {}).get(kind)),
            per_mm2=each.per_mm2,
            per_1000_rbc=each.per_1000_rbc,
            unsure=unsure.get(kind),
        )
        for kind, each in summary.items()
    }


def _interval(interval: Interval | None) -> schemas.IntervalTold | None:
    if interval is None or not all(map(math.isfinite, interval)):
        return None
    return schemas.IntervalTold(value=interval.value, low=interval.low, high=interval.high)


def tell_differential(differential: Differential | None) -> schemas.DifferentialTold | None:
    """Tell of white cells by class."""
    if differential is None:
        return None
    return schemas.DifferentialTold(
        classes=[
            schemas.ClassTold(white_cell_class=each, n=n, percent=_interval(percent(differential, each)))
            for each, n in differential.counts.items()
        ],
        n_leukocytes=differential.n_leukocytes,
        erythroblasts_per_100=differential.erythroblasts_per_100,
        needed=[schemas.StillNeeded(target=each, n=differential.n_needed(each)) for each in TARGETS],
        warning=differential.warning,
    )


def tell_count(
    result: CountedImage, count_id: str, settings: Mapping[str, object], created_at: datetime, revision: int = 0
) -> schemas.Count:
    """Tell of a count what holds after its last correction."""
    scale = result.red_cell_diameter
    field = result.field_of_view
    return schemas.Count(
        id=count_id,
        settings=schemas.CountSettings.model_validate(settings),
        created_at=created_at,
        seconds=result.seconds,
        numbers=tell_numbers(result.summary, result.unsure, result.corrected),
        differential=tell_differential(result.differential),
        quality=schemas.QualityTold(
            verdict=result.quality.verdict, reasons=[finding.words for finding in result.quality.findings]
        ),
        scale=schemas.Scale(
            red_cell_diameter_px=scale.px,
            confidence=scale.confidence,
            origin=scale.origin,
            um_per_px=scale.um_per_px,
            um_is_assumed=scale.um_is_assumed,
            warning=scale.warning,
        ),
        frame=_frame(result),
        field_of_view=None if field is None else _polygons(field.region),
        review=_review(result, revision),
    )


def _review(result: CountedImage, revision: int) -> schemas.Review:
    review = result.review
    if review is None:
        return schemas.Review(revision=revision, n_added=0, n_removed=0, n_changed=0, n_checked=0, people=[])
    return schemas.Review(
        revision=revision,
        n_added=review.n_added,
        n_removed=review.n_removed,
        n_changed=review.n_changed,
        n_checked=review.n_checked,
        people=list(review.by),
    )


def _frame(result: CountedImage) -> list[list[list[schemas.Point]]]:
    """Give the area whose cells are counted by the frame: in pixels between the corners of the photograph."""
    if result.region is not None:
        return _polygons(result.region)
    n_rows, n_cols = result.image.shape
    return [[[(0.5, 0.5), (n_cols - 0.5, 0.5), (n_cols - 0.5, n_rows - 0.5), (0.5, n_rows - 0.5)]]]


def _polygons(region: Region) -> list[list[list[schemas.Point]]]:
    return [
        [[(x - 0.5, y - 0.5) for x, y in ring] for ring in polygon] for polygon in region.corners()
    ]  # corners count from the corner of the first pixel, the API from its centre


def field_data(result: CountedImage) -> dict[str, object]:
    """Keep what a photograph adds to the summary of its sample."""
    data: dict[str, object] = _FIELD.dump_python(result.numbers, mode="json")
    return data


def tell_job(row: JobRow) -> schemas.Job:
    """Tell of a job."""
    return schemas.Job.model_validate(
        {
            "id": row.id,
            "kind": row.kind,
            "state": row.state,
            "progress": row.progress,
            "error": row.error,
            "sample": row.sample_id,
            "photograph": row.photograph_id,
            "created_at": row.created_at,
            "finished_at": row.finished_at,
        }
    )


def tell_photograph(row: PhotographRow) -> schemas.Photograph:
    """Tell of a photograph, its last job, and the count that is shown."""
    shown = shown_count(row)
    return schemas.Photograph(
        id=row.id,
        sample=row.sample_id,
        name=row.name,
        n_bytes=row.n_bytes,
        created_by=row.created_by,
        created_at=row.created_at,
        width=row.width,
        height=row.height,
        job=tell_job(row.jobs[-1]) if row.jobs else None,
        count=None if shown is None else schemas.Count.model_validate(shown.told),
        counts=[
            schemas.CountMade(
                id=each.id,
                settings=schemas.CountSettings.model_validate(each.options),
                created_at=each.created_at,
            )
            for each in row.counts
        ],
    )


def tell_sign_off(row: SignOffRow) -> schemas.SignOff:
    """Tell of a sign-off."""
    return schemas.SignOff.model_validate(row, from_attributes=True)


def tell_sample(row: SampleRow) -> schemas.Sample:
    """Tell of a sample, its photographs, and what they say together."""
    counted = [count for each in row.photographs if (count := shown_count(each)) is not None]
    fields = [_FIELD.validate_python(count.field) for count in counted]
    summary = summarise(fields)
    told = [schemas.Count.model_validate(count.told) for count in counted]
    return schemas.Sample(
        id=row.id,
        name=row.name,
        settings=schemas.CountSettings.model_validate(row.options),
        created_by=row.created_by,
        created_at=row.created_at,
        photographs=[tell_photograph(each) for each in in_order(row.photographs)],
        numbers=tell_numbers(summary, _unsure(told)) if fields else None,
        differential=tell_differential(join_classes(fields)),
        n_fields=summary["rbc"].n_fields,
        n_rejected=summary["rbc"].n_rejected,
        sign_offs=[tell_sign_off(each) for each in row.sign_offs],
    )


def shown_count(row: PhotographRow) -> CountRow | None:
    """Find the count of a photograph that is shown; None where there is none."""
    return next((each for each in row.counts if each.id == row.shown_count_id), None)


def _unsure(counts: Sequence[schemas.Count]) -> dict[CellType, int]:
    known: dict[CellType, int] = {}
    for kind in CELL_TYPES:
        each = [count.numbers[kind].unsure for count in counts]
        if each and None not in each:
            known[kind] = sum(number for number in each if number is not None)
    return known


def summarise_sample(row: SampleRow) -> schemas.SampleSummary:
    """Tell of a sample what a list shows."""
    jobs = [each.jobs[-1].state if each.jobs else "" for each in row.photographs]
    signed = row.sign_offs[-1] if row.sign_offs and row.sign_offs[-1].withdrawn_at is None else None
    return schemas.SampleSummary(
        id=row.id,
        name=row.name,
        created_by=row.created_by,
        created_at=row.created_at,
        n_photographs=len(row.photographs),
        n_counted=sum(each.shown_count_id is not None for each in row.photographs),
        n_waiting=sum(state in {"queued", "running"} for state in jobs),
        n_failed=sum(state == "failed" for state in jobs),
        signed_by=None if signed is None else signed.signed_by,
    )


def tell_models() -> list[schemas.Model]:
    """Tell of the model that comes with hemolens, those that were learned or imported, and that which counts."""
    default = full_name(default_model())
    told = []
    for name in dict.fromkeys((DEFAULT_MODEL, *user_models(), default)):
        card = read_card(name)
        told.append(
            schemas.Model(
                name=name,
                is_default=name == default,
                types=list(card.cell_types),
                terms=card.terms,
                figures=[schemas.FigureTold.model_validate(each, from_attributes=True) for each in card.figures],
            )
        )
    return told
