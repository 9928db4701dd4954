"""What was measured of the cited methods → one record for each figure, and a page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hemolens import RESEARCH_USE_ONLY
from hemolens.cell_types import CELL_NAMES, CELL_TYPES, CellType
from hemolens.evaluation.agreement import Estimate
from hemolens.evaluation.robustness import change_of_counts
from hemolens.output.report.html_page import markdown_table
from hemolens.paper.cited import CitedMethod, Laboratory
from hemolens.paper.cited_measure import COLOUR_AND_BLUR, Counted, MeasuredMethod
from hemolens.paper.records import counting_figures

NONE = "–"

LABORATORIES: tuple[Laboratory, ...] = ("ALL-IDB1", "CBC")

INTRODUCTION = f"""# The methods that the paper stands on, on the same photographs

Each row is a member of the program: `hemolens count --model NAME`. All are measured on photographs whose capture
sessions none of them has seen: of ALL-IDB1 the sessions S01, S04, S05, S07 and S08, and the 60 test photographs of CBC
(with the boxes of TXL-PBC), a laboratory that none of them has seen. In brackets: 95 % bootstrap interval
over photographs. '{NONE}' where a method does not count a type or its model has not been trained; for F1 also where the
labels are counts (white cells of ALL-IDB1) or a method does not say where the cells are. {RESEARCH_USE_ONLY}
"""

FIGURES_NOTE = """Figures in the column 'printed' are their authors' own, on other data; they cannot be compared with
ours, nor with each other. Counting accuracy: mean over photographs of 1 − |count − truth| / truth."""

CHANGES_NOTE = f"""How far the sum of the counts of {{n}} photographs of CBC moves when the photographs change and the
cells stay: {", ".join(COLOUR_AND_BLUR)}. The mean over the changes of the absolute change, and the worst."""

COST_NOTE = """Processor seconds of one photograph of {megapixels:.1f} megapixels, as a multiple of what the default
model takes for it, measured one after the other. A model that does not draw every type leaves the others to the default
model, whose time is then in it, too. Training time is that of the processor, where it is recorded; hemolens was trained
on a graphics card, whose time is not in it."""


@dataclass(frozen=True)
class CitedRecord:
    """One figure of one method; ``low`` and ``high`` are None where there is no interval."""

    method: str
    models: tuple[str, ...]
    laboratory: Laboratory | None
    cell: CellType | None
    metric: str
    n_photographs: int
    value: float | None
    low: float | None
    high: float | None


def make_records(measured: Sequence[MeasuredMethod]) -> list[CitedRecord]:
    """Turn what was measured into records, method by method."""
    return [record for each in measured for record in _records_of(each)]


def _records_of(measured: MeasuredMethod) -> Iterator[CitedRecord]:
    method = measured.method
    plain = CitedRecord(method.name, method.models, None, None, "", 0, None, None, None)
    for laboratory, rows in measured.counted.items():
        own = replace(plain, laboratory=laboratory, models=method.models_for(laboratory))
        for kind in CELL_TYPES:
            unchanged = [row for row in rows if row.cell == kind and not row.change]
            if unchanged:
                for metric, figure in counting_figures(unchanged).items():
                    yield _record(own, kind, metric, len(unchanged), figure)
            for change in COLOUR_AND_BLUR:
                before, after = _pairs(rows, kind, change)
                if before:
                    moved = change_of_counts(before, after).pooled
                    yield _record(own, kind, change, len(before), moved)
    if measured.cost is not None:
        ratio = measured.cost.seconds / measured.cost.default_seconds
        yield replace(plain, metric="processor seconds", n_photographs=1, value=round(measured.cost.seconds, 2))
        yield replace(plain, metric="processor time, of the default model's", n_photographs=1, value=round(ratio, 3))
    yield replace(plain, metric="parameters", value=measured.n_parameters)
    if measured.trained_cpu_seconds is not None:
        yield replace(plain, metric="training, processor seconds", value=measured.trained_cpu_seconds)


def _record(own: CitedRecord, kind: CellType, metric: str, n: int, figure: Estimate) -> CitedRecord:
    value, low, high = (None if math.isnan(each) else round(each, 4) for each in figure)
    return replace(own, cell=kind, metric=metric, n_photographs=n, value=value, low=low, high=high)


def _pairs(rows: Sequence[Counted], kind: CellType, change: str) -> tuple[list[int], list[int]]:
    """Counts of one type on the photographs that were changed, before and after."""
    before = {row.photograph: row.count for row in rows if row.cell == kind and not row.change}
    after = {row.photograph: row.count for row in rows if row.cell == kind and row.change == change}
    return [before[name] for name in after], list(after.values())


def markdown_page(methods: Sequence[CitedMethod], records: Sequence[CitedRecord], megapixels: float) -> str:
    """Write the page as Markdown.

    Parameters
    ----------
    methods : sequence of CitedMethod
        All of them; one without records was not measured.
    records : sequence of CitedRecord
    megapixels : float
        Size of the photograph that was timed.

    """
    parts = [INTRODUCTION, _printed_table(methods), FIGURES_NOTE]
    for kind in CELL_TYPES:
        parts += [f"## {CELL_NAMES[kind].capitalize()}", _type_table(methods, records, kind)]
    changed = max((each.n_photographs for each in records if each.metric in COLOUR_AND_BLUR), default=0)
    parts += ["## Colour and blur", CHANGES_NOTE.format(n=changed), _change_table(methods, records)]
    parts += ["## Cost", COST_NOTE.format(megapixels=megapixels), _cost_table(methods, records)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _printed_table(methods: Sequence[CitedMethod]) -> str:
    rows = [
        [
            each.name,
            each.reference,
            ", ".join(f"`{name}`" for name in each.models),
            "; ".join(f"{own.metric} {own.percent:g} % ({own.on})" for own in each.printed) or NONE,
        ]
        for each in methods
    ]
    return markdown_table(["method", "described in", "models", "printed"], rows)


def _type_table(methods: Sequence[CitedMethod], records: Sequence[CitedRecord], kind: CellType) -> str:
    metrics = ("counting accuracy", "mean absolute error", "bias", "F1")
    header = ["method"] + [f"{place}: {metric}" for place in LABORATORIES for metric in metrics]
    rows = []
    for method in methods:
        found = {
            (each.laboratory, each.metric): each
            for each in records
            if (each.method, each.cell) == (method.name, kind) and each.metric in metrics
        }
        if found:
            rows.append(
                [method.name] + [_shown(found.get((place, name))) for place in LABORATORIES for name in metrics]
            )
    return markdown_table(header, rows)


def _shown(record: CitedRecord | None) -> str:
    if record is None or record.value is None:
        return NONE
    form = {"counting accuracy": "{:.1%}", "mean absolute error": "{:.1f}", "bias": "{:+.1%}"}.get(
        record.metric, "{:.3f}"
    )
    text = form.format(record.value).replace("%", " %")
    if record.low is None or record.high is None or record.metric in {"mean absolute error", "bias"}:
        return text
    low, high = (form.format(each).replace("%", "") for each in (record.low, record.high))
    return f"{text} [{low}, {high}]"


def _change_table(methods: Sequence[CitedMethod], records: Sequence[CitedRecord]) -> str:
    rows = []
    for method in methods:
        row = [method.name]
        for kind in CELL_TYPES:
            own = [
                (abs(each.value), each.metric)
                for each in records
                if (each.method, each.cell) == (method.name, kind) and each.metric in COLOUR_AND_BLUR
                if each.value is not None
            ]
            if own:
                worst, name = max(own)
                mean = sum(value for value, _ in own) / len(own)
                row.append(f"{mean:.1%}, at worst {worst:.0%} ({name})".replace("%", " %"))
            else:
                row.append(NONE)
        if any(cell != NONE for cell in row[1:]):
            rows.append(row)
    return markdown_table(["method", *(CELL_NAMES[kind] for kind in CELL_TYPES)], rows)


def _cost_table(methods: Sequence[CitedMethod], records: Sequence[CitedRecord]) -> str:
    rows = []
    for method in methods:
        own = {each.metric: each.value for each in records if each.method == method.name and each.cell is None}
        if own:
            ratio, trained = own.get("processor time, of the default model's"), own.get("training, processor seconds")
            parameters = own.get("parameters") or 0
            rows.append(
                [
                    method.name,
                    NONE if ratio is None else f"{ratio:.2f}",
                    f"{parameters / 1e6:.2f} million" if parameters else NONE,
                    f"{trained / 60:.0f} min" if trained else NONE,
                ]
            )
    return markdown_table(["method", "processor time", "parameters", "training"], rows)
