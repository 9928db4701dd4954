"""The photographs of a run → the page of the report, in Markdown, which shows pictures by their names.

First what all photographs say together, then each photograph, then how it was counted and what the models rest on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PlainSerializer, PlainValidator

from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.counted_image import Review
from hemolens.measurements.quality import Quality
from hemolens.measurements.scale import RedCellDiameter
from hemolens.models.card import ModelCard
from hemolens.models.classifier_card import ClassifierCard
from hemolens.output.differential_csv import percent
from hemolens.output.red_cells_csv import rows_of
from hemolens.output.report.cell_picture import CellPicture
from hemolens.output.report.charts import FEWEST_CELLS
from hemolens.output.report.html_page import markdown_table, markdown_text
from hemolens.output.report.limit_pictures import CellBeyond
from hemolens.output.report.terminal import (
    differential_lines,
    errors_in_words,
    fields_in_words,
    interval_text,
    rejected_in_words,
    review_in_words,
    unlocated_in_words,
)
from hemolens.output.run_record import RunRecord
from hemolens.statistics.counts import Counts
from hemolens.statistics.differential import Differential, join_differentials
from hemolens.statistics.red_cells import LIMITS, MEASURES, Limit, RedCells, join_red_cells
from hemolens.statistics.summary import TypeSummary
from hemolens.statistics.uncertainty import Interval

NOTICE = "Research use only, not for diagnosis."
NONE = "–"


Diameters = Annotated[
    NDArray[np.float32],
    PlainValidator(lambda given: np.asarray(given, np.float32)),
    PlainSerializer(lambda diameters: diameters.tolist()),
]
"""ndarray of float32, which JSON can hold."""


@dataclass(frozen=True, eq=False)
class ReportedPhotograph:
    """What the report has of a counted photograph.

    Attributes
    ----------
    image : str
        Its name in ``counts.csv``.
    size_px : (int, int)
        Width and height.
    field_share : float or None
        Share of the image that the field of view takes up, 0 … 1; None where that is all of it.
    counts : Counts
        All cells.
    in_frame : mapping
        Cell type → those by the counting frame; None where cells were counted without being located.
    frame_area_px : int
        Area of the counting frame.
    expected, corrected : mapping
        Cell type → mean per field of the smear from this field alone, and number on the photograph without the model's
        bias; the latter for types whose error was measured.
    unsure : mapping
        Cell type → cells that a person should look at, for types whose scores are calibrated.
    quality : Quality
    ruler : RedCellDiameter
    diameters_px : mapping
        Cell type → diameters of the cells that do not touch the frame, float32.
    picture : CellPicture or None
    thumbnail : bytes or None
        JPEG; None, as the picture, where the report has enough of them.
    review : Review or None
        What people have corrected; None for what the model alone has counted.
    differential : Differential or None
        White cells by class; None where nobody asked for it.
    red_cells : RedCells or None
        Measured red cells; None where nobody asked for their shape.
    beyond_limits : mapping
        Name of a limit of shape → pictures of the cells farthest beyond it; empty as `picture`, or without `red_cells`.

    """

    image: str
    size_px: tuple[int, int]
    field_share: float | None
    counts: Counts
    in_frame: Mapping[CellType, int | None]
    frame_area_px: int
    expected: Mapping[CellType, Interval]
    corrected: Mapping[CellType, Interval]
    unsure: Mapping[CellType, int]
    quality: Quality
    ruler: RedCellDiameter
    diameters_px: Mapping[CellType, Diameters]
    picture: CellPicture | None
    thumbnail: bytes | None
    review: Review | None
    differential: Differential | None
    red_cells: RedCells | None
    beyond_limits: Mapping[str, tuple[CellBeyond, ...]]


@dataclass(frozen=True)
class FailedPhotograph:
    """A photograph that was not counted, and why."""

    image: str
    error: str


Reported = ReportedPhotograph | FailedPhotograph


def located(photographs: Iterable[ReportedPhotograph]) -> list[CellType]:
    """List the types whose cells were located on all of some photographs."""
    unlocated = {kind for each in photographs for kind, n in each.in_frame.items() if n is None}
    return [kind for kind in CELL_TYPES if kind not in unlocated]


class KeptReport(BaseModel):
    """What the report has of a photograph, for JSON."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")

    reported: Reported


FRAME_NOTE = """**Counted**: all cells that were found, those cut by the frame included. **Counting frame**: without
those that touch the left or the upper side, so that fields can be added up and compared. **Mean per field of the
smear**: how many cells a field of this size has on average, with a 95 % interval."""

CORRECTED_NOTE = """**Corrected**: the number of cells on the photograph corrected for the model's bias, with a 95 %
interval; only where the model's error was measured, and only for photographs like those it was measured on."""

SIZE_NOTE = """Diameters are those of circles of the same area, of cells that do not touch the frame. **Variation**:
standard deviation over mean; cells that touch and were counted as one make it larger. It is not the RDW of an
analyser."""

SHAPE_NOTE = """whole red cells that touch no other. Diameters are shares of the median of their photograph. The limits
are conventions to compare samples by, not limits between healthy and ill."""

BEYOND_NOTE = """The cells farthest beyond each limit, with the usual red cell of every photograph of one size: look
at them before you use a share."""

COLOURS_NOTE = "Outlines: blue, red cells; yellow, white cells; green, platelets."

UNSURE_NOTE = """**Unsure**: cells with a dashed outline in the image; a person should look at them."""

FIELDS_NOTE = """Dots: photographs in the order of the table, with the range expected by chance alone (95 % Poisson
intervals). Orange: mean of all, with its interval. Rejected photographs are left out. Where the dots scatter more
widely than these ranges, the fields differ."""


def markdown_page(
    photographs: Sequence[Reported],
    summary: Mapping[CellType, TypeSummary],
    record: RunRecord,
    cards: Sequence[ModelCard],
    classifier: ClassifierCard | None = None,
) -> str:
    """Write the page.

    Parameters
    ----------
    photographs : sequence of ReportedPhotograph or FailedPhotograph
        In the order of the run.
    summary : mapping
        Of all counted photographs, from :func:`hemolens.statistics.summary.summarise`.
    record : RunRecord
        The record of the run (:mod:`hemolens.output.run_record`).
    cards : sequence of ModelCard
        Of the models that counted.
    classifier : ClassifierCard, optional
        Of the classifier of white cells.

    """
    counted = [each for each in photographs if isinstance(each, ReportedPhotograph)]
    one = len(photographs) == 1
    title = markdown_text(photographs[0].image) if one else f"{len(photographs)} photographs"
    parts = [f"# Blood smear report: {title}", f"**{NOTICE}** {_opening(photographs, record)}"]
    if counted:
        parts += ["## Counts", *_together(summary, counted), *_on_request(unrejected(counted))]
    if not one or not counted:
        parts += ["## Photographs", _photographs_table(photographs), *_over_all(unrejected(counted))]
    for number, each in enumerate(photographs, start=1):
        if isinstance(each, ReportedPhotograph):
            parts += [] if one else ["---", f"## {number}. {markdown_text(each.image)}"]
            parts += _photograph_section(each, number, one=one)
    parts += ["---", "## How it was counted", _settings(record), *_cards(cards, record)]
    parts += [] if classifier is None else _classifier(classifier)
    return "\n\n".join(part for part in parts if part) + "\n"


def sizes_name(photograph: int, kind: CellType) -> str:
    """Name the plot of the diameters on one photograph; 0 stands for all together."""
    return f"sizes-{photograph}-{kind}.svg"


def fields_name(kind: CellType) -> str:
    """Name the plot of the counts of all photographs."""
    return f"fields-{kind}.svg"


def shape_name(measure: str) -> str:
    """Name the plot of a measure of the red cells' shape."""
    return f"shape-{measure}.svg"


def beyond_name(limit: Limit) -> str:
    """Name the picture of the red cells beyond a limit."""
    return f"shape-{limit.name.replace(' ', '-')}.jpg"


def beyond_limit(photographs: Iterable[ReportedPhotograph], limit: Limit) -> list[CellBeyond]:
    """Collect the pictures of the red cells beyond a limit."""
    return [cell for each in photographs for cell in each.beyond_limits.get(limit.name, ())]


def picture_name(photograph: int) -> str:
    """Name a photograph with its cells."""
    return f"p{photograph}.html"


def thumbnail_name(photograph: int) -> str:
    """Name a small picture of a photograph."""
    return f"p{photograph}.jpg"


def unrejected(photographs: Iterable[Reported]) -> list[ReportedPhotograph]:
    """Choose the photographs that say something of their smear together."""
    counted = (each for each in photographs if isinstance(each, ReportedPhotograph))
    return [each for each in counted if each.quality.verdict != "reject"]


def diameters_um(photographs: Iterable[ReportedPhotograph], kind: CellType) -> NDArray[np.float64]:
    """Join the diameters of one type on the photographs whose scale is known, in µm."""
    known = [each.diameters_px[kind] * um for each in photographs if (um := each.ruler.um_per_px) is not None]
    return np.concatenate([np.zeros(0), *known])


def diameters_of(photograph: ReportedPhotograph, kind: CellType) -> tuple[NDArray[np.float64], str]:
    """Give the diameters on one photograph with their unit: µm where the scale is known, else px."""
    um = photograph.ruler.um_per_px
    return photograph.diameters_px[kind] * np.float64(um or 1.0), "px" if um is None else "µm"


def _opening(photographs: Sequence[Reported], record: RunRecord) -> str:
    failed = sum(isinstance(each, FailedPhotograph) for each in photographs)
    verdicts = [each.quality.verdict for each in photographs if isinstance(each, ReportedPhotograph)]
    words = ", ".join(
        f"{n} {name}"
        for n, name in (
            (verdicts.count("accept"), "accepted"),
            (verdicts.count("warn"), "with a warning"),
            (verdicts.count("reject"), "**rejected**"),
            (failed, "**not counted**"),
        )
        if n
    )
    started = record.started[:16].replace("T", " ")
    reviews = [each.review for each in photographs if isinstance(each, ReportedPhotograph) and each.review is not None]
    signed = sum(review.signed_by is not None for review in reviews)
    reviewed = f" Reviewed by people: {len(reviews)} of {len(photographs)}, signed: {signed}." if reviews else ""
    return f"Counted by hemolens {record.hemolens} on {started}. Quality: {words}.{reviewed}"


def _summary_table(summary: Mapping[CellType, TypeSummary]) -> str:
    any_ul = any(each.per_ul is not None for each in summary.values())
    header = ["", "counted", "counting frame", "mean per field of the smear (95 %)", "per mm²", "per 1000 red cells"]
    rows = [
        [
            CELL_NAMES[kind],
            str(each.total),
            *([NONE, NONE] if each.in_frame is None else [str(each.in_frame), interval_text(each.expected)]),
            _number(each.per_mm2, 0),
            _number(each.per_1000_rbc, 1),
            *([NONE if each.per_ul is None else interval_text(each.per_ul)] if any_ul else []),
        ]
        for kind, each in summary.items()
    ]
    return markdown_table([*header, *(["per µl (95 %)"] if any_ul else [])], rows)


def _together(summary: Mapping[CellType, TypeSummary], counted: Sequence[ReportedPhotograph]) -> list[str]:
    """Say what the photographs tell of their smear together, and which do not count for it."""
    n_fields, n_rejected = summary["rbc"].n_fields, summary["rbc"].n_rejected
    left_out = f"**{rejected_in_words(n_rejected, n_fields)}.**" if n_rejected else ""
    if not n_fields:
        return [left_out]
    unlocated = [kind for kind, each in summary.items() if each.in_frame is None]
    said = f"**{unlocated_in_words(unlocated)}.**" if unlocated else ""
    sizes = {each.size_px for each in unrejected(counted)}
    differ = "The photographs are of different sizes: the mean is that of a field of their mean size."
    return [_summary_table(summary), said, left_out, differ if len(sizes) > 1 else "", _summary_note(summary)]


def _summary_note(summary: Mapping[CellType, TypeSummary]) -> str:
    fields, errors = fields_in_words(summary["rbc"].n_fields), errors_in_words(summary)
    return f"From {fields}. The intervals include {errors}. {FRAME_NOTE}"


def _on_request(counted: Sequence[ReportedPhotograph]) -> list[str]:
    """Tell what somebody has asked for besides the counts."""
    return [*_differential(counted), *_shapes(counted)]


def _shapes(counted: Sequence[ReportedPhotograph]) -> list[str]:
    """Tell how the red cells of all photographs together are shaped; nothing where nobody asked for it."""
    asked = [each.red_cells for each in counted if each.red_cells is not None]
    if not asked:
        return []
    joined = join_red_cells(asked)
    rows = [
        [
            row.name,
            "variation of diameters"
            if row.limit is None
            else f"{row.limit.measure} {row.limit.side} {row.limit.value:g}".replace("_", " "),
            _number(row.quantile(0.5), 2),
            f"{_number(row.quantile(0.05), 2)} … {_number(row.quantile(0.95), 2)}",
            NONE if row.percent is None else interval_text(row.percent),
        ]
        for row in rows_of(joined)
    ]
    head = ["", "what", "median", "90 % of the cells", "% (95 %)"]
    table = markdown_table(head, rows)
    return ["## Shape of red cells", table, f"{joined.n_cells} {SHAPE_NOTE}", *_shape_pictures(joined, counted)]


def _shape_pictures(joined: RedCells, counted: Sequence[ReportedPhotograph]) -> list[str]:
    """Show how each measure is distributed, and the cells beyond its limits."""
    if joined.n_cells < FEWEST_CELLS:
        return []
    plots = [f"![{measure.replace('_', ' ')} of red cells]({shape_name(measure)})" for measure in MEASURES]
    parts = ["\n".join(plots[first : first + 2]) for first in range(0, len(plots), 2)]
    parts.append("Dashed: the limits.")
    shown = [limit for limit in LIMITS if beyond_limit(counted, limit)]
    if shown:
        parts.append(BEYOND_NOTE)
    for limit in shown:
        parts.append(f"**{_capital(limit.name)}**: {joined.n_beyond(limit)} of {joined.n_cells}.")
        parts.append(f"![{limit.name} red cells]({beyond_name(limit)})")
    return parts


def _differential(counted: Sequence[ReportedPhotograph]) -> list[str]:
    """Tell the classes of white cells on all photographs together; nothing where nobody asked for them."""
    asked = [each.differential.counts for each in counted if each.differential is not None]
    if not asked:
        return []
    joined = join_differentials(asked)
    rows = [
        [name, str(n), NONE if (share := percent(joined, name)) is None else interval_text(share)]
        for name, n in joined.counts.items()
    ]
    table = markdown_table(["", "cells", "% of leukocytes (95 %)"], rows)
    return ["## White cells by class", table, "\n".join(f"- {line}." for line in differential_lines(joined)[1:])]


def _photographs_table(photographs: Sequence[Reported]) -> str:
    header = ["", "photograph", *(CELL_NAMES[kind] for kind in CELL_TYPES), "quality"]
    rows = []
    for number, each in enumerate(photographs, start=1):
        name = f"{number}. {markdown_text(each.image)}"
        if isinstance(each, FailedPhotograph):
            rows.append(["", name, *[NONE] * len(CELL_TYPES), f"**not counted**: {markdown_text(each.error)}"])
            continue
        small = f"![photograph {number}]({thumbnail_name(number)})" if each.thumbnail else ""
        linked = name if each.picture is None else f"[{name}](#{each.picture.anchor})"
        counts = [_count_in_words(each, kind) for kind in CELL_TYPES]
        rows.append([small, linked, *counts, _quality_in_words(each.quality)])
    table = markdown_table(header, rows)
    any_corrected = any(isinstance(each, ReportedPhotograph) and each.corrected for each in photographs)
    return f"{table}\n\n{CORRECTED_NOTE}" if any_corrected else table


def _count_in_words(each: ReportedPhotograph, kind: CellType) -> str:
    count = str(getattr(each.counts, kind))
    return f"{count}, corrected {interval_text(each.corrected[kind])}" if kind in each.corrected else count


def _quality_in_words(quality: Quality) -> str:
    verdict = quality.verdict if quality.verdict == "accept" else f"**{quality.verdict}**"
    return f"{verdict}: {markdown_text(quality.reason)}" if quality.reason else verdict


def _over_all(counted: Sequence[ReportedPhotograph]) -> list[str]:
    parts = []
    if len(counted) > 1:
        plots = "\n".join(f"![{CELL_NAMES[kind]} on each photograph]({fields_name(kind)})" for kind in located(counted))
        parts += ["## Across the photographs", plots, FIELDS_NOTE]
    known = [each for each in counted if each.ruler.um_per_px is not None]
    if not known:
        return parts
    rows = [_size_row(CELL_NAMES[kind], diameters_um(known, kind), "µm") for kind in located(known)]
    plotted = [kind for kind in CELL_TYPES if len(diameters_um(known, kind)) >= FEWEST_CELLS]
    parts += ["## Sizes", _size_table(rows), f"{_scale_basis(known, len(counted))} {SIZE_NOTE}"]
    return [*parts, "\n".join(f"![diameters of {CELL_NAMES[kind]}]({sizes_name(0, kind)})" for kind in plotted)]


def _scale_basis(known: Sequence[ReportedPhotograph], n_counted: int) -> str:
    n_given = sum(not each.ruler.um_is_assumed for each in known)
    out = f"{n_counted - len(known)} without a known scale are left out. " if len(known) < n_counted else ""
    if n_given == len(known):
        return f"{out}The scale was given."
    assumed = next(each.ruler.um_origin for each in known if each.ruler.um_is_assumed)
    on = f"On {len(known) - n_given} of {len(known)} photographs" if n_given else "On each photograph"
    return f"{out}{on} µm are {assumed}: the variation is meaningful there, the mean of red cells is not."


def _size_row(name: str, diameters: NDArray[np.float64], unit: str) -> list[str]:
    n = len(diameters)
    if not n:
        return [name, "0", NONE, NONE, NONE]
    mean, deviation = float(diameters.mean()), float(diameters.std(ddof=1)) if n > 1 else None
    in_unit = [f"{mean:.1f} {unit}", NONE if deviation is None else f"{deviation:.1f} {unit}"]
    return [name, str(n), *in_unit, NONE if deviation is None else f"{100 * deviation / mean:.0f} %"]


def _size_table(rows: Sequence[Sequence[str]]) -> str:
    return markdown_table(["", "whole cells", "mean diameter", "standard deviation", "variation"], rows)


def _photograph_section(each: ReportedPhotograph, number: int, *, one: bool) -> list[str]:
    parts = [f"**Quality: {each.quality.verdict}.**" + ("" if each.quality.findings else " Nothing was found wrong.")]
    parts += [
        "\n".join(f"- {markdown_text(_capital(found.words))} ({found.verdict})." for found in each.quality.findings)
    ]
    if each.review is not None:
        parts += [markdown_text(review_in_words(each.review))]
    if each.picture is not None:
        parts += [f"![the photograph with its cells]({picture_name(number)})", COLOURS_NOTE]
    parts += [_counts_table(each, one=one), CORRECTED_NOTE if one and each.corrected else "", _ruler_sentence(each)]
    sizes = {kind: diameters_of(each, kind) for kind in located([each])}
    parts += [_size_table([_size_row(CELL_NAMES[kind], *found) for kind, found in sizes.items()])]
    parts += [SIZE_NOTE] if one else []
    if each.picture is not None:
        shown = [kind for kind, (found, _) in sizes.items() if len(found) >= FEWEST_CELLS]
        parts += ["\n".join(f"![diameters of {CELL_NAMES[kind]}]({sizes_name(number, kind)})" for kind in shown)]
    return parts


def _counts_table(each: ReportedPhotograph, *, one: bool) -> str:
    header = ["", "counted", *(["corrected (95 %)"] if each.corrected else []), *(["unsure"] if each.unsure else [])]
    header += [] if one else ["counting frame", "mean per field of the smear, from this field alone (95 %)"]
    rows = [
        [
            CELL_NAMES[kind],
            str(getattr(each.counts, kind)),
            *([interval_text(each.corrected[kind]) if kind in each.corrected else NONE] if each.corrected else []),
            *([str(each.unsure.get(kind, NONE))] if each.unsure else []),
            *([] if one else _frame_cells(each, kind)),
        ]
        for kind in CELL_TYPES
    ]
    note = UNSURE_NOTE if each.unsure else "The scores of these models are not calibrated: no cell is marked as unsure."
    return f"{markdown_table(header, rows)}\n\n{note}"


def _frame_cells(each: ReportedPhotograph, kind: CellType) -> list[str]:
    in_frame = each.in_frame[kind]
    return [NONE, NONE] if in_frame is None else [str(in_frame), interval_text(each.expected[kind])]


def _ruler_sentence(each: ReportedPhotograph) -> str:
    ruler, (width, height) = each.ruler, each.size_px
    origins = {"estimate": f"estimated, confidence {ruler.confidence:.2f}", "fallback": "nothing was found to measure"}
    um = f"{ruler.um_per_px:.4f} µm per pixel ({ruler.um_origin})" if ruler.um_per_px else "µm per pixel unknown"
    picture = each.picture
    shown = f" The image above has {picture.width} × {picture.height}." if picture and picture.width < width else ""
    warning = f" **{markdown_text(_capital(ruler.warning))}.**" if ruler.warning else ""
    field = ""
    if each.field_share is not None:
        field = f" Only the field of view was counted, {each.field_share:.0%} of the image: it is outlined."
    return (
        f"Photograph of {width} × {height} pixels.{shown}{field} Scale: red cells {ruler.px:.1f} px wide "
        f"({origins.get(ruler.origin, 'given')}); {um}.{warning}"
    )


def _settings(record: RunRecord) -> str:
    command = record.command or {}
    # Names of folders stay out: the report may be sent around.
    options = [
        f"{name} {markdown_text(PurePath(str(value)).name)}"
        for name, value in command.items()
        if name in {"counter", "diameter_px", "um_per_px", "region", "site", "seed"} and value is not None
    ]
    lines = [f"Options: {', '.join(options)}."] if options else []
    for kind in CELL_TYPES:
        if method := record.methods.get(kind):
            values = ", ".join(f"{name} {value}" for name, value in method.settings.items())
            how = f"model {markdown_text(method.model)}, sha256 {method.sha256[:16]}…; counter {method.counter}"
            lines.append(f"{_capital(CELL_NAMES[kind])}: {how}; {markdown_text(values)}.")
    own = {kind: method.sha256 for kind, method in record.methods.items()}
    others = [markdown_text(each.image) for each in record.photographs if each.models and each.models != own]
    if others:
        lines.append(f"Counted with other models, which run.json names: {', '.join(others)}.")
    sides = record.counting_frame
    lines.append(f"Counting frame: {' and '.join(sides.included)} sides in, {' and '.join(sides.excluded)} sides out.")
    lines.append(
        "A region of each photograph was counted, outlined in black."
        if record.options["region"]
        else "The whole of each photograph was counted."
    )
    lines += [
        f"{_capital(CELL_NAMES[kind])} per µl: factor {factor['factor']:g} for one cell per field, set by the user."
        for kind, factor in record.output["site"].items()
    ]
    lines.append("run.json beside this report has versions, settings and the sha256 of each photograph.")
    return "\n".join(f"- {line}" for line in lines)


def _cards(cards: Sequence[ModelCard], record: RunRecord) -> list[str]:
    parts = ["## Models"]
    for card in cards:
        kinds = [CELL_NAMES[kind] for kind, method in record.methods.items() if method.sha256 == card.digest]
        sources = [
            [markdown_text(each.name), markdown_text(each.what), markdown_text(each.terms)] for each in card.sources
        ]
        parts += [
            f"### {markdown_text(card.name)}: {', '.join(kinds)}",
            f"{_kind_of_model(card)}. {markdown_text(card.terms)}",
            *([markdown_table(["trained on", "what it is", "terms"], sources)] if sources else []),
            *(f"Measured on {markdown_text(on)}: {values}." for on, values in _figures(card).items()),
        ]
    return parts


def _kind_of_model(card: ModelCard) -> str:
    if card.segmentation:
        return f"Segmentation {markdown_text(card.segmentation)}, not trained: {markdown_text(card.reference)}"
    return f"Network {markdown_text(card.network)}, {card.trained_steps} training steps"


def _figures(card: ModelCard) -> dict[str, str]:
    """Join what was measured on the same photographs."""
    joined: dict[str, list[str]] = {}
    for each in card.figures:
        joined.setdefault(each.photographs, []).append(f"{markdown_text(each.metric)} {each.value:.3g}")
    return {on: ", ".join(values) for on, values in joined.items()}


def _number(value: float | None, n_decimals: int) -> str:
    return NONE if value is None else f"{value:,.{n_decimals}f}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _classifier(card: ClassifierCard) -> list[str]:
    sources = [[markdown_text(each.name), markdown_text(each.what), markdown_text(each.terms)] for each in card.sources]
    figures = "; ".join(f"{each.metric} {each.value:g} on {each.photographs}" for each in card.figures)
    limit = f"Unsure below a probability of {card.least_probability:g}."
    return [
        f"### {markdown_text(card.name)}: classes of white cells",
        f"{limit} {markdown_text(card.terms)}",
        markdown_table(["trained on", "what it is", "terms"], sources),
        f"Measured: {markdown_text(figures)}." if figures else "",
    ]
